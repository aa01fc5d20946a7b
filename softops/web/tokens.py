"""Endpoints about tokens: everybody's own, and for admins all."""

from __future__ import annotations

from datetime import timedelta

from softops.auditmasks import facts
from softops.rights import Right
from softops.web.accountbodies import TokenBody, TokenRow, TokenSecret
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import PageQuery
from softops.web.schemas import PageOf
from softops.web.views import page_view

API = "/api/system/soft/token"


def page(call: Call[PageQuery, None]) -> Answer:
    """A page of the tokens, the newest first."""
    accounts = call.service.accounts
    found = accounts.tokens.page(page=call.query.page, size=call.query.size, user_id=accounts.scope(call.caller))
    return Answer(data=page_view(found, TokenRow.model_validate))


def create(call: Call[None, TokenBody]) -> Answer:
    """Make a token; what it holds is answered this once."""
    body = call.body
    expires = call.service.clock() + timedelta(days=body.days) if body.days else None
    token, secret = call.service.accounts.create_token(
        call.caller, body.name, user=body.user, role=body.role, expires=expires,
        groups=None if body.groups is None else tuple(body.groups))
    row = TokenSecret(**TokenRow.model_validate(token).model_dump(), secret=secret)
    return told(call, "TOKEN_MADE", row)


def revoke(call: Call[None, None]) -> Answer:
    """Make a token good for nothing."""
    revoked = call.service.accounts.revoke_token(call.caller, call.id)
    call.notes.before = facts(revoked, "user", "name", "role", "groups")
    return told(call, "TOKEN_REVOKED", TokenRow.model_validate(revoked), name=revoked.name)


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List tokens", handler=page,
             answer=PageOf[TokenRow], query=PageQuery),
    Endpoint(method="POST", right=Right.READ, path=API, summary="Make a token", handler=create, answer=TokenSecret,
             body=TokenBody, codes=(200, 404, 409)),
    Endpoint(method="DELETE", right=Right.READ, path=f"{API}/{{tokenId}}", summary="Revoke a token", handler=revoke,
             answer=TokenRow, codes=(200, 404)),
)
