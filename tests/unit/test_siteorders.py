"""siteorders.py: variables as Ansible holds them, and .env read back; the orders themselves are tested on servers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from softops.composing import env_file
from softops.siteorders import env_values, literal


class Tagged(str):
    """Like Ansible's own texts, which carry tags."""

    __slots__ = ()


class EncryptedString:
    """Like Ansible's value of !vault."""


@pytest.mark.parametrize("value", ["", "plain", "$HOME `id` {{ 7 }}", 'a"b\\', "\\n is no new line", "two\nlines\r",
                                   "你好", '"\n\\"\\\\n', "A=\"B\""])
def test_what_is_written_into_env_is_read_back(value: str) -> None:
    assert env_values(env_file({"A": value, "OTHER": "x"})) == {"A": value, "OTHER": "x"}


def test_lines_of_somebody_else_in_env_are_no_values() -> None:
    assert env_values("# A=\"x\"\nB=plain\nC=\"open\nD=\"good\"\n") == {"D": "good"}


@pytest.mark.parametrize(("value", "wanted"), [
    (Tagged("{{ x }}"), "{{ x }}"),
    ({Tagged("a"): [Tagged("b"), 1, True, None, 1.5]}, {"a": ["b", 1, True, None, 1.5]}),
    (EncryptedString(), {"__ansible_vault": ""}), (dt.date(2024, 1, 1), "2024-01-01"), ((1, 2), [1, 2])])
def test_variables_become_plain_data(value: Any, wanted: Any) -> None:
    found = literal(value)
    assert (found, type(found)) == (wanted, type(wanted))
