"""siteorders.py: .env read back; the orders themselves are tested on servers."""

from __future__ import annotations

import pytest

from softops.composing import env_file
from softops.siteorders import env_values


@pytest.mark.parametrize("value", ["", "plain", "$HOME `id` {{ 7 }}", 'a"b\\', "\\n is no new line", "two\nlines\r",
                                   "你好", '"\n\\"\\\\n', "A=\"B\""])
def test_what_is_written_into_env_is_read_back(value: str) -> None:
    assert env_values(env_file({"A": value, "OTHER": "x"})) == {"A": value, "OTHER": "x"}


def test_lines_of_somebody_else_in_env_are_no_values() -> None:
    assert env_values("# A=\"x\"\nB=plain\nC=\"open\nD=\"good\"\n") == {"D": "good"}
