"""Endpoints about servers: what the inventory has, and a look at one of them."""

from __future__ import annotations

from softops.rights import Right
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.parameters import ServerQuery
from softops.web.permits import permit_id
from softops.web.schemas import PageOf, ServerRow
from softops.web.views import page_view

API = "/api/system/soft/server"


def page(call: Call[ServerQuery, None]) -> Answer:
    """A page of the servers, by name, as the inventory has them now."""
    call.service.watch.look()
    query = call.query
    found = call.service.servers.page(page=query.page, size=query.size, name=query.name, status=query.status,
                                      group=query.group)
    return Answer(data=page_view(found, ServerRow.model_validate))


def detail(call: Call[None, None]) -> Answer:
    """One server."""
    return Answer(data=ServerRow.model_validate(call.service.servers.get(call.id)))


def check(call: Call[None, None]) -> Answer:
    """Look at a server now; one that does not answer is OFFLINE with a message."""
    permit_id(call, call.id)
    return Answer(data=ServerRow.model_validate(call.service.checks.check(call.id)))


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List servers", handler=page,
             answer=PageOf[ServerRow], query=ServerQuery, slow=True),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{serverId}}", summary="Show one server", handler=detail,
             answer=ServerRow, codes=(200, 404)),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{serverId}}/check", summary="Look at a server now",
             handler=check, answer=ServerRow, codes=(200, 404), slow=True),
)
