"""keeping.py: which parameters need attention when another version comes."""

from __future__ import annotations

from typing import Any

from softops.keeping import Keeping, Misfit, keeping
from softops.params import Flaw

BEFORE = [{"name": "PORT", "type": "port", "default": 80}, {"name": "OLD", "type": "string", "default": "x"},
          {"name": "PASSWORD", "type": "secret"}, {"name": "PIN", "type": "secret", "required": False}]


def kept(after: list[dict[str, Any]], values: dict[str, Any], *, started: bool = True) -> Keeping:
    return keeping({"params": BEFORE}, {"params": after}, values, started=started)


def test_what_stays_needs_no_attention() -> None:
    assert kept(BEFORE, {"PORT": 81, "OLD": "y"}) == Keeping(vanishing=(), missing=(), misfits=())


def test_values_that_the_other_version_does_not_have_vanish() -> None:
    assert kept([], {"PORT": 81, "OLD": "y"}) == Keeping(vanishing=("PORT", "OLD", "PASSWORD"), missing=(), misfits=())


def test_new_ones_without_a_default_have_to_be_given() -> None:
    after = [*BEFORE, {"name": "HOST", "type": "string"}, {"name": "NOTE", "type": "string", "required": False},
             {"name": "KEY", "type": "secret", "generate": 16}, {"name": "TZ", "type": "string", "default": "UTC"}]
    assert kept(after, {"PORT": 81}).missing == ("HOST",)


def test_secrets_are_there_only_after_a_start() -> None:
    assert kept(BEFORE, {"PORT": 81}, started=False).missing == ("PASSWORD",)


def test_a_secret_that_may_have_been_left_out_may_be_missing() -> None:
    assert kept([{"name": "PIN", "type": "secret"}], {}).missing == ("PIN",)


def test_a_text_is_no_secret_and_the_other_way_round() -> None:
    after = [{"name": "OLD", "type": "secret"}, {"name": "PASSWORD", "type": "string"}]
    assert kept(after, {"OLD": "y"}).missing == ("OLD", "PASSWORD")


def test_values_that_no_longer_fit_are_named_with_the_reason() -> None:
    after = [{"name": "PORT", "type": "port", "min": 1024, "default": 8080},
             {"name": "OLD", "type": "enum", "choices": ["a", "b"], "default": "a"}]
    assert kept(after, {"PORT": 80, "OLD": "x"}).misfits == (
        Misfit(name="PORT", flaw=Flaw("PARAMETER_TOO_SMALL", {"limit": 1024})),
        Misfit(name="OLD", flaw=Flaw("PARAMETER_CHOICE", {"choices": "a, b"})))


def test_values_of_another_type_that_say_the_same_fit() -> None:
    assert kept([*BEFORE[2:], {"name": "OLD", "type": "int"}], {"OLD": "5"}) == Keeping(
        vanishing=(), missing=(), misfits=())
