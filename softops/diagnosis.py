"""Turns what pydantic refused into problems at the very key or value in the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from softops.documents import MAX_PROBLEMS, Document, Loc, Odd
from softops.entries import WORDS_OF_COMPOSE, Healthcheck, Resources, Service, Software, Version
from softops.params import PARAM_TYPES
from softops.problems import Problem, nearest, shortened
from softops.schema import Words

_SECTIONS: Mapping[str, type[BaseModel]] = {
    "service": Service, "healthcheck": Healthcheck, "resources": Resources, "words": Words, **PARAM_TYPES}
"""The model behind a step of a location; for a parameter that is its type."""

_WANTED = {
    "string_type": "ENTRY_WANTS_TEXT", "bool_type": "ENTRY_WANTS_BOOL", "int_type": "ENTRY_WANTS_INT",
    "list_type": "ENTRY_WANTS_LIST", "dict_type": "ENTRY_WANTS_MAPPING", "model_type": "ENTRY_WANTS_MAPPING",
    "model_attributes_type": "ENTRY_WANTS_MAPPING"}
_LIMITS = {
    "greater_than_equal": ("ENTRY_TOO_SMALL", "ge"), "less_than_equal": ("ENTRY_TOO_LARGE", "le"),
    "string_too_long": ("ENTRY_TEXT_TOO_LONG", "max_length"), "string_too_short": ("ENTRY_TEXT_EMPTY", "min_length"),
    "too_long": ("ENTRY_TOO_MANY", "max_length"), "too_short": ("ENTRY_TOO_FEW", "min_length")}


def diagnose(document: Document, error: ValidationError) -> tuple[Problem, ...]:
    """A problem for each complaint."""
    details = error.errors(include_url=False)[:MAX_PROBLEMS]
    return tuple(_problem(document, detail) for detail in details)


def _problem(document: Document, detail: ErrorDetails) -> Problem:
    kind, loc, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind == "missing":
        return document.problem("ENTRY_MISSING", loc[:-1], key=str(loc[-1]))
    if kind == "extra_forbidden":
        return _unknown_key(document, loc)
    if kind.startswith("union_tag"):
        return _unknown_type(document, loc, detail["input"])
    if "at" in context:
        loc = (*loc, context["at"])
    on_key = loc[-1:] == ("[key]",)
    reason, params = _told(kind, detail["input"], context, document.place(loc).source)
    return document.problem(reason, loc, on_key=on_key, **params)


def _told(kind: str, value: object, context: Mapping[str, Any], source: str) -> tuple[str, dict[str, str | int]]:
    """The reason and its params for a complaint about `value`, which the file writes as `source`."""
    if value is None and kind in _WANTED:
        return "ENTRY_NULL", {}
    if isinstance(value, Odd | bool | int | float) and kind in {"string_type", "literal_error"}:
        return "ENTRY_QUOTE", {"value": shortened(source)}
    if kind in _WANTED:
        return _WANTED[kind], {"value": shortened(source)} if source else {"value": _what(value)}
    if kind in _LIMITS:
        reason, name = _LIMITS[kind]
        return reason, {"limit": context[name]}
    if kind == "literal_error":
        return "ENTRY_ONE_OF", {"value": shortened(str(value)), "choices": context["expected"].replace("'", "")}
    if kind.isupper():
        return kind, {name: found for name, found in context.items() if name != "at"}
    return "ENTRY_INVALID", {"value": shortened(source), "detail": kind.replace("_", " ")}


def _what(value: object) -> str:
    return "[...]" if isinstance(value, list) else "{...}"


def _unknown_key(document: Document, loc: Loc) -> Problem:
    key = str(loc[-1])
    known = [field.alias or name for name, field in _model_at(loc[:-1]).model_fields.items()]
    wanted = WORDS_OF_COMPOSE.get(key, "")
    return document.problem("ENTRY_UNKNOWN", loc, on_key=True, key=shortened(key),
                            nearest=wanted if wanted in known else nearest(key, known))


def _model_at(loc: Loc) -> type[BaseModel]:
    if len(loc) == 2 and loc[0] == "versions":
        return Version
    return _SECTIONS.get(str(loc[-1]), Software) if loc else Software


def _unknown_type(document: Document, loc: Loc, value: object) -> Problem:
    """A parameter whose type is missing or none of the known ones."""
    if not isinstance(value, Mapping):
        return document.problem("ENTRY_WANTS_MAPPING", loc, value=shortened(document.place(loc).source) or "[...]")
    if "type" not in value:
        return document.problem("ENTRY_MISSING", loc, key="type")
    found = document.place((*loc, "type")).source
    return document.problem("ENTRY_PARAM_TYPE", (*loc, "type"), value=shortened(found),
                            nearest=nearest(found, PARAM_TYPES))
