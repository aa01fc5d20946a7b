"""Users, the browsers they are logged in with, and their tokens, as values without what proves who they are."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from softops.errors import BadRequest
from softops.rights import Role

TOKEN_START = "softops_"  # noqa: S105  how tokens begin, so that scanners for secrets know them
MAX_NAME = 100
_PLAIN = re.compile(r"[^\s/:\\\"'<>]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    """Somebody who may come in."""

    id: int
    name: str
    role: Role
    groups: tuple[str, ...] | None
    """Groups of the inventory on which they may act; None: all servers."""
    disabled: bool
    subject: str | None
    """Who this is for the identity provider; None for a user of softops alone."""
    seen_time: datetime | None
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserSession:
    """A browser that is logged in."""

    id: int
    user_id: int
    user: str
    address: str
    agent: str
    create_time: datetime
    seen_time: datetime
    expire_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """What a program comes in with."""

    id: int
    user_id: int
    user: str
    name: str
    role: Role
    groups: tuple[str, ...] | None
    create_time: datetime
    seen_time: datetime | None
    expire_time: datetime | None
    """None: never."""
    revoke_time: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UserChange:
    """What is to change about a user; None: nothing."""

    role: Role | None = None
    regroup: bool = False
    """Whether `groups` is meant, which may be None itself."""
    groups: tuple[str, ...] | None = None
    disabled: bool | None = None


def user_name(text: str) -> str:
    """The name as it is kept; BadRequest for one that people or commands could take for something else."""
    name = unicodedata.normalize("NFC", text)
    plain = name.isprintable() and _PLAIN.fullmatch(name) and not name.startswith("-") and not name.isdecimal()
    if not plain or len(name) > MAX_NAME:
        raise BadRequest("USER_NAME", limit=MAX_NAME)
    return name


def checked_groups(role: Role, groups: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The groups without repetitions; BadRequest when somebody who decides about users were limited by them."""
    if groups is None:
        return None
    if role is Role.ADMIN:
        raise BadRequest("ADMIN_GROUPS")
    return tuple(dict.fromkeys(groups))


def new_secret() -> str:
    """What nobody can guess: 256 random bits in 43 characters that are safe everywhere."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """What is kept of such a secret, from which nobody gets it back; a password needs more than this."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
