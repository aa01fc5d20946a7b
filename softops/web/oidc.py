"""Endpoints that send browsers to the identity provider, and log them in when they come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from softops.errors import NotFound
from softops.oidclogins import CALLBACK, MINUTES, OidcLogins, Return
from softops.rights import Right
from softops.web.accounts import API, limits, origin, session_cookie
from softops.web.endpoint import Answer, Call, Endpoint, told

COOKIE = "softops_oidc"
UNCACHED = {"Cache-Control": "no-store"}
Hidden = Annotated[SecretStr, Field(max_length=8192)]
Word = Annotated[str, Field(max_length=2048)]


class ReturnQuery(BaseModel):
    """What the provider sends back with the browser; it may send more, which nobody needs."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    code: Hidden = Field(SecretStr(""), description="What the provider gives an ID token for, once")
    state: Hidden = Field(SecretStr(""), description="Which login it is")
    error: Word = Field("", description="Why the provider logged nobody in")
    iss: Word = Field("", description="Who sent it")


def begin(call: Call[None, None]) -> Answer:
    """Send a browser to the provider."""
    begun, oidc = _logins(call).begin(), _logins(call)
    cookie = f"{COOKIE}={begun.sealed}; {limits(call, MINUTES * 60, oidc.callback)}"
    return told(call, "OIDC_GO", None, code=302, url=begun.url,
                headers={**UNCACHED, "Location": begun.url, "Set-Cookie": cookie})


def callback(call: Call[ReturnQuery, None]) -> Answer:
    """Log in a browser that comes back from the provider."""
    oidc, query, came = _logins(call), call.query, origin(call)
    back = Return(code=query.code.get_secret_value(), state=query.state.get_secret_value(), error=query.error,
                  issuer=query.iss)
    identity = oidc.identify(back, call.request.cookies.get(COOKIE, ""), address=came["address"])
    call.notes.user = identity.name
    user, secret = oidc.admit(identity, **came)
    call.notes.user = user.name
    seconds = round(call.service.accounts.lasts.total_seconds())
    answer = told(call, "LOGGED_IN", None, code=302, user=user.name, headers={
        **UNCACHED, "Location": oidc.home, "Set-Cookie": session_cookie(call, secret, seconds)})
    return replace(answer, cookies=(f"{COOKIE}=; {limits(call, 0, oidc.callback)}",))


def _logins(call: Call[Any, Any]) -> OidcLogins:
    if call.service.oidc is None:
        raise NotFound("OIDC_OFF")
    return call.service.oidc


ENDPOINTS = (
    Endpoint(method="GET", right=Right.PUBLIC, path=f"{API}/oidc", summary="Log in at the identity provider",
             handler=begin, answer=None, codes=(302, 404, 503), slow=True),
    Endpoint(method="GET", right=Right.PUBLIC, path=CALLBACK, summary="Come back from the identity provider",
             handler=callback, answer=None, query=ReturnQuery, codes=(302, 401, 404, 409, 429, 503), slow=True,
             audited=True),
)
