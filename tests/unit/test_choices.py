"""choices.py: what somebody may have meant."""

from __future__ import annotations

import pytest

from softops.choices import choices


@pytest.mark.parametrize(("wanted", "there", "named"), [
    ("ngnix", ["redis", "nginx", "mysql"], "nginx"),
    ("1.21", ["1.20.0", "1.21.0", "2"], "1.21.0, 1.20.0"),
    ("zzz", ["b", "a", "a"], "a, b"),
    (7, [], "-"),
    ("zzz", [f"s{number:02}" for number in range(30)], ", ".join(f"s{number:02}" for number in range(20)) + " …"),
])
def test_the_nearest_or_else_the_first_are_named(wanted: object, there: list[str], named: str) -> None:
    assert choices(wanted, there) == named
