"""choices.py: what somebody may have meant."""

from __future__ import annotations

import pytest

from softops.choices import choices


@pytest.mark.parametrize(("wanted", "there", "named"), [
    ("ngnix", ["redis", "nginx", "mysql"], "nginx, mysql, redis"),
    ("1.21", ["1.20.0", "1.21.0", "2"], "1.21.0, 1.20.0, 2"),
    ("zzz", ["b", "a", "a"], "a, b"),
    (7, [], "-"),
    ("zzz", [f"s{number:02}" for number in range(30)], ", ".join(f"s{number:02}" for number in range(20)) + " …"),
    ("s29", [f"s{number:02}" for number in range(30)],
     "s29, s28, s27, s26, s25, " + ", ".join(f"s{number:02}" for number in range(15)) + " …"),
])
def test_the_nearest_come_first_and_nothing_is_kept_back(wanted: object, there: list[str], named: str) -> None:
    assert choices(wanted, there) == named
