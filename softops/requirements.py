"""Which software must run before another one on the same server, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from softops.errors import BadRequest


def required_by(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """What an entry says that must run first."""
    return tuple(str(name) for name in entry.get("requires") or ())


def in_order(name: str, requires: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """Everything that `name` needs, directly or not, each after what it needs itself; without `name`.
    BadRequest naming the circle when something needs itself."""
    found: list[str] = []

    def visit(wanted: str, path: tuple[str, ...]) -> None:
        if wanted in path:
            raise BadRequest("REQUIRES_CYCLE", software=name, circle=" -> ".join((*path[path.index(wanted):], wanted)))
        if wanted in found:
            return
        for needed in requires(wanted):
            visit(needed, (*path, wanted))
        found.append(wanted)

    visit(name, ())
    return tuple(found[:-1])
