"""What this machine has seen of the audit: the newest entry, in a file beside the database's reach.

Who can write to the database alone can put an old end of the chain back; here he can not.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from softops.auditchain import NOTHING, AuditEntry, ChainEnd

logger = logging.getLogger(__name__)

FILE = "audit.seen"


class Seen:
    """The newest entry that was stored by this machine. It only ever goes on to entries that follow it; `forget` is
    for who replaces the whole database."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._known: ChainEnd | None = None
        self._told = False

    def read(self) -> ChainEnd:
        """The entry; NOTHING where none was seen yet."""
        try:
            found = json.loads(self._path.read_text(encoding="ascii"))
            return ChainEnd(id=int(found["id"]), hash=str(found["hash"]))
        except FileNotFoundError:
            return NOTHING
        except (OSError, ValueError, KeyError, TypeError) as exc:
            logger.warning("%s can't be read: %s", self._path, exc, extra={"action": "audit"})
            return NOTHING

    def advance(self, entry: AuditEntry, hash_at: Callable[[int], str | None]) -> None:
        """Note an entry that was stored, if what was seen before is still in the chain (`hash_at` says the hash of an
        entry there). A file that can't be written is logged: the chain is complete without it."""
        with self._lock:
            known = self._known or self.read()
            follows = known.id == 0 or known == ChainEnd(id=entry.id - 1, hash=entry.previous)
            if not follows and hash_at(known.id) != known.hash:
                self._complain(known)
            elif entry.id > known.id:
                self._write(ChainEnd(id=entry.id, hash=entry.hash))

    def forget(self) -> ChainEnd:
        """Begin anew; what was seen last."""
        with self._lock:
            seen, self._known = self.read(), None
            with suppress(OSError):
                self._path.unlink()
            return seen

    def _complain(self, known: ChainEnd) -> None:
        if not self._told:
            self._told = True
            logger.error("Entry %s of the audit is gone, which this machine has seen; `softops audit verify` says more",
                         known.id, extra={"action": "audit"})

    def _write(self, seen: ChainEnd) -> None:
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                json.dump({"id": seen.id, "hash": seen.hash}, file)
            fresh.replace(self._path)
            self._known = seen
        except OSError as exc:
            logger.warning("%s can't be written: %s", self._path, exc, extra={"action": "audit"})
