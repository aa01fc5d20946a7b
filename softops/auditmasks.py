"""What callers send, as far as the audit may keep it: without passwords, tokens and values of parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from softops.masking import MASK, Masker

_SECRET = re.compile(r"pass|secret|token|private|credential$|authorization|signature|cookie|^key$|code$|verifier",
                     re.IGNORECASE)
"""Names of what is nobody else's business, whatever it holds."""
VALUES = frozenset({"parameters", "params", "values", "env", "environment"})
"""What holds values by name, any of which may be a secret of some software."""
_LOGIN = re.compile(r"(?<=//)[^/@\s]+(?=@)")
"""User and password in a URL."""
SHORTEST = 4
"""Characters: shorter values stand in other texts by chance."""


def facts(entity: object, *names: str) -> dict[str, Any]:
    """These attributes of something, without secrets."""
    found: dict[str, Any] = masked({name: getattr(entity, name) for name in names})
    return found


def masked(value: Any, name: str = "") -> Any:
    """`value`, which was found under `name`, without secrets."""
    if isinstance(value, SecretStr) or (_SECRET.search(name) and not isinstance(value, bool | None)):
        return MASK
    if isinstance(value, BaseModel):
        named = {key: type(value).model_fields[key].alias or key for key in sorted(value.model_fields_set)}
        return masked({alias: getattr(value, key) for key, alias in named.items()})
    if isinstance(value, Mapping):
        hides = name.lower() in VALUES
        return {str(key): MASK if hides else masked(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one, name) for one in value]
    return _LOGIN.sub(MASK, value) if isinstance(value, str) else value


def masker(value: Any) -> Masker:
    """What hides, in other texts, that which `masked` hides in `value`."""
    return Masker(one for one in _hidden(value, "", hides=False) if len(one) >= SHORTEST)


def _hidden(value: Any, name: str, *, hides: bool) -> Iterator[str]:
    hides = hides or isinstance(value, SecretStr) or _SECRET.search(name) is not None
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for key in value.model_fields_set:
            yield from _hidden(getattr(value, key), key, hides=hides)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _hidden(one, str(key), hides=hides or name.lower() in VALUES)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _hidden(one, name, hides=hides)
    elif isinstance(value, str):
        yield from [value] if hides else _LOGIN.findall(value)
    elif hides and isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
