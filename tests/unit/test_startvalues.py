"""startvalues.py: which value a parameter has at a start, and who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from softops.errors import BadRequest
from softops.startvalues import StartValues, fresh_secret, start_values

ENTRY = {"name": "shop", "params": [
    {"name": "PORT", "type": "port", "default": 8080}, {"name": "HOST", "type": "string"},
    {"name": "NOTE", "type": "string", "required": False}, {"name": "DEBUG", "type": "bool", "default": False},
    {"name": "PASSWORD", "type": "secret"}, {"name": "KEY", "type": "secret", "generate": 24},
    {"name": "PIN", "type": "secret", "required": False}]}
GIVEN = {"HOST": "shop.example.com", "PASSWORD": "hunter2"}


def values(given: Mapping[str, Any] = GIVEN, before: StartValues = StartValues()) -> StartValues:  # noqa: B008
    return start_values(ENTRY, given=given, before=before, fresh=lambda length: "f" * length)


def test_what_is_not_said_gets_its_default_and_secrets_are_made() -> None:
    found = values()
    assert found.shown == {"PORT": 8080, "HOST": "shop.example.com", "DEBUG": False}
    assert found.hidden == {"PASSWORD": "hunter2", "KEY": "f" * 24}
    assert found.all == {**found.shown, **found.hidden}


def test_given_goes_before_what_was_there_before_the_default() -> None:
    before = StartValues(shown={"PORT": 9000, "HOST": "old", "DEBUG": True},
                         hidden={"PASSWORD": "old", "KEY": "kept" * 6, "PIN": "1234"})
    found = values({"HOST": "new", "PASSWORD": "new"}, before)
    assert found.shown == {"PORT": 9000, "HOST": "new", "DEBUG": True}
    assert found.hidden == {"PASSWORD": "new", "KEY": "kept" * 6, "PIN": "1234"}


def test_values_are_read_in_their_types_as_a_command_line_gives_them() -> None:
    assert values({**GIVEN, "PORT": "81", "DEBUG": "true"}).shown == {
        "PORT": 81, "HOST": "shop.example.com", "DEBUG": True}


def test_values_that_are_no_longer_declared_are_dropped() -> None:
    assert "OLD" not in values(before=StartValues(shown={"OLD": "x", "PORT": 9000})).all


def test_what_was_secret_is_not_shown_because_another_version_has_it_as_a_text() -> None:
    before = StartValues(hidden={"HOST": "secret", "NOTE": "secret"})
    with pytest.raises(BadRequest) as refused:
        values({"PASSWORD": "x"}, before)
    assert (refused.value.reason, refused.value.params["name"]) == ("PARAMETER_MISSING", "HOST")
    assert values(before=before).all == values().all


def test_what_becomes_a_secret_keeps_its_value() -> None:
    found = values(before=StartValues(shown={"PIN": "seen"}))
    assert (found.hidden["PIN"], "PIN" in found.shown) == ("seen", False)


def test_no_secret_is_shown_when_the_values_are_printed() -> None:
    assert "hunter2" not in repr(values())


@pytest.mark.parametrize(("given", "before", "reason", "name"), [
    ({**GIVEN, "PORT": "many"}, StartValues(), "PARAMETER_WANTS_INT", "PORT"),
    ({**GIVEN, "PORT": 0}, StartValues(), "PARAMETER_TOO_SMALL", "PORT"),
    ({**GIVEN, "PROT": 80}, StartValues(), "PARAMETER_UNKNOWN", "PROT"),
    ({"HOST": "x"}, StartValues(), "PARAMETER_MISSING", "PASSWORD"),
    ({"PASSWORD": "x"}, StartValues(), "PARAMETER_MISSING", "HOST"),
    ({**GIVEN, "HOST": "a\nb"}, StartValues(), "PARAMETER_CONTROL", "HOST"),
    (GIVEN, StartValues(shown={"PORT": "many"}), "PARAMETER_WANTS_INT", "PORT"),
])
def test_what_is_wrong_is_named(given: Mapping[str, Any], before: StartValues, reason: str, name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        values(given, before)
    assert (refused.value.reason, refused.value.params["name"]) == (reason, name)


def test_fresh_secrets_have_the_wanted_length_and_are_never_the_same() -> None:
    made = {fresh_secret(24) for _ in range(100)}
    assert (len(made), {len(secret) for secret in made}, all(secret.isalnum() for secret in made)) == (100, {24}, True)
