"""The difference of two texts, line by line, within limits of size and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

MAX_LINES = 4000
"""Differing lines of a text that are matched with each other; more are shown as one block."""
MAX_TEXT = 128 * 1024
"""Characters of a difference that are shown."""
CONTEXT = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class TextDiff:
    """A unified diff; empty when the texts are the same."""

    text: str
    cut: bool = False
    """Whether there is more than is shown."""


def text_diff(before: str, after: str, names: tuple[str, str]) -> TextDiff:
    """How `after` differs from `before`; `names` stand in the heading."""
    old, new = before.splitlines(), after.splitlines()
    lines = _blocks(old, new, names) if _many(old, new) else unified_diff(old, new, *names, n=CONTEXT, lineterm="")
    shown: list[str] = []
    length = 0
    for line in lines:
        room = MAX_TEXT - length
        if len(line) >= room:
            return TextDiff(text="".join(f"{one}\n" for one in [*shown, line[:room]]), cut=True)
        shown.append(line)
        length += len(line) + 1
    return TextDiff(text="".join(f"{one}\n" for one in shown))


def _alike(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning and, behind those, at the end."""
    least = min(len(old), len(new))
    first = next((index for index in range(least) if old[index] != new[index]), least)
    last = next((index for index in range(least - first) if old[-1 - index] != new[-1 - index]), least - first)
    return first, last


def _many(old: Sequence[str], new: Sequence[str]) -> bool:
    return max(len(old), len(new)) - sum(_alike(old, new)) > MAX_LINES


def _blocks(old: Sequence[str], new: Sequence[str], names: tuple[str, str]) -> Iterator[str]:
    """Everything between the same beginning and the same end as one change: true, only not the shortest."""
    first, last = _alike(old, new)
    start, tail = max(0, first - CONTEXT), min(last, CONTEXT)
    ends = len(old) - last, len(new) - last
    yield from (f"--- {names[0]}", f"+++ {names[1]}")
    yield f"@@ -{_range(start, ends[0] + tail)} +{_range(start, ends[1] + tail)} @@"
    yield from (f" {line}" for line in old[start:first])
    yield from (f"-{line}" for line in old[first:ends[0]])
    yield from (f"+{line}" for line in new[first:ends[1]])
    yield from (f" {line}" for line in old[ends[0]:ends[0] + tail])


def _range(start: int, end: int) -> str:
    count = end - start
    return f"{start + 1 if count else start},{count}"
