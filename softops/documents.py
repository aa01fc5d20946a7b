"""YAML read strictly: plain data of str, int, float, bool, None, list and dict, and the place of every part.

Nothing is guessed: a plain scalar that any YAML 1.1 or 1.2 reader could take for something else than
text (`yes`, `22:22`, `0x10`, `2024-01-01`) becomes `Odd`, which fits no type but names its own text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yaml._yaml import CParser
from yaml.error import Mark, MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from softops.problems import Problem, shortened

MAX_BYTES = 256 * 1024
"""The largest file that is read."""
MAX_DEPTH = 24
MAX_NODES = 20_000
"""Scalars, lists and mappings of one file, every use of an alias counted as if it were written out."""
MAX_PROBLEMS = 50
"""Problems of one file that are reported."""

Loc = tuple[str | int, ...]

_PLAIN, _QUOTED, _COLLECTION = "plain", "quoted", "collection"
_OURS = frozenset({_PLAIN, _QUOTED, _COLLECTION})
# A scalar that starts with any other character is text for every reader of YAML.
_SUSPICIOUS = frozenset("0123456789+-.~=<yYnNtTfFoO")
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_ODD = re.compile(
    r"=|<<"
    r"|(?:true|false|yes|no|on|off|null)"
    r"|[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-f_]+|[0-9][0-9_]*)"
    r"|[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:e[-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[-+]?\.inf|\.nan"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:t|[ \t]+)[0-9].*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_UNREADABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Odd:
    """A plain scalar that is text for some readers of YAML and something else for others."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a part of a document stands, both numbers counted from 1, and how a scalar is written."""

    line: int
    column: int
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One file; `data` holds what could be read even when there are problems, or None."""

    path: str
    data: Mapping[str, Any] | None
    problems: tuple[Problem, ...]
    node: Node | None = None

    def place(self, loc: Loc, *, on_key: bool = False) -> Place:
        """The place of the part at `loc`, or of its key. Steps that the document does not have are passed over."""
        node, name = self.node, None
        for step in loc:
            found = _child(node, step)
            if found is not None:
                name, node = found
        chosen = name if on_key and name is not None else node
        return _place(chosen.start_mark, chosen) if chosen is not None else Place(line=1, column=1)

    def problem(self, reason: str, loc: Loc, *, on_key: bool = False, **params: str | int) -> Problem:
        """A problem at the place of `loc`, or of its key."""
        place = self.place(loc, on_key=on_key)
        return Problem(path=self.path, line=place.line, column=place.column, reason=reason, params=params)


def load_document(path: str, content: bytes) -> Document:
    """The document of a file. Never raises: everything wrong with it is in `problems`."""
    if len(content) > MAX_BYTES:
        return _refused(path, "YAML_TOO_LARGE", 1, 1, limit=MAX_BYTES // 1024)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line, column = _line_column(content[:exc.start].decode("utf-8-sig", "ignore"))
        return _refused(path, "YAML_NOT_UTF8", line, column)
    tabs: tuple[Problem, ...] = ()
    if "\t" in text:
        tabs = _tab_problems(path, text)
        text = text.replace("\t", " ")
    return _compose(path, text, tabs)


def _compose(path: str, text: str, found: tuple[Problem, ...]) -> Document:
    try:
        node = _Parser(text).get_single_node()
    except (YAMLError, ValueError) as exc:
        return Document(path=path, data=None, problems=(*found, _syntax_problem(path, text, exc)))
    if node is None:
        return _refused(path, "YAML_EMPTY", 1, 1)
    reader = _Reader(path)
    data = reader.read(node)
    if not isinstance(data, dict):
        if not reader.problems:
            reader.report("YAML_NOT_A_MAPPING", node.start_mark)
        data = None
    return Document(path=path, data=data, node=node, problems=(*found, *reader.problems))


class _Parser(CParser):
    """libyaml's parser; instead of guessing types it says how a scalar was written."""

    def __init__(self, text: str) -> None:
        super().__init__(text)

    def resolve(self, _kind: type[Node], _value: str | None, implicit: tuple[bool, bool] | bool) -> str:
        """`implicit` is a pair for scalars: may a plain one, may a quoted one be typed by its looks."""
        if isinstance(implicit, tuple):
            return _PLAIN if implicit[0] else _QUOTED
        return _COLLECTION

    def descend_resolver(self, current_node: Node | None, current_index: Node | int | None) -> None:
        """Types never depend on the path."""

    def ascend_resolver(self) -> None:
        """Types never depend on the path."""


class _TooMuchError(Exception):
    """The document is over a limit; its problem is noted."""


class _Reader:
    """Turns the nodes of one file into data and collects what is wrong with them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._left = MAX_NODES

    def report(self, reason: str, mark: Mark, **params: str | int) -> None:
        """Note a problem at `mark`, until there are too many."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(path=self.path, line=mark.line + 1, column=mark.column + 1,
                                         reason=reason, params=params))

    def read(self, node: Node) -> Any:
        """The data of `node`, or None when it is over a limit."""
        try:
            return self._value(node, MAX_DEPTH)
        except _TooMuchError:
            return None

    def _value(self, node: Node, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth < 0:
            reason, limit = ("YAML_TOO_DEEP", MAX_DEPTH) if depth < 0 else ("YAML_TOO_MANY", MAX_NODES)
            self.report(reason, node.start_mark, limit=limit)
            raise _TooMuchError
        tag = node.tag
        if tag not in _OURS:
            self.report("YAML_TAG", node.start_mark, tag=shortened(tag.replace("tag:yaml.org,2002:", "!!")))
        if isinstance(node, ScalarNode):
            return self._scalar(node, tag)
        if isinstance(node, SequenceNode):
            return [self._value(child, depth - 1) for child in node.value]
        return self._mapping(node, depth)

    def _scalar(self, node: ScalarNode, tag: str) -> Any:
        text: str = node.value
        if tag == _PLAIN:
            return plain_value(text) if not text or text[0] in _SUSPICIOUS else text
        if node.style == '"' and _CONTROL.search(text):
            self.report("YAML_CONTROL", node.start_mark)
        return text

    def _mapping(self, node: Node, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            value = self._value(value_node, depth - 1)
            if key in data:
                self.report("YAML_DUPLICATE", key_node.start_mark, key=shortened(key), line=lines[key])
                continue
            data[key] = value
            lines[key] = key_node.start_mark.line + 1
        return data

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            self.report("YAML_KEY_NOT_TEXT", node.start_mark)
            return f"<{node.start_mark.line}:{node.start_mark.column}>"
        value = self._value(node, MAX_DEPTH)
        if isinstance(value, str):
            return value
        if node.value == "<<":
            self.report("YAML_MERGE", node.start_mark)
        else:
            self.report("YAML_QUOTE_KEY", node.start_mark, key=shortened(node.value))
        return str(node.value)


def plain_value(text: str) -> str | int | float | bool | Odd | None:
    """What a scalar written without quotes is."""
    if text in {"", "~", "null"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return Odd(text) if _ODD.fullmatch(text) else text


def _child(node: Node | None, step: str | int) -> tuple[Node | None, Node] | None:
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == step), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        return None, node.value[step]
    return None


def _place(mark: Mark, node: Node) -> Place:
    source = node.value if isinstance(node, ScalarNode) else ""
    return Place(line=mark.line + 1, column=mark.column + 1, source=source)


def _refused(path: str, reason: str, line: int, column: int, **params: str | int) -> Document:
    return Document(path=path, data=None, problems=(
        Problem(path=path, line=line, column=column, reason=reason, params=params),))


def _tab_problems(path: str, text: str) -> tuple[Problem, ...]:
    """One problem for each line that has a tab."""
    lines = enumerate(re.split(r"\r\n|[\n\r\x85\u2028\u2029]", text), 1)
    found = [Problem(path=path, line=number, column=line.index("\t") + 1, reason="YAML_TAB")
             for number, line in lines if "\t" in line]
    return tuple(found[:MAX_PROBLEMS])


def _syntax_problem(path: str, text: str, error: Exception) -> Problem:
    unreadable = _UNREADABLE.search(text)
    if unreadable:
        line, column = _line_column(text[:unreadable.start()])
        return Problem(path=path, line=line, column=column, reason="YAML_CONTROL")
    line, column, detail = 1, 1, shortened(str(error))
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        detail = ", ".join(part for part in (error.context, error.problem) if part)
    if "single document" in (getattr(error, "context", None) or ""):
        return Problem(path=path, line=line, column=column, reason="YAML_SECOND_DOCUMENT")
    return Problem(path=path, line=line, column=column, reason="YAML_SYNTAX", params={"detail": detail})


def _line_column(before: str) -> tuple[int, int]:
    lines = re.split(r"\r\n|[\n\r\x85\u2028\u2029]", before)
    return len(lines), len(lines[-1]) + 1
