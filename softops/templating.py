"""The program that renders one Compose template: it reads a task as JSON, limits itself, and prints JSON.

It runs apart from softops (see rendering.py), because a template may loop for ever or fill the memory. It imports
nothing of softops, so that it starts fast.

A parameter is seen with its real value in conditions and comparisons, but printed it is `${NAME}`: Compose puts the
value in after the YAML was read, and so no value can be anything else than text. Numbers may be computed with. Of a
secret there is only whether it is given.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar, cast

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, Undefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

CPU_SECONDS = 2
MEMORY = 512 * 1024 * 1024
"""Bytes of address space."""
NAME = "<template>"

_Number = TypeVar("_Number", int, float)


def reference(name: str) -> str:
    """What stands in the file in place of a value."""
    return f"${{{name}}}"


class Value:
    """A text or truth value that can be compared but not taken apart."""

    __slots__ = ("_name", "_value")

    def __init__(self, name: str, value: str | bool) -> None:
        self._name = name
        self._value = value

    def __str__(self) -> str:
        return reference(self._name)

    __repr__ = __str__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __hash__(self) -> int:
        return hash(self._value)

    def __eq__(self, other: object) -> bool:
        return bool(self._value == bare(other))

    def __lt__(self, other: object) -> bool:
        return bool(self._value < bare(other))

    def __le__(self, other: object) -> bool:
        return bool(self._value <= bare(other))

    def __gt__(self, other: object) -> bool:
        return bool(self._value > bare(other))

    def __ge__(self, other: object) -> bool:
        return bool(self._value >= bare(other))

    def __len__(self) -> int:
        return len(self._text())

    def __contains__(self, part: object) -> bool:
        return str(bare(part)) in self._text()

    def __int__(self) -> int:
        return self._number(int)

    def __float__(self) -> float:
        return self._number(float)

    def startswith(self, part: str) -> bool:
        """As of a text."""
        return self._text().startswith(str(bare(part)))

    def endswith(self, part: str) -> bool:
        """As of a text."""
        return self._text().endswith(str(bare(part)))

    def _number(self, kind: type[_Number]) -> _Number:
        try:
            return kind(self._value)
        except ValueError:
            raise ValueError(f"{self._name} is no number") from None  # Python's own words would show the value

    def _text(self) -> str:
        if isinstance(self._value, bool):
            raise TypeError(f"{self._name} is true or false, not a text")
        return self._value


class Number(int):
    """A whole number that is printed as its reference; what is computed from it is a plain number."""

    _name: str

    def __new__(cls, name: str, value: int) -> Number:
        number = super().__new__(cls, value)
        number._name = name
        return number

    def __str__(self) -> str:
        return reference(self._name)


class Secret:
    """A secret: whether it is empty is all that can be learned of it. Every comparison would print it bit by bit into
    a file that is stored and shown, so the value itself does not come here."""

    __slots__ = ("_is_given", "_name")

    def __init__(self, name: str, *, is_given: bool) -> None:
        self._name = name
        self._is_given = is_given

    def __str__(self) -> str:
        return reference(self._name)

    __repr__ = __str__

    def __bool__(self) -> bool:
        return self._is_given

    def _refuse(self, *_: object) -> NoReturn:
        raise SecurityError(f"{self._name} is a secret: a template can name it or ask whether it is given")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
    __len__ = __contains__ = __iter__ = __int__ = __float__ = __index__ = _refuse


class NotGiven(Undefined):
    """A parameter that may be left out and was: not defined, false, and printed as its reference, which is empty."""

    __slots__ = ()

    def __str__(self) -> str:
        return reference(self._undefined_name or "")


def bare(value: object) -> Any:
    """The real value."""
    return value._value if isinstance(value, Value) else value  # noqa: SLF001  its own class


def parameter(name: str, value: object, *, is_secret: bool) -> Any:
    """What the template sees of one parameter."""
    if value is None:
        return NotGiven(name=name)
    if is_secret:
        return Secret(name, is_given=bool(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Number(name, value)
    return Value(name, value if isinstance(value, bool) else str(value))


def environment() -> ImmutableSandboxedEnvironment:
    """Jinja2 without anything that changes or reaches out."""
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, finalize=_printed,
                                         trim_blocks=True, lstrip_blocks=True)
    # What differs from one rendering to the next would look like a change.
    del made.globals["lipsum"], made.filters["random"]
    made.policies["json.dumps_kwargs"] = {"default": str}
    for name in ("true", "false", "boolean", "string", "sameas"):
        made.tests[name] = _seeing_values(cast("Callable[..., bool]", made.tests[name]))
    return made


def render(text: str, given: Mapping[str, Any], limit: int) -> dict[str, Any]:
    """`{"text": ...}`, or `{"reason": ..., "line": ..., "detail": ...}`; at most `limit` characters."""
    secrets = frozenset(given.get("secrets", ()))
    params = {name: parameter(name, value, is_secret=name in secrets) for name, value in given["params"].items()}
    parts: list[str] = []
    length = 0
    try:
        for part in environment().from_string(text).generate({**_plain(given), "params": params}):
            length += len(part)
            if length > limit:
                return {"reason": "TEMPLATE_TOO_LONG", "line": 0, "detail": ""}
            parts.append(part)
    except (MemoryError, RecursionError):
        return {"reason": "TEMPLATE_TOO_MUCH", "line": 0, "detail": ""}
    except TemplateSyntaxError as exc:
        return {"reason": "TEMPLATE_FAILED", "line": exc.lineno, "detail": exc.message or ""}
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
        return {"reason": "TEMPLATE_FAILED", "line": _line(exc), "detail": str(exc)}
    return {"text": "".join(parts)}


def main() -> None:
    """Read the task from standard input and print what came of it."""
    task = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = render(task["text"], task["given"], task["limit"])
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _plain(given: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: given[name] for name in ("name", "version", "image")}


def _printed(value: object) -> object:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _seeing_values(test: Callable[..., bool]) -> Callable[..., bool]:
    def seeing(value: object, *others: object) -> bool:
        return test(bare(value), *map(bare, others))
    return seeing


def _line(exc: BaseException) -> int:
    line, trace = 0, exc.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == NAME:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


if __name__ == "__main__":
    main()
