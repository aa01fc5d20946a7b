"""How often somebody may try to log in: a sliding window for each name and each address, in memory and bounded."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from softops.errors import TooMany

WINDOW = 300.0
"""Seconds."""
PER_NAME = 10
PER_ADDRESS = 30
MOST = 10_000
"""Names and addresses that are remembered; the one that was quiet longest is forgotten first."""

Key = tuple[str, str]


class Attempts:
    """Counts attempts when they begin, so that many at once are no way around it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._times: OrderedDict[Key, deque[float]] = OrderedDict()

    def begin(self, name: str, address: str) -> None:
        """Count an attempt; TooMany, which is not counted, says after how many seconds there may be another."""
        now = self._clock()
        limits = ((("name", name), PER_NAME), (("address", _place(address)), PER_ADDRESS))
        with self._lock:
            wait = max(self._wait(key, limit, now) for key, limit in limits)
            if wait > 0:
                raise TooMany("LOGIN_TOO_OFTEN", seconds=math.ceil(wait))
            for key, _ in limits:
                self._times.setdefault(key, deque()).append(now)
                self._times.move_to_end(key)
            while len(self._times) > MOST:
                self._times.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the attempts for the name, and the one of the address that was right: its others may have been
        guesses at other names."""
        with self._lock:
            self._times.pop(("name", name), None)
            times = self._times.get(("address", _place(address)))
            if times:
                times.pop()

    def _wait(self, key: Key, limit: int, now: float) -> float:
        """Seconds until the key may be used again; 0: now."""
        times = self._times.get(key)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times[0] + WINDOW - now if times and len(times) >= limit else 0.0


def _place(address: str) -> str:
    """What one who tries can't easily change: of IPv6 everybody has 2**64 addresses, so the network counts."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((int(found) >> 64 << 64, 64)))
