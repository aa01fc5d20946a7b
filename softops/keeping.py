"""What becomes of the parameters in force on a server when another version takes the place of the present one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from softops.params import Flaw, ParamBase, SecretParam, declared


@dataclass(frozen=True, kw_only=True, slots=True)
class Misfit:
    """A value in force that the other version does not take, and why."""

    name: str
    flaw: Flaw


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeping:
    """Which parameters need somebody's attention; all others simply stay."""

    vanishing: tuple[str, ...]
    """Those with a value that the other version does not have."""
    missing: tuple[str, ...]
    """Those that have to be given."""
    misfits: tuple[Misfit, ...]


def keeping(before: Mapping[str, Any], after: Mapping[str, Any], values: Mapping[str, Any], *,
            started: bool) -> Keeping:
    """What the entry `after` means for the `values` (without secrets) that are in force under the entry `before`.
    A software that was once `started` has a value for each secret that had to be given."""
    held = _secrets(before) if started else frozenset[str]()
    params = {param.name: param for param in declared(after)}
    have = values.keys() | held
    return Keeping(
        vanishing=tuple(name for name in (*values, *sorted(held - values.keys())) if name not in params),
        missing=tuple(name for name, param in params.items()
                      if param.must_be_given() and not (name in have and _stays(param, name, held))),
        misfits=tuple(Misfit(name=name, flaw=flaw) for name, param in params.items()
                      if (flaw := _flaw(param, values)) is not None))


def _secrets(entry: Mapping[str, Any]) -> frozenset[str]:
    """The secrets that a running software has for certain; one that may be left out may be missing."""
    return frozenset(param.name for param in declared(entry) if isinstance(param, SecretParam)
                     and (param.must_be_given() or param.generated() is not None))


def _stays(param: ParamBase, name: str, held: frozenset[str]) -> bool:
    """Whether a value that is there can be used: a text that was shown is no secret and the other way round."""
    return isinstance(param, SecretParam) == (name in held)


def _flaw(param: ParamBase, values: Mapping[str, Any]) -> Flaw | None:
    if param.name not in values or isinstance(param, SecretParam):
        return None
    return param.flaw(param.read(values[param.name]))
