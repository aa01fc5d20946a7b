"""Sizes as people read them, and the free space as `df` says it."""

from __future__ import annotations

import re

_DF_LINE = re.compile(r"\s(\d+)\s+(\d+)\s+(-?\d+)\s+(?:\d+%|-)\s+/")


def readable_size(count: int) -> str:
    """`12.3 MB`, in powers of 1000 as Docker shows them."""
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.95 or unit == "TB":
            break
        size /= 1000
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def free_bytes(output: str) -> int | None:
    """The available bytes in what `df -Pk PATH` printed; None when it says nothing of the kind."""
    found = None
    for line in output.splitlines():
        found = _DF_LINE.search(line) or found
    return max(0, int(found[3])) * 1024 if found else None
