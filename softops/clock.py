"""The time as softops stores it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now in UTC, naive and in whole seconds, as the contract shows times."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)
