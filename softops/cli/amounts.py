"""Sizes, durations and foreign text as a terminal shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

UNITS = ("B", "kB", "MB", "GB", "TB")
_ORDERS = r"\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff"
_CONTROL = re.compile(rf"[\x00-\x1f{_ORDERS}]+")
STEERING = re.compile(rf"[\x00-\x09\x0b-\x1f{_ORDERS}]")
"""What a terminal obeys instead of showing it, beside the end of a line."""


def plain(text: object) -> str:
    """The text on one line, without anything that could steer the terminal."""
    return _CONTROL.sub(" ", str(text)).strip()


def harmless(text: str) -> str:
    """The text with its lines and indentation, and nothing that could steer the terminal."""
    return STEERING.sub("\N{REPLACEMENT CHARACTER}", text.expandtabs())


def size(count: int | None) -> str:
    """12.3 MB; a dash when not known."""
    if count is None:
        return "-"
    value, unit = float(count), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {UNITS[unit]}" if unit == 0 or value >= 100 else f"{value:.1f} {UNITS[unit]}"


def share(current: int, total: int) -> str:
    """3.1/12.5 MB, both in the unit of the whole."""
    unit = 0
    while total >= 1000 ** (unit + 1) and unit < len(UNITS) - 1:
        unit += 1
    if unit == 0:
        return f"{current}/{total} {UNITS[0]}"
    return f"{current / 1000 ** unit:.1f}/{total / 1000 ** unit:.1f} {UNITS[unit]}"


def duration(seconds: float) -> str:
    """0:07 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def moment(text: str | None) -> datetime | None:
    """A time of the API (UTC without a zone) as an aware one."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def local_time(text: str | None) -> str:
    """A time of the API in this machine's zone; a dash for none."""
    when = moment(text)
    return when.astimezone().strftime("%Y-%m-%d %H:%M:%S") if when else "-"


def short_time(text: str | None, now: datetime | None = None) -> str:
    """`local_time` with no more than is needed at `now`: the time of today, the day and time of this year."""
    when, today = moment(text), (now or datetime.now(UTC)).astimezone()
    if when is None:
        return "-"
    when = when.astimezone()
    if when.date() == today.date():
        return when.strftime("%H:%M:%S")
    return when.strftime("%m-%d %H:%M" if when.year == today.year else "%Y-%m-%d")


def took(start: str | None, end: str | None) -> str:
    """How long something lasted; a dash when it has not ended."""
    first, last = moment(start), moment(end)
    return duration((last - first).total_seconds()) if first and last else "-"


def elapsed(start: str, end: str | None) -> float:
    """Seconds from one time of the API to another, or to now; never less than none."""
    first, last = moment(start), moment(end) or datetime.now(UTC)
    return max(0.0, (last - first).total_seconds()) if first else 0.0
