"""Syncs that somebody asked for and does not wait for: for each repository one runs and at most one more waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from softops.errors import SoftopsError
from softops.logcontext import about

logger = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that `stop` waits for syncs that are on their way."""


class SyncQueue:
    """Syncs in threads of its own, one for each repository that has something to do. A sync reads what is there when it
    begins, so one that waits does for all who ask meanwhile."""

    def __init__(self, sync: Callable[[int], object]) -> None:
        self._sync = sync
        self._lock = threading.Lock()
        self._waiting: set[int] = set()
        self._threads: dict[int, threading.Thread] = {}
        self._stopping = False

    def ask(self, repository_id: int) -> bool:
        """Have the repository synced soon; False when one that has not begun yet does for this too."""
        with self._lock:
            if repository_id in self._waiting:
                return False
            self._waiting.add(repository_id)
            if repository_id not in self._threads and not self._stopping:
                # A daemon: git may wait long for a server that is gone, and nothing is lost when it is cut off.
                thread = threading.Thread(target=self._work, args=(repository_id,), daemon=True,
                                          name=f"sync-{repository_id}")
                self._threads[repository_id] = thread
                thread.start()
        return True

    def stop(self) -> None:
        """Begin nothing more; a sync that hangs is left behind after some seconds."""
        with self._lock:
            self._stopping = True
            threads = tuple(self._threads.values())
        deadline = time.monotonic() + PATIENCE
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _work(self, repository_id: int) -> None:
        while self._next(repository_id):
            with about(repository=repository_id):
                self._sync_one(repository_id)

    def _next(self, repository_id: int) -> bool:
        with self._lock:
            if repository_id in self._waiting and not self._stopping:
                self._waiting.remove(repository_id)
                return True
            # Under the lock: whoever asks after this gets a thread of its own.
            del self._threads[repository_id]
            return False

    def _sync_one(self, repository_id: int) -> None:
        try:
            self._sync(repository_id)
        except SoftopsError as exc:
            logger.warning("Repository %s could not be synced after a webhook: %s", repository_id, exc,
                           extra={"action": "sync"})
        except Exception:
            # The next webhook is to find a thread again.
            logger.exception("A sync after a webhook stumbled", extra={"action": "sync"})
