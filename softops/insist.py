"""Doing something with the database until it is done, however long the database is gone."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from softops.errors import DatabaseError, Then

logger = logging.getLogger(__name__)
T = TypeVar("T")

PAUSE = 1.0
"""Seconds between two tries."""
LAST_TRIES = 5
"""How often it is still tried once softops is asked to stop."""


def insist(action: Callable[[], T], stopping: threading.Event, what: str) -> T:
    """The value of `action`, tried again for as long as it raises a DatabaseError that may mend itself; any other
    error is raised at once. Once `stopping` is set it is tried a few times more and then the error is raised: what
    is missing is found out at the next start."""
    left = LAST_TRIES
    pause = threading.Event()
    while True:
        try:
            return action()
        except DatabaseError as exc:
            if exc.then is not Then.RETRY:
                raise
            left -= stopping.is_set()
            if left <= 0:
                raise
            logger.warning("%s waits for the database: %s", what, exc, extra={"action": "insist"})
            pause.wait(PAUSE)
