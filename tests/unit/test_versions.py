"""versions.py: text that sorts as versions do."""

from __future__ import annotations

import random

import pytest

from softops.versions import version_key

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
