"""Typed parameters of a software: what a catalog file may declare and which values a person may give."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import SchemaError

from softops.errors import BadRequest, InternalError
from softops.problems import nearest
from softops.schema import Maybe, Part, Text, complain, fits

MAX_TEXT = 4096
"""Characters of a text value, unless `max` says more."""
MAX_LENGTH = 100_000
"""The most that `max` may say: no container can be given a much longer variable."""
MAX_NUMBER = 2**53 - 1
"""The largest whole number that every reader of JSON keeps."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_LINES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WHOLE = re.compile(r"-?[0-9]{1,16}")


class Flaw(NamedTuple):
    """Why a value does not fit its parameter: a reason and its params without the name."""

    reason: str
    params: Mapping[str, str | int] = {}


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> TypeAdapter[str]:
    """Matches whole texts. The engine is Rust's: linear in time whatever the pattern is."""
    TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])  # refuses what only the brackets would mend
    return TypeAdapter(Annotated[str, StringConstraints(pattern=f"^(?:{pattern})$")])


def _matches(pattern: str, text: str) -> bool:
    try:
        _matcher(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


def _compiles(pattern: str) -> str:
    try:
        _matcher(pattern)
    except SchemaError as exc:
        complain("ENTRY_PATTERN", detail=str(exc).strip().splitlines()[-1].strip())
    return pattern


def _no_default(_value: object) -> object:
    complain("ENTRY_SECRET_DEFAULT")


Pattern = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_compiles)]
Whole = Annotated[int, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Length = Annotated[int, Field(ge=0, le=MAX_LENGTH)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]
_SHELL = "HOME|LANG|LOGNAME|MAIL|OLDPWD|PATH|PWD|SHELL|SHLVL|TERM|USER"
# Docker Compose and softops read variables with these prefixes themselves; and what every shell has would win over
# the value in .env when somebody calls Compose by hand.
ParamName = Annotated[str, fits(rf"(?!(?i:COMPOSE|DOCKER|SOFTOPS)_)(?!(?:{_SHELL})\Z)[A-Za-z_][A-Za-z0-9_]{{0,62}}",
                                "ENTRY_PARAM_NAME")]


class ParamBase(Part):
    """What every parameter has."""

    name: ParamName
    label: Maybe[Text] = None
    description: Maybe[Text] = None
    required: Maybe[bool] = None
    """Whether a value must be given; not said: yes, when there is neither default nor generate."""

    def preset(self) -> object:
        """The default, or None."""
        return getattr(self, "default", None)

    def generated(self) -> int | None:
        """The length of the secret that is made when none is given, or None."""
        return None

    def must_be_given(self) -> bool:
        """Whether leaving the value out is an error."""
        if self.preset() is not None or self.generated() is not None:
            return False
        return self.required is not False

    def read(self, given: object) -> object:
        """`given` in the type of the parameter where it says the same (a command line has only texts)."""
        return given

    @abstractmethod
    def flaw(self, value: object) -> Flaw | None:
        """Why the value does not fit, or None."""

    def model_post_init(self, _context: Any, /) -> None:
        """Refuse limits that exclude each other and a default that its own limits exclude."""
        low, high = getattr(self, "min", None), getattr(self, "max", None)
        if low is not None and high is not None and low > high:
            complain("ENTRY_MIN_OVER_MAX", at="min", min=low, max=high)
        found = self.flaw(self.preset()) if self.preset() is not None else None
        if found is not None:
            complain(found.reason, at="default", name=self.name, **found.params)


class TextParam(ParamBase):
    """What `string` and `secret` share; `min` and `max` count characters."""

    min: Maybe[Length] = None
    max: Maybe[Length] = None
    pattern: Maybe[Pattern] = None
    multiline: Maybe[bool] = None
    """Whether a value may have several lines, such as a certificate."""

    def flaw(self, value: object) -> Flaw | None:
        if not isinstance(value, str):
            return Flaw("PARAMETER_WANTS_TEXT")
        if (_CONTROL_IN_LINES if self.multiline else _CONTROL).search(value):
            return Flaw("PARAMETER_CONTROL")
        if self.min is not None and len(value) < self.min:
            return Flaw("PARAMETER_TOO_SHORT", {"limit": self.min})
        limit = MAX_TEXT if self.max is None else self.max
        if len(value) > limit:
            return Flaw("PARAMETER_TOO_LONG", {"limit": limit})
        if self.pattern is not None and not _matches(self.pattern, value):
            return Flaw("PARAMETER_PATTERN", {"pattern": self.pattern})
        return None


class StringParam(TextParam):
    """A text; one line unless it says `multiline`."""

    type: Literal["string"]
    default: Maybe[str] = None


class SecretParam(TextParam):
    """A text that is never shown; in git it has no value."""

    type: Literal["secret"]
    default: Annotated[None, BeforeValidator(_no_default)] = None
    generate: Maybe[Annotated[int, Field(ge=8, le=128)]] = None

    def generated(self) -> int | None:
        return self.generate

    def model_post_init(self, context: Any, /) -> None:
        """Refuse to generate what the limits exclude."""
        super().model_post_init(context)
        if self.generate is None:
            return
        if self.pattern is not None:
            complain("ENTRY_GENERATE_PATTERN", at="pattern")
        if not (self.min or 0) <= self.generate <= (MAX_TEXT if self.max is None else self.max):
            complain("ENTRY_GENERATE_LENGTH", at="generate")


class NumberParam(ParamBase):
    """What `int` and `port` share."""

    min: Maybe[Whole] = None
    max: Maybe[Whole] = None

    def read(self, given: object) -> object:
        return int(given) if isinstance(given, str) and _WHOLE.fullmatch(given) else given

    def flaw(self, value: object) -> Flaw | None:
        if not isinstance(value, int) or isinstance(value, bool):
            return Flaw("PARAMETER_WANTS_INT")
        low, high = self.bounds()
        if value < low:
            return Flaw("PARAMETER_TOO_SMALL", {"limit": low})
        return Flaw("PARAMETER_TOO_LARGE", {"limit": high}) if value > high else None

    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest value."""
        return (-MAX_NUMBER if self.min is None else self.min), (MAX_NUMBER if self.max is None else self.max)


class IntParam(NumberParam):
    """A whole number."""

    type: Literal["int"]
    default: Maybe[Whole] = None


class PortParam(NumberParam):
    """A TCP or UDP port."""

    type: Literal["port"]
    default: Maybe[PortNumber] = None
    min: Maybe[PortNumber] = None
    max: Maybe[PortNumber] = None

    def bounds(self) -> tuple[int, int]:
        return (1 if self.min is None else self.min), (65535 if self.max is None else self.max)


class BoolParam(ParamBase):
    """true or false."""

    type: Literal["bool"]
    default: Maybe[bool] = None

    def read(self, given: object) -> object:
        return {"true": True, "false": False}.get(given, given) if isinstance(given, str) else given

    def flaw(self, value: object) -> Flaw | None:
        return None if isinstance(value, bool) else Flaw("PARAMETER_WANTS_BOOL")


class EnumParam(ParamBase):
    """One of a list of texts."""

    type: Literal["enum"]
    choices: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=100)]
    default: Maybe[str] = None

    def flaw(self, value: object) -> Flaw | None:
        return None if value in self.choices else Flaw("PARAMETER_CHOICE", {"choices": ", ".join(self.choices)})


Param = Annotated[StringParam | SecretParam | IntParam | PortParam | BoolParam | EnumParam, Discriminator("type")]
PARAM_TYPES: dict[str, type[ParamBase]] = {
    "string": StringParam, "int": IntParam, "bool": BoolParam, "port": PortParam, "enum": EnumParam,
    "secret": SecretParam}

_ALL: TypeAdapter[list[Param]] = TypeAdapter(list[Param])


def declared(entry: Mapping[str, Any]) -> tuple[ParamBase, ...]:
    """The parameters of a stored entry."""
    try:
        return tuple(_ALL.validate_python(list(entry.get("params", ()))))
    except ValidationError as exc:
        raise InternalError("ENTRY_OUTDATED", software=entry.get("name", "?")) from exc


def check_parameters(entry: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values in force: the given ones in their types, then the defaults. A secret that is to be
    generated and was not given is left out. BadRequest names the first parameter that is wrong."""
    checked = check_given(entry, given)
    return {name: value for name, value in ((param.name, _in_force(param, checked)) for param in declared(entry))
            if value is not None}


def check_given(entry: Mapping[str, Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The given values in their types and nothing else: what an installation keeps for a later start.
    BadRequest names the first parameter that is wrong."""
    params = {param.name: param for param in declared(entry)}
    for name in given:
        if name not in params:
            raise BadRequest("PARAMETER_UNKNOWN", name=name, nearest=nearest(str(name), list(params)))
    return {name: _checked(param, given[name]) for name, param in params.items() if given.get(name) is not None}


def _in_force(param: ParamBase, checked: Mapping[str, Any]) -> object:
    if param.name in checked:
        return checked[param.name]
    if param.must_be_given():
        raise BadRequest("PARAMETER_MISSING", name=param.name)
    return param.preset()


def _checked(param: ParamBase, given: object) -> object:
    value = param.read(given)
    found = param.flaw(value)
    if found is not None:
        raise BadRequest(found.reason, name=param.name, **found.params)
    return value
