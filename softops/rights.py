"""Who may do what: roles, the rights that endpoints ask for, and on which servers."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Role(enum.StrEnum):
    """What a user is; each may do what those before it may."""

    VIEWER = "viewer"
    """Looks."""
    OPERATOR = "operator"
    """Works on servers: those of its groups, or all."""
    ADMIN = "admin"
    """Decides about users, repositories and secrets too."""


class Right(enum.Enum):
    """What an endpoint asks for."""

    PUBLIC = "public"
    """Nothing: whoever reaches softops may."""
    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"


class Via(enum.StrEnum):
    """How a caller came in."""

    NOBODY = "nobody"
    """Did not."""
    OPEN = "open"
    """SOFTOPS_AUTH=none."""
    SOCKET = "socket"
    """The unix socket: whoever may open the file."""
    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105  no password


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who asks, as far as it matters for what they may do."""

    name: str
    role: Role | None
    """None: nobody that softops knows."""
    groups: tuple[str, ...] | None = None
    """The groups of the inventory on which they may act; None: all servers."""
    via: Via
    user_id: int | None = None
    key_id: int | None = None
    """The session or token with which they came."""


NOBODY = Caller(name="-", role=None, via=Via.NOBODY)
_ORDER = tuple(Role)
_LEAST = {Right.READ: Role.VIEWER, Right.OPERATE: Role.OPERATOR, Right.ADMIN: Role.ADMIN}


def may(caller: Caller, right: Right) -> bool:
    """Whether the caller has the right; on which servers is another question."""
    if right is Right.PUBLIC:
        return True
    return caller.role is not None and _ORDER.index(caller.role) >= _ORDER.index(_LEAST[right])


def may_on(caller: Caller, groups: Iterable[str]) -> bool:
    """Whether a server in these groups is one of the caller's."""
    return caller.role is not None and (caller.groups is None or not set(caller.groups).isdisjoint(groups))


def lesser(one: Role, other: Role) -> Role:
    """The role of both that may less."""
    return min(one, other, key=_ORDER.index)


def common(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The groups that both allow."""
    if one is None or other is None:
        return other if one is None else one
    return tuple(group for group in one if group in other)
