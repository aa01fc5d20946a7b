"""The order of versions: 1.9 before 1.10, release candidates before their release."""

from __future__ import annotations

import enum
import re

_PART = re.compile(r"\d+|[a-z]+")
_STEPS = {"dev": "A", "snapshot": "A", "nightly": "A", "a": "B", "alpha": "B", "b": "C", "beta": "C",
          "m": "D", "milestone": "D", "c": "E", "rc": "E", "pre": "E", "preview": "E"}
"""Words for what comes before a release, in their order."""
_VARIANT, _END, _PATCH, _NUMBER = "F", "M", "P", "Z"
_PATCHES = frozenset({"p", "patch", "pl", "post", "sp", "hotfix"})
"""Words for what comes after a release."""


def version_key(version: str) -> str:
    """ASCII text that compares, byte by byte, as the version does. A word that says nothing about the order
    (`-alpine`) makes a version lower than the same without it, and one without any number the lowest."""
    text = version.lower()
    parts = _PART.findall(text[1:] if re.match(r"v\d", text) else text)
    return "".join(_part_key(part) for part in parts) + _END


def _part_key(part: str) -> str:
    if part.isdecimal():
        digits = part.lstrip("0")
        # The number of digits first makes text compare as numbers do.
        return f"{_NUMBER}{len(digits):03}{digits}"
    if part in _PATCHES:
        return _PATCH
    # A space ends the word: it is lower than every letter, so that a longer word comes later.
    return _STEPS.get(part) or f"{_VARIANT}{part} "


class Order(enum.StrEnum):
    """How one version stands to another."""

    NEWER = "newer"
    OLDER = "older"
    SAME = "same"
    """The same release in another variant (`1.2` and `1.2-alpine`), or versions that nobody can order (`latest`)."""


def order(before: str, after: str) -> Order:
    """How `after` stands to `before`. Words that say nothing about the order (`-alpine`) make nothing older."""
    one, other = version_key(before), version_key(after)
    releases = _release(one), _release(other)
    if releases[0] == releases[1] and _variant(one) == _variant(other):
        releases = one, other
    if releases[0] == releases[1] or _END in releases:
        return Order.SAME
    return Order.NEWER if releases[0] < releases[1] else Order.OLDER


def _release(key: str) -> str:
    """The key as far as it says which release it is."""
    return key.partition(_VARIANT)[0].removesuffix(_END) + _END


def _variant(key: str) -> list[str]:
    """The words that say nothing about the order."""
    return re.findall(rf"{_VARIANT}([a-z]+) ", key)
