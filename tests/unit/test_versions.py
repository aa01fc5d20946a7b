"""versions.py: text that sorts as versions do."""

from __future__ import annotations

import random

import pytest

from softops.versions import Order, order, version_key

RISING = [
    ["latest", "1", "1.0", "1.0.0", "1.0.1", "1.9", "1.10", "2", "007", "10", "2024.01.31"],
    ["1.0.dev1", "1.0a1", "1.0b2", "1.0b10", "1.0-milestone1", "1.0rc1", "1.0", "1.0.post1", "1.0.1"],
    ["2.0.0-beta.2", "2.0.0-beta.10", "2.0.0-rc.1", "2.0.0", "2.0.1-rc1"],
    ["1.21-alpine", "1.21-slim", "1.21", "1.21.6-alpine", "1.21.6", "1.22-alpine"],
    ["v1.9.0", "v1.10.0", "1.10.1", "V1.11"],
    ["5.7.44", "5.7.44-1", "5.7.44_2", "8.0"],
    ["jammy", "noble", "22.04"],
]


@pytest.mark.parametrize("rising", RISING, ids=lambda rising: rising[-1])
def test_versions_rise(rising: list[str]) -> None:
    shuffled = random.Random(7).sample(rising, len(rising))
    assert sorted(shuffled, key=version_key) == rising


def test_keys_are_ascii_and_fit_their_column() -> None:
    longest = ["a1" * 50, "1." * 50, "a-" * 50, "9" * 100, "z" * 100]
    assert all(version_key(version).isascii() and len(version_key(version)) <= 500 for version in longest)


def test_spelling_alone_does_not_count() -> None:
    assert version_key("v1.2-RC1") == version_key("1.2rc1")


@pytest.mark.parametrize(("before", "after", "expected"), [
    ("1.9", "1.10", Order.NEWER), ("1.10", "1.9", Order.OLDER), ("1.2", "1.2.1", Order.NEWER),
    ("1.2-rc1", "1.2", Order.NEWER), ("1.3-alpine", "1.2", Order.OLDER),
    ("1.2-alpine3.18", "1.2-alpine3.19", Order.NEWER),
    ("1.2", "1.2", Order.SAME), ("1.2", "v1.2", Order.SAME), ("1.2-alpine", "1.2", Order.SAME),
    ("1.2", "1.2-alpine", Order.SAME), ("1.2", "latest", Order.SAME), ("stable", "latest", Order.SAME)])
def test_one_version_is_newer_or_older_than_another(before: str, after: str, expected: Order) -> None:
    assert order(before, after) is expected
