"""Keeps the servers in SQL as the inventory has them, while people edit it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from softops.errors import SoftopsError

logger = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between two looks at the files."""
REREAD = 300.0
"""Seconds after which the inventory is read again without a change of its files: it may ask other systems."""

Signature = tuple[tuple[str, int, int], ...]


class InventoryWatch:
    """A thread that calls `read` when a file of the inventory changed. Errors are logged; the last good
    servers stay. `start` and `stop` once each."""

    def __init__(self, path: Path, read: Callable[[], object]) -> None:
        self._path = path
        self._read = read
        self._seen: Signature | None = None
        self._looking = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="inventory-watch")

    def start(self) -> None:
        """Begin to look."""
        self._seen = signature(self._path)
        self._thread.start()

    def stop(self) -> None:
        """End; returns when the thread is done."""
        self._stopping.set()
        self._thread.join()

    def look(self) -> None:
        """Read at once what was edited since the last look, for somebody who asks for the servers now. Looks at
        the files only, so it takes no time where nothing changed; does nothing before `start`."""
        with self._looking:
            if self._seen is not None and self._changed():
                self._try_to_read()

    def _watch(self) -> None:
        read_at = time.monotonic()
        while not self._stopping.wait(LOOK):
            with self._looking:
                if self._changed() or time.monotonic() - read_at >= REREAD:
                    read_at = time.monotonic()
                    self._try_to_read()

    def _changed(self) -> bool:
        before, self._seen = self._seen, signature(self._path)
        return before != self._seen

    def _try_to_read(self) -> None:
        try:
            self._read()
        except SoftopsError as exc:
            logger.warning("The inventory could not be read again: %s", exc, extra={"action": "read_inventory"})


def signature(path: Path) -> Signature:
    """Name, size and time of change of every file of an inventory; differs after any edit."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    found = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((str(file), status.st_size, status.st_mtime_ns))
    return tuple(found)
