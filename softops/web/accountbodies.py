"""What callers send and see about users, sessions and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, SecretStr, StrictBool, StringConstraints

from softops.rights import Role, Via
from softops.web.parameters import Given, Name, User
from softops.web.schemas import Shown
from softops.web.validation import Printable, Whole

MAX_SECRET = 4096
"""Characters; `passwords.py` says what a new password may have."""
MOST_GROUPS = 50
"""However they are written, they fit into their column."""
MOST_DAYS = 3650

Secret = Annotated[SecretStr, Field(max_length=MAX_SECRET)]
Group = Annotated[str, StringConstraints(min_length=1, max_length=100), Printable]
Groups = Annotated[list[Group], Field(max_length=MOST_GROUPS)]


class LoginBody(Given):
    """Who comes in with what."""

    name: User
    password: Secret


class SetupBody(LoginBody):
    """The first admin; `token` is what the server printed when it started without users."""

    token: Secret


class PasswordBody(Given):
    """A new password for oneself."""

    old: Secret
    new: Secret


class UserBody(Given):
    """A user to add."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100), Printable]
    role: Role = Role.VIEWER
    groups: Groups | None = Field(None, description="Groups of the inventory to work on; null: all servers")
    password: Secret | None = Field(None, description="Without it one is made and answered, once")


class UserChangeBody(Given):
    """What is to change about a user; what is not there stays."""

    role: Role | None = None
    groups: Groups | None = Field(None, description="null: all servers")
    disabled: StrictBool | None = None
    password: Secret | None = None
    new_password: StrictBool = Field(False, description="Make a password and answer it, once")


class TokenBody(Given):
    """A token to make."""

    name: Name = Field(description="What it is for")
    user: User | None = Field(None, description="Whose it is; only an admin makes one for somebody else")
    role: Role | None = Field(None, description="The most it may do; without it what its user may")
    groups: Groups | None = Field(None, description="Groups of the inventory to work on; null: those of its user")
    days: Annotated[int, Whole(0, MOST_DAYS)] = Field(90, description="How long it is good; 0: until it is revoked")


class Me(Shown):
    """Who asks, and how they could come in."""

    name: str | None
    """None: nobody that softops knows."""
    role: Role | None
    groups: tuple[str, ...] | None
    via: Via
    ways: tuple[str, ...]
    setup: bool
    """Whether the first admin has to be made."""


class UserRow(Shown):
    """A user."""

    id: int
    name: str
    role: Role
    groups: tuple[str, ...] | None
    disabled: bool
    subject: str | None
    seen_time: datetime | None
    create_time: datetime
    update_time: datetime


class UserSecret(UserRow):
    """A user and, this once, the password that was made for them."""

    password: str | None


class SessionRow(Shown):
    """A browser that is logged in."""

    id: int
    user_id: int
    user: str
    address: str
    agent: str
    create_time: datetime
    seen_time: datetime
    expire_time: datetime


class TokenRow(Shown):
    """A token, without what it holds."""

    id: int
    user_id: int
    user: str
    name: str
    role: Role
    groups: tuple[str, ...] | None
    create_time: datetime
    seen_time: datetime | None
    expire_time: datetime | None
    revoke_time: datetime | None


class TokenSecret(TokenRow):
    """A token and, this once, what it holds."""

    secret: str
