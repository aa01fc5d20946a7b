"""Compose templates of the catalog, looked at without evaluating anything in them.

A template may use `{{ name }}`, `{{ version }}`, `{{ image }}` and `{{ params.NAME }}`, what Jinja2 itself
offers, and `${NAME}`, which Compose takes from the software's .env file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from softops.composefile import OF_COMPOSE
from softops.documents import MAX_BYTES
from softops.problems import Problem, nearest, shortened, undeclared

VARIABLES = frozenset({"name", "version", "image", "params"})
"""What softops gives to a template."""

_OF_JINJA = frozenset({"range", "dict", "cycler", "joiner", "namespace", "loop", "caller", "varargs",
                       "kwargs"})
_OF_MAPPINGS = frozenset({"get", "items", "keys", "values"})
_INTERPOLATION = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_][A-Za-z0-9_]*))")
"""The form without braces may stand in a comment; in a value it is seen once the template is rendered."""
_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined)
# What differs from one rendering to the next would look like a change.
del _ENVIRONMENT.filters["random"]


def template_problems(path: str, content: bytes, names: Set[str]) -> tuple[Problem, ...]:
    """Everything that would make the template fail for every value of its parameters `names`."""
    if len(content) > MAX_BYTES:
        return (Problem(path=path, reason="YAML_TOO_LARGE", params={"limit": MAX_BYTES // 1024}),)
    try:
        text = content.decode("utf-8-sig")
        found = tuple(_tree_problems(path, _ENVIRONMENT.parse(text), names))
    except UnicodeDecodeError as exc:
        return (Problem(path=path, line=content.count(b"\n", 0, exc.start) + 1, column=1, reason="YAML_NOT_UTF8"),)
    except TemplateSyntaxError as exc:
        return (_at(path, exc.lineno, "TEMPLATE_SYNTAX", detail=shortened((exc.message or "").rstrip("."))),)
    except ValueError:  # Python reads no number with thousands of digits
        return (Problem(path=path, reason="TEMPLATE_SYNTAX", params={"detail": "a number is too long"}),)
    except RecursionError:
        return (Problem(path=path, reason="TEMPLATE_TOO_DEEP"),)
    return (*found, *_interpolation_problems(path, text, names))


def _tree_problems(path: str, tree: nodes.Template, names: Set[str]) -> Iterator[Problem]:
    for other in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield _at(path, other.lineno, "TEMPLATE_OTHER_FILE")
    used = list(tree.find_all(nodes.Name))
    own = {name.name for name in used if name.ctx != "load"} | {macro.name for macro in tree.find_all(nodes.Macro)}
    known = own | _OF_JINJA | VARIABLES
    for name in used:
        if name.name not in known:
            yield _at(path, name.lineno, "TEMPLATE_UNKNOWN", name=name.name, nearest=nearest(name.name, VARIABLES))
    for part in tree.find_all((nodes.Filter, nodes.Test)):
        known_parts = _ENVIRONMENT.filters if isinstance(part, nodes.Filter) else _ENVIRONMENT.tests
        if part.name not in known_parts:
            yield _at(path, part.lineno, "TEMPLATE_FILTER", name=part.name, nearest=nearest(part.name, known_parts))
    for line, param in _params_used(tree):
        if param not in names | _OF_MAPPINGS:
            reason, params = undeclared(param, names)
            yield _at(path, line, reason, **params)


def _params_used(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    for attribute in tree.find_all(nodes.Getattr):
        if _is_params(attribute.node):
            yield attribute.lineno, attribute.attr
    for item in tree.find_all(nodes.Getitem):
        if _is_params(item.node) and isinstance(item.arg, nodes.Const) and isinstance(item.arg.value, str):
            yield item.lineno, item.arg.value


def _is_params(node: nodes.Expr) -> bool:
    return isinstance(node, nodes.Name) and node.name == "params"


def _interpolation_problems(path: str, text: str, names: Set[str]) -> Iterator[Problem]:
    """Variables that are no parameters: Compose would take them from whoever calls it, default or not."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _INTERPOLATION.finditer(line):
            name = match["name"]
            if name is not None and name not in names | OF_COMPOSE:
                reason, params = undeclared(name, names)
                yield Problem(path=path, line=number, column=match.start() + 1, reason=reason, params=params)


def _at(path: str, line: int, reason: str, **params: str | int) -> Problem:
    return Problem(path=path, line=line, column=1, reason=reason, params=params)
