"""Looks at every catalog repository again and again, each at its own interval."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable

from softops.entities import Repository
from softops.errors import SoftopsError
from softops.repositories import Repositories
from softops.sync import Syncer

logger = logging.getLogger(__name__)

LOOK = 5.0
"""Seconds after which new repositories and new intervals are noticed."""
PATIENCE = 10.0
"""Seconds that `stop` waits for a sync that is on its way."""


class Poller:
    """A thread that syncs. The first look is at once; whatever goes wrong is logged and tried again at the next
    turn. `start` and `stop` once each."""

    def __init__(self, *, repositories: Repositories, syncer: Syncer, look: float = LOOK) -> None:
        self._repositories = repositories
        self._syncer = syncer
        self._look = look
        self._due: dict[int, float] = {}
        self._stopping = threading.Event()
        # A daemon: git may wait long for a server that is gone, and nothing is lost when it is cut off.
        self._thread = threading.Thread(target=self._poll, name="poller", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a sync that hangs is left behind after some seconds."""
        self._stopping.set()
        self._thread.join(PATIENCE)

    def _poll(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except SoftopsError as exc:
                logger.warning("Repositories could not be read: %s", exc, extra={"action": "poll"})
            except Exception:
                # Without this thread nothing would ever be synced again, and nobody would notice.
                logger.exception("Polling stumbled and goes on", extra={"action": "poll"})
            self._stopping.wait(self._pause())

    def _turn(self) -> None:
        repositories = [one for one in self._repositories.all() if one.interval > 0]
        self._forget_others(repositories)
        for repository in repositories:
            if self._due.get(repository.id, 0.0) <= time.monotonic() and not self._stopping.is_set():
                self._due[repository.id] = time.monotonic() + repository.interval
                self._sync(repository)

    def _sync(self, repository: Repository) -> None:
        try:
            self._syncer.sync(repository.id)
        except SoftopsError as exc:
            logger.warning("Repository %s could not be synced: %s", repository.name, exc,
                           extra={"action": "sync", "repository": repository.id})

    def _forget_others(self, repositories: Iterable[Repository]) -> None:
        known = {repository.id: repository.interval for repository in repositories}
        # A shorter interval holds at once.
        self._due = {number: min(due, time.monotonic() + known[number])
                     for number, due in self._due.items() if number in known}

    def _pause(self) -> float:
        """Seconds until the next repository is due, or until the next look."""
        return max(0.0, min([self._look, *(due - time.monotonic() for due in self._due.values())]))
