"""Waiting for something to become true, without guessing how long it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def wait_until(true: Callable[[], bool], timeout: float = 20) -> None:
    """Return as soon as it is so; fail when it is not within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        pause.wait(0.02)
