"""Endpoints about the browsers that are logged in: everybody's own, and for admins all."""

from __future__ import annotations

from softops.auditmasks import facts
from softops.rights import Right
from softops.web.accountbodies import SessionRow
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import PageQuery
from softops.web.schemas import PageOf
from softops.web.views import page_view

API = "/api/system/soft/session"


def page(call: Call[PageQuery, None]) -> Answer:
    """A page of the sessions, the newest first."""
    accounts = call.service.accounts
    found = accounts.sessions.page(call.service.clock(), page=call.query.page, size=call.query.size,
                                   user_id=accounts.scope(call.caller))
    return Answer(data=page_view(found, SessionRow.model_validate))


def end(call: Call[None, None]) -> Answer:
    """Log a browser out."""
    ended = call.service.accounts.end_session(call.caller, call.id)
    call.notes.before = facts(ended, "user", "address")
    return told(call, "SESSION_ENDED", SessionRow.model_validate(ended), user=ended.user)


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List who is logged in", handler=page,
             answer=PageOf[SessionRow], query=PageQuery),
    Endpoint(method="DELETE", right=Right.READ, path=f"{API}/{{sessionId}}", summary="End a session", handler=end,
             answer=SessionRow, codes=(200, 404)),
)
