"""literals.py: variables as Ansible holds them, as plain data."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from softops.literals import literal


class Tagged(str):
    """Like Ansible's own texts, which carry tags."""

    __slots__ = ()


class EncryptedString:
    """Like Ansible's value of !vault."""

    def __str__(self) -> str:
        return "open {{ x }}"


@pytest.mark.parametrize(("value", "wanted"), [
    (Tagged("{{ x }}"), "{{ x }}"),
    ({Tagged("a"): [Tagged("b"), 1, True, None, 1.5]}, {"a": ["b", 1, True, None, 1.5]}),
    (EncryptedString(), {"__ansible_vault": ""}), (dt.date(2024, 1, 1), "2024-01-01"), ((1, 2), [1, 2])])
def test_variables_become_plain_data(value: Any, wanted: Any) -> None:
    found = literal(value)
    assert (found, type(found)) == (wanted, type(wanted))


def test_what_is_encrypted_is_read_only_where_that_is_wanted() -> None:
    assert literal({"a": [EncryptedString()]}, decrypt=True) == {"a": ["open {{ x }}"]}
