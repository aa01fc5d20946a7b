"""Text of servers and programs as every database, JSON and terminal can take it."""

from __future__ import annotations

from typing import Any

LONGEST = 16_000
"""Characters of one value that are kept: more than any sentence needs."""


def storable(text: str, longest: int = LONGEST) -> str:
    """`text` without NUL and without halves of characters, which databases refuse; cut where it is endless."""
    if len(text) > longest:
        text = text[:longest - 1] + "…"
    if "\0" in text or not text.isascii():
        text = text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")
    return text


def storable_value(value: Any) -> Any:
    """The same for all text in a JSON value."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): storable_value(one) for key, one in value.items()}
    if isinstance(value, list):
        return [storable_value(one) for one in value]
    return value
