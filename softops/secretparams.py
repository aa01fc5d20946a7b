"""Which parameters of a software nobody may see: known without checking anything, so that every process may ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KIND = "secret"


def secret_names(entry: Mapping[str, Any]) -> frozenset[str]:
    """The names of the parameters whose values must never be shown."""
    params = entry.get("params")
    found = params if isinstance(params, list | tuple) else ()
    return frozenset(str(param["name"]) for param in found
                     if isinstance(param, Mapping) and param.get("type") == KIND and "name" in param)
