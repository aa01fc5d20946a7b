"""Endpoints for the callback plugin: what people run by hand becomes jobs and records too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from softops.events import HostStats
from softops.handruns import MAX_LINES, HandRun, read_line
from softops.rights import Right
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.parameters import MANY, Given, Name, User
from softops.web.permits import permit, permit_job
from softops.web.schemas import JobDetail
from softops.web.software import accepted
from softops.web.views import job_view

API = "/api/system/soft/report"
COUNTS = ("ok", "changed", "failures", "unreachable", "rescued", "skipped")
Line = Annotated[str, StringConstraints(max_length=300_000)]


class BeginBody(Given):
    """A run by hand, and what its actions have begun with."""

    user: User
    playbook: Name
    orders: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MANY)]


class LinesBody(Given):
    """What its actions have said since."""

    lines: Annotated[list[Line], Field(max_length=MAX_LINES)] = Field([], description="None: it only lives")


class EndBody(Given):
    """How Ansible counted its servers."""

    hosts: Annotated[dict[str, dict[str, int]], Field(max_length=MANY)] | None = Field(
        None, description="None: it did not get as far as counting")


def begin(call: Call[None, BeginBody]) -> Answer:
    """Begin to record a run by hand."""
    body = call.body
    _permit(call, body.orders)
    hand = HandRun(user=call.user(body.user), playbook=body.playbook)
    return accepted(call, call.service.handruns.begin(hand, body.orders))


def lines(call: Call[None, LinesBody]) -> Answer:
    """Record what it has said since."""
    permit_job(call, call.id)
    _permit(call, [read_line(line) for line in call.body.lines])
    return _shown(call, call.service.handruns.hear(call.id, call.body.lines).id)


def end(call: Call[None, EndBody]) -> Answer:
    """Record its end."""
    permit_job(call, call.id)
    given = call.body.hosts
    counts = None if given is None else {
        host: HostStats(**{name: count.get(name, 0) for name in COUNTS}) for host, count in given.items()}
    return _shown(call, call.service.handruns.end(call.id, counts).id)


def _permit(call: Call[None, Any], said: Iterable[Mapping[str, Any]]) -> None:
    """Forbidden where something is said about a server that is not the caller's."""
    if call.caller.groups is not None:
        names = {str(one["host"]) for one in said if "host" in one}
        permit(call.caller, [server for server in call.service.servers.all() if server.name in names])


def _shown(call: Call[None, Any], job_id: int) -> Answer:
    return Answer(data=job_view(call.service, call.service.records.job(job_id), call.lang))


ENDPOINTS = (
    Endpoint(method="POST", right=Right.OPERATE, path=API, handler=begin, answer=JobDetail, body=BeginBody,
             codes=(202, 404, 409), again=accepted, summary="Begin to record a run by hand"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{jobId}}/line", handler=lines, answer=JobDetail,
             # Several each second, of which only what they end with is of interest.
             audited=False,
             body=LinesBody, codes=(200, 404, 409), summary="Record what a run by hand says"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{jobId}}/end", handler=end, answer=JobDetail,
             body=EndBody, codes=(200, 404, 409), summary="Record the end of a run by hand"),
)
