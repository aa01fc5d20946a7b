"""Variables as Ansible holds them, as plain data in which nothing is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def literal(value: Any, *, decrypt: bool = False) -> Any:
    """The same as plain data. A value of !vault becomes its text with `decrypt`, and otherwise only a mark of it."""
    if isinstance(value, bool) or value is None:
        return value
    for plain in (int, float, str):
        if isinstance(value, plain):
            # Ansible's own subclasses carry tags.
            return plain(value)
    if isinstance(value, Mapping):
        return {str(key): literal(one, decrypt=decrypt) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [literal(one, decrypt=decrypt) for one in value]
    if "Encrypted" in type(value).__name__ and not decrypt:
        return {"__ansible_vault": ""}
    return str(value)
