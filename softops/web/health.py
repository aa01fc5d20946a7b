"""Whether the server works."""

from __future__ import annotations

from softops import __version__
from softops.errors import DatabaseError, Unavailable
from softops.rights import Right
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.schemas import Health


def health(call: Call[None, None]) -> Answer:
    """That the server answers and reaches its database."""
    try:
        call.service.records.pending_jobs()
    except DatabaseError as exc:
        raise Unavailable("NOT_READY", problem=exc.text(call.lang)) from exc
    return Answer(data=Health(status="ok", version=__version__))


ENDPOINTS = (
    Endpoint(method="GET", right=Right.PUBLIC, path="/healthz", summary="Whether the server works", handler=health,
             answer=Health, codes=(200, 503)),
)
