"""How much is written down of what anybody may cause without coming in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

WINDOW = 60.0
"""Seconds."""
EACH = 20
"""Entries of one address within that time."""
ALL = 300
"""Entries of all addresses together within that time."""


class Sparing:
    """Counts in windows of a minute. What is left out is told with the next one that is not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock`: seconds that never go back."""
        self._clock = clock
        self._lock = threading.Lock()
        self._since = clock()
        self._counts: dict[str, int] = {}
        self._total = 0
        self._left_out = 0

    def take(self, address: str) -> int | None:
        """Whether something of this address is to be written down: how many were left out before; None when not."""
        with self._lock:
            if self._clock() - self._since >= WINDOW:
                self._since, self._counts, self._total = self._clock(), {}, 0
            if self._total >= ALL or self._counts.get(address, 0) >= EACH:
                self._left_out += 1
                return None
            self._counts[address] = self._counts.get(address, 0) + 1
            self._total += 1
            before, self._left_out = self._left_out, 0
            return before
