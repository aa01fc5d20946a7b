"""`softops user`, `softops token`, `softops session`. Passwords are on no command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from softops.choices import choices
from softops.cli.asking import ask_password
from softops.cli.output import Output
from softops.cli.session import session
from softops.client import Client
from softops.errors import NotFound

Row = Mapping[str, Any]


def show_users(*, as_json: bool) -> None:
    """The users."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/user/page"))
        _list(output, rows, "NO_USERS", ("ID", "NAME", "ROLE", "GROUPS", "STATE", "SEEN"), lambda row: (
            str(row["id"]), row["name"], row["role"], _groups(output, row),
            output.words("DISABLED" if row["disabled"] else "ACTIVE"), _time(output, row["seenTime"])))


def add_user(name: str, *, role: str, groups: list[str] | None, ask: bool, as_json: bool) -> None:
    """Add a user; a password that was made is shown once."""
    with session(as_json=as_json) as (client, output):
        body = {"name": name, "role": role, "groups": groups}
        if ask:
            body["password"] = ask_password(output.words("ASK_NEW_PASSWORD", user=name))
        _told(output, client.post("/user", body))


def change_user(user: str, *, role: str | None, groups: list[str] | None, everywhere: bool, disabled: bool | None,
                as_json: bool) -> None:
    """Change what a user may."""
    with session(as_json=as_json) as (client, output):
        body: dict[str, Any] = {} if disabled is None else {"disabled": disabled}
        if role is not None:
            body["role"] = role
        if groups is not None or everywhere:
            body["groups"] = None if everywhere else groups
        _told(output, client.post(f"/user/{_find(client, user)['id']}", body))


def set_password(user: str, *, ask: bool, as_json: bool) -> None:
    """Give a user another password."""
    with session(as_json=as_json) as (client, output):
        found = _find(client, user)
        body: dict[str, Any] = {"newPassword": True}
        if ask:
            body = {"password": ask_password(output.words("ASK_NEW_PASSWORD", user=found["name"]))}
        _told(output, client.post(f"/user/{found['id']}", body))


def remove_user(user: str, *, as_json: bool) -> None:
    """Remove a user."""
    with session(as_json=as_json) as (client, output):
        row = client.delete(f"/user/{_find(client, user)['id']}")
        _say(output, row, "USER_GONE", user=row["name"])


def show_tokens(*, as_json: bool) -> None:
    """The tokens."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/token/page"))
        _list(output, rows, "NO_TOKENS", ("ID", "NAME", "USER_NAME", "ROLE", "GROUPS", "STATE", "EXPIRES", "SEEN"),
              lambda row: (str(row["id"]), row["name"], row["user"], row["role"], _groups(output, row),
                           output.words("REVOKED" if row["revokeTime"] else "ACTIVE"),
                           _time(output, row["expireTime"]), _time(output, row["seenTime"])))


def create_token(name: str, *, user: str | None, role: str | None, groups: list[str] | None, days: int,
                 as_json: bool) -> None:
    """Make a token and show it, this once."""
    with session(as_json=as_json) as (client, output):
        row = client.post("/token", {"name": name, "user": user, "role": role, "groups": groups, "days": days})
        _say(output, row, "TOKEN_SHOWN", user=row["user"], secret=row["secret"])


def revoke_token(token: int, *, as_json: bool) -> None:
    """Make a token good for nothing."""
    with session(as_json=as_json) as (client, output):
        row = client.delete(f"/token/{token}")
        _say(output, row, "TOKEN_GONE", name=row["name"])


def show_sessions(*, as_json: bool) -> None:
    """Who is logged in with a browser."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/session/page"))
        _list(output, rows, "NO_SESSIONS", ("ID", "USER_NAME", "ADDRESS", "SEEN", "EXPIRES", "BROWSER"), lambda row: (
            str(row["id"]), row["user"], row["address"], output.time(row["seenTime"]),
            output.time(row["expireTime"]), row["agent"]))


def end_session(number: int, *, as_json: bool) -> None:
    """Log a browser out."""
    with session(as_json=as_json) as (client, output):
        row = client.delete(f"/session/{number}")
        _say(output, row, "SESSION_GONE", user=row["user"])


def _told(output: Output, row: Row) -> None:
    _say(output, row, "USER_KEPT", user=row["name"], role=row["role"], groups=_groups(output, row))
    if row["password"] is not None:
        output.line("PASSWORD_MADE", password=row["password"])


def _say(output: Output, row: Row, key: str, **params: object) -> None:
    if output.as_json:
        output.document(row)
    else:
        output.line(key, **params)


def _list(output: Output, rows: list[Row], empty: str, headers: tuple[str, ...], cells: Any) -> None:
    if output.as_json:
        output.document(rows)
    elif not rows:
        output.line(empty)
    else:
        output.table(headers, [cells(row) for row in rows])


def _groups(output: Output, row: Row) -> str:
    return output.words("ALL_SERVERS") if row["groups"] is None else ", ".join(row["groups"]) or "-"


def _time(output: Output, text: str | None) -> str:
    return output.words("NEVER") if text is None else output.time(text)


def _find(client: Client, user: str) -> Row:
    """The user with this name or id."""
    rows = list(client.rows("/user/page"))
    found = [row for row in rows if user in {row["name"], str(row["id"])}]
    if not found:
        raise NotFound("USER_NOT_FOUND", user=user, choices=choices(user, (f"{row['name']} ({row['id']})"
                                                                           for row in rows)))
    return found[0]
