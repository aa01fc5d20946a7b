"""What callers send, read with pydantic; what does not fit becomes one sentence that names the field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin

from annotated_types import GroupedMetadata
from pydantic import (
    BaseModel,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from softops.errors import BadRequest
from softops.problems import nearest, shortened

M = TypeVar("M", bound=BaseModel)

DIGITS = re.compile(r"[0-9]{1,19}")
PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""What `Printable` takes, for a schema."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

REASONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "missing": ("FIELD_MISSING", {}),
    "whole_number": ("FIELD_NUMBER", {"low": "low", "high": "high"}),
    "server_key": ("FIELD_SERVER", {}),
    "enum": ("FIELD_CHOICE", {"choices": "expected"}),
    "string_type": ("FIELD_TEXT", {}),
    "string_too_short": ("FIELD_TEXT_EMPTY", {}),
    "string_too_long": ("FIELD_TEXT_LONG", {"limit": "max_length"}),
    "control": ("FIELD_CONTROL", {}),
    "list_type": ("FIELD_LIST", {}),
    "too_short": ("FIELD_LIST_EMPTY", {}),
    "too_long": ("FIELD_LIST_LONG", {"limit": "max_length"}),
    "bool_type": ("FIELD_SWITCH", {}),
    "bool_parsing": ("FIELD_SWITCH", {}),
    "dict_type": ("FIELD_OBJECT", {}),
}
"""The reason for each of pydantic's error types, and where in pydantic's context its params are."""


@dataclass(frozen=True, slots=True)
class Whole(GroupedMetadata):
    """Makes `Annotated[int, Whole(low, high)]` a whole number in plain digits within these bounds."""

    low: int
    high: int

    def __iter__(self) -> Iterator[object]:
        """What pydantic checks, and what it writes into a schema."""
        described = {"type": "integer", "minimum": self.low, "maximum": self.high}
        return iter((BeforeValidator(self.read), WithJsonSchema(described)))

    def read(self, value: object) -> int:
        """The number; a PydanticCustomError for everything else."""
        if isinstance(value, str) and DIGITS.fullmatch(value):
            value = int(value)
        number = whole(value)
        if number is None or not self.low <= number <= self.high:
            raise PydanticCustomError("whole_number", "not from {low} to {high}", {"low": self.low, "high": self.high})
        return number


def whole(value: object) -> int | None:
    """The whole number that a JSON value is: for JSON, 1.0 is one too. None for everything else."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_printable(text: str) -> bool:
    """Whether `text` has no line breaks and control characters."""
    return _CONTROL.search(text) is None


def _printable(value: str) -> str:
    if not is_printable(value):
        raise PydanticCustomError("control", "no line breaks and control characters")
    return value


class _Printable:
    """Refuses control characters, also in the schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(_printable, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "pattern": PRINTABLE}


Printable = _Printable()
"""Refuses line breaks and control characters; SQLite would end a text at a zero byte, and terminals obey them."""


def read_json(model: type[M], body: bytes) -> M:
    """The body as `model`; BadRequest with the first thing that is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as exc:
        raise refusal(model, exc.errors(include_url=False)[0]) from exc


def read_values(model: type[M], values: Mapping[str, Any]) -> M:
    """The values as `model`; BadRequest with the first thing that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise refusal(model, exc.errors(include_url=False)[0]) from exc


def refusal(model: type[BaseModel], error: ErrorDetails) -> BadRequest:
    """The sentence for one of pydantic's errors."""
    kind, ctx, name = error["type"], error.get("ctx", {}), path_of(error["loc"])
    if kind == "json_invalid":
        return BadRequest("BODY_NOT_JSON", problem=ctx.get("error", ""))
    if not error["loc"]:
        cause = ctx.get("error")
        return cause if isinstance(cause, BadRequest) else BadRequest("BODY_NOT_AN_OBJECT")
    if kind == "extra_forbidden":
        return BadRequest("FIELD_UNKNOWN", name=shortened(name), nearest=nearest(name, names_of(model)))
    if kind in REASONS:
        reason, params = REASONS[kind]
        return BadRequest(reason, name=name, **{param: _plain(ctx[key]) for param, key in params.items()})
    return BadRequest("FIELD_INVALID", name=name, problem=error["msg"])


def names_of(model: type[BaseModel]) -> list[str]:
    """The names under which callers send the fields."""
    return [field.alias or name for name, field in model.model_fields.items()]


def is_list(model: type[BaseModel], name: str) -> bool:
    """Whether callers may send several values under this name."""
    return any(get_origin(field.annotation) is list for own, field in model.model_fields.items()
               if name == (field.alias or own))


def path_of(loc: Sequence[int | str]) -> str:
    """`servers.0` for the first of the servers."""
    return ".".join(str(part) for part in loc)


def _plain(value: object) -> object:
    return value.replace("'", "") if isinstance(value, str) else value
