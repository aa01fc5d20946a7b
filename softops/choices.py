"""What somebody may have meant, for the sentence that says that it does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 20


def choices(wanted: object, there: Iterable[object]) -> str:
    """Those of `there` that are most like `wanted`, then the others in order; `-` when there is nothing. Dots say
    that there is more."""
    words = sorted({str(word) for word in there})
    close = get_close_matches(str(wanted)[:80], words, n=5, cutoff=0.6)
    named = [*close, *(word for word in words if word not in close)]
    return ", ".join(named[:SHOWN]) + (" …" if len(named) > SHOWN else "") or "-"
