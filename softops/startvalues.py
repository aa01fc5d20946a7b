"""With which values a software starts: those given now, those it had before, the defaults, and fresh secrets."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from softops.params import check_given, check_parameters, declared
from softops.secretparams import secret_names

_LETTERS = string.ascii_letters + string.digits


def fresh_secret(length: int) -> str:
    """So many letters and digits that nobody can guess."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


@dataclass(frozen=True, kw_only=True, slots=True)
class StartValues:
    """The values of one start, apart by who may see them."""

    shown: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, Any] = field(default_factory=dict, repr=False)
    fresh: frozenset[str] = frozenset()
    """Names of the secrets that were made just now."""

    @property
    def all(self) -> Mapping[str, Any]:
        """Both."""
        return {**self.shown, **self.hidden}


def start_values(entry: Mapping[str, Any], *, given: Mapping[str, Any], before: StartValues,
                 fresh: Callable[[int], str] = fresh_secret) -> StartValues:
    """The values for `entry`: what is `given`, or else what it had `before` as far as it still knows it, or else
    the default, or else a fresh secret. BadRequest naming the parameter that is wrong, unknown or missing."""
    given = check_given(entry, given)
    hidden = secret_names(entry)
    known = {param.name for param in declared(entry)}
    # What was secret is never shown because another version declares it as a text.
    kept = {name: value for name, value in before.all.items()
            if name in known and name not in given and not (name in before.hidden and name not in hidden)}
    values = dict(check_parameters(entry, {**kept, **given}))
    lengths = {param.name: param.generated() for param in declared(entry) if param.name not in values}
    made = {name: fresh(length) for name, length in lengths.items() if length is not None}
    values |= made
    return StartValues(shown={name: value for name, value in values.items() if name not in hidden},
                       hidden={name: value for name, value in values.items() if name in hidden},
                       fresh=frozenset(made))
