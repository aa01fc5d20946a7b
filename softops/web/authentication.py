"""Who sends a request, and whether they may: deny by default."""

from __future__ import annotations

from typing import Protocol

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import Scope

from softops.config import Settings
from softops.errors import Forbidden, Unauthorized
from softops.logcontext import note
from softops.rights import NOBODY, Caller, Right, Role, Via, may
from softops.web.guard import SAFE_METHODS, is_unix_socket
from softops.web.parameters import DEFAULT_USER

COOKIE = "softops_session"
CALLER = "softops.caller"
"""Where the caller stands in the scope of a request, also of one that is refused then."""
OWN_PAGES = frozenset({"same-origin", "none"})


class Keys(Protocol):
    """What knows sessions and tokens (`accounts.Accounts`)."""

    def by_session(self, secret: str) -> Caller | None:
        """Whose session it is."""

    def by_token(self, secret: str) -> Caller | None:
        """Whose token it is."""


class Gate:
    """Tells who comes and lets in who may."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._open = settings.auth == "none"
        self._keys = keys

    async def identify(self, scope: Scope) -> Caller:
        """Who sends this; NOBODY without any proof, Unauthorized for one that is no good."""
        if is_unix_socket(scope):
            return Caller(name=_peer(scope), role=Role.ADMIN, via=Via.SOCKET)
        if self._open:
            return Caller(name=DEFAULT_USER, role=Role.ADMIN, via=Via.OPEN)
        headers = Headers(scope=scope)
        given = headers.getlist("authorization")
        if given:
            return await self._by_token(given)
        session = _cookie(headers)
        caller = await to_thread.run_sync(self._keys.by_session, session) if session else None
        return caller or NOBODY

    async def admit(self, scope: Scope, right: Right) -> Caller:
        """Who sends this, if they have the right; Unauthorized or Forbidden otherwise."""
        try:
            caller = await self.identify(scope)
        except Unauthorized:
            if right is not Right.PUBLIC:
                raise
            caller = NOBODY
        scope[CALLER] = caller
        note(user=caller.name)
        if not may(caller, right):
            if caller.role is None:
                raise Unauthorized("LOGIN_NEEDED")
            raise Forbidden("ROLE_FORBIDDEN", user=caller.name, role=caller.role, right=right.value)
        if caller.via is Via.COOKIE:
            _check_page(scope)
        return caller

    async def _by_token(self, given: list[str]) -> Caller:
        scheme, _, secret = given[0].partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer" or not secret.strip():
            raise Unauthorized("TOKEN_SCHEME")
        caller = await to_thread.run_sync(self._keys.by_token, secret.strip())
        if caller is None:
            raise Unauthorized("TOKEN_INVALID")
        return caller


def _cookie(headers: Headers) -> str | None:
    """What the session's cookie holds. Cookies know no ports, so browsers send those of other applications of the host
    along, which may look like anything."""
    given = [part.strip().partition("=") for line in headers.getlist("cookie") for part in line.split(";")]
    return next((value for name, _, value in reversed(given) if name == COOKIE), None)


def _check_page(scope: Scope) -> None:
    """Forbidden when a browser sends its cookie with a change but doesn't say for which page; the guard has refused
    those that name another one."""
    headers = Headers(scope=scope)
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    if changes and "origin" not in headers and headers.get("sec-fetch-site") not in OWN_PAGES:
        raise Forbidden("ORIGIN_MISSING")


def _peer(scope: Scope) -> str:
    """The user of the operating system at the other end of the unix socket."""
    client = scope.get("client")
    return str(client[0]) if client and client[0] else "local"
