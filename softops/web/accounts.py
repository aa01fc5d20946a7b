"""Endpoints about coming in: the first admin, logins, who one is."""

from __future__ import annotations

from typing import Any

from softops.identities import User
from softops.rights import Right, Via
from softops.web.accountbodies import LoginBody, Me, PasswordBody, SetupBody, UserRow
from softops.web.authentication import COOKIE
from softops.web.endpoint import Answer, Call, Endpoint, told

API = "/api/system/soft/auth"


def me(call: Call[None, None]) -> Answer:
    """Who asks, what they may, and which ways of coming in there are."""
    caller, settings = call.caller, call.service.settings
    is_open = settings.auth == "none"
    setup = not is_open and call.service.accounts.users.is_empty()
    known = caller.via is not Via.NOBODY
    ways = ("password",) if call.service.oidc is None else ("password", "oidc")
    return Answer(data=Me(name=caller.name if known else None, role=caller.role, groups=caller.groups, via=caller.via,
                          ways=("none",) if is_open else ways, setup=setup))


def setup(call: Call[None, SetupBody]) -> Answer:
    """Make the first admin and log them in."""
    body = call.body
    call.notes.user = body.name
    user, secret = call.service.accounts.setup(body.token.get_secret_value(), body.name,
                                               body.password.get_secret_value(), **origin(call))
    return _came_in(call, "SETUP_MADE", user, secret)


def login(call: Call[None, LoginBody]) -> Answer:
    """Log in a browser."""
    body = call.body
    call.notes.user = body.name
    user, secret = call.service.accounts.log_in(body.name, body.password.get_secret_value(), **origin(call))
    return _came_in(call, "LOGGED_IN", user, secret)


def logout(call: Call[None, None]) -> Answer:
    """End the session or token of the request; without one there is nothing to end."""
    call.notes.idle = call.caller.via is Via.NOBODY
    call.service.accounts.log_out(call.caller)
    return told(call, "LOGGED_OUT", True, headers={"Set-Cookie": session_cookie(call, "", 0)})


def password(call: Call[None, PasswordBody]) -> Answer:
    """Change one's own password."""
    user = call.service.accounts.change_password(
        call.caller, call.body.old.get_secret_value(), call.body.new.get_secret_value(),
        address=origin(call)["address"])
    return told(call, "PASSWORD_CHANGED", UserRow.model_validate(user))


def _came_in(call: Call[Any, Any], reason: str, user: User, secret: str) -> Answer:
    seconds = round(call.service.accounts.lasts.total_seconds())
    return told(call, reason, UserRow.model_validate(user), user=user.name,
                headers={"Set-Cookie": session_cookie(call, secret, seconds)})


def session_cookie(call: Call[Any, Any], secret: str, seconds: int) -> str:
    """The cookie; nothing but a page of softops itself makes a browser send it, and no script reads it."""
    return f"{COOKIE}={secret}; {limits(call, seconds, '/')}"


def limits(call: Call[Any, Any], seconds: int, path: str) -> str:
    """What a cookie is good for."""
    secure = call.request.url.scheme == "https" or call.service.settings.public_url.lower().startswith("https:")
    return f"Max-Age={seconds}; Path={path}; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")


def origin(call: Call[Any, Any]) -> dict[str, str]:
    """From where, and with what, somebody comes in."""
    client = call.request.client
    return {"address": client.host if client is not None else "", "agent": call.request.headers.get("user-agent", "")}


ENDPOINTS = (
    Endpoint(method="GET", right=Right.PUBLIC, path=f"{API}/me", summary="Who am I?", handler=me, answer=Me),
    Endpoint(method="POST", right=Right.PUBLIC, path=f"{API}/setup", summary="Make the first admin", handler=setup,
             answer=UserRow, body=SetupBody, codes=(200, 401, 409, 429)),
    Endpoint(method="POST", right=Right.PUBLIC, path=f"{API}/login", summary="Log in", handler=login, answer=UserRow,
             body=LoginBody, codes=(200, 401, 429)),
    Endpoint(method="POST", right=Right.PUBLIC, path=f"{API}/logout", summary="Log out", handler=logout, answer=bool),
    Endpoint(method="POST", right=Right.READ, path=f"{API}/password", summary="Change one's own password",
             handler=password, answer=UserRow, body=PasswordBody, codes=(200, 409, 429)),
)
