"""textdiff.py: a unified diff, whatever the texts are."""

from __future__ import annotations

import random
import re
import time
from difflib import unified_diff

import pytest

from softops.textdiff import MAX_LINES, MAX_TEXT, TextDiff, text_diff

NAMES = ("a/nginx 1.21.0", "b/nginx 1.22.1")


def numbered(count: int, prefix: str = "line") -> list[str]:
    return [f"{prefix} {number}" for number in range(count)]


def test_the_same_is_empty() -> None:
    assert text_diff("a\nb\n", "a\nb\n", NAMES) == TextDiff(text="")


def test_a_change_is_shown_with_what_is_around_it() -> None:
    assert text_diff("a\nb: 100%\nc\n", "a\nb: {x} \\n\nc", NAMES) == TextDiff(text=(
        "--- a/nginx 1.21.0\n+++ b/nginx 1.22.1\n@@ -1,3 +1,3 @@\n a\n-b: 100%\n+b: {x} \\n\n c\n"))


def test_from_nothing_and_to_nothing() -> None:
    assert text_diff("", "a\n", NAMES).text.endswith("@@ -0,0 +1 @@\n+a\n")
    assert text_diff("a\n", "", NAMES).text.endswith("@@ -1 +0,0 @@\n-a\n")


def test_too_much_is_cut_and_says_so() -> None:
    found = text_diff("", "x" * 1_000_000, NAMES)
    assert (found.cut, len(found.text)) == (True, MAX_TEXT + 1)
    assert text_diff("\n".join(numbered(100_000)), "\n".join(numbered(100_000, "other")), NAMES).cut


def applied(diff: str, text: list[str]) -> list[str]:
    """What `text` is after a diff of one hunk."""
    hunk = diff.splitlines()[3:]
    place = re.match(r"@@ -(\d+),(\d+) ", diff.splitlines()[2])
    assert place is not None
    start, count = int(place[1]) - 1, int(place[2])
    assert [line[1:] for line in hunk if line[0] in " -"] == text[start:start + count]
    return [*text[:start], *(line[1:] for line in hunk if line[0] in " +"), *text[start + count:]]


@pytest.mark.parametrize(("head", "tail"), [(0, 0), (1, 0), (0, 1), (9, 9)])
def test_many_lines_become_one_block_that_is_still_true(head: int, tail: int) -> None:
    before, after = ([*numbered(head, "head"), *middle, *numbered(tail, "tail")]
                     for middle in (numbered(MAX_LINES + 1, "x"), numbered(5, "y")))
    found = text_diff("\n".join(before), "\n".join(after), NAMES)
    assert not found.cut
    assert applied(found.text, before) == after
    assert found.text.splitlines()[2:] == list(unified_diff(before, after, lineterm=""))[2:]


def test_texts_made_to_be_slow_are_not() -> None:
    lines = [f"line {number % 150}" for number in range(MAX_LINES - 1)]
    old, new = (random.Random(seed).sample(lines, len(lines)) for seed in (1, 2))
    started = time.perf_counter()
    text_diff("\n".join(old), "\n".join(new), NAMES)
    assert time.perf_counter() - started < 5
