"""Endpoints about containers: their states, one of them in detail, its log, and what they use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from softops.containerlooks import Used
from softops.containerstates import EngineState
from softops.entities import Container
from softops.rights import Right
from softops.texts import Lang
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.parameters import Given, Id, Name, PageQuery
from softops.web.permits import own_servers, permit_id
from softops.web.schemas import PageOf, Shown
from softops.web.validation import Whole
from softops.web.views import page_view

API = "/api/system/soft/container"
MOST_LINES = 5000


class ContainerQuery(PageQuery):
    """Which containers."""

    server_id: Id | None = None
    name: Name | None = Field(None, description="Part of the name of the software or of the container")
    state: EngineState | None = None


class LogQuery(Given):
    """How much of a log."""

    tail: Annotated[int, Whole(0, MOST_LINES)] = Field(200, description="Lines at most, the newest")


class StatsQuery(Given):
    """Of which running containers."""

    server_id: Id | None = None
    name: Name | None = Field(None, description="Part of the name of the software or of the container")


class ContainerRow(Shown):
    """A container: a row of system_soft_container."""

    model_config = ConfigDict(alias_generator=lambda name: f"systemSoftContainer{to_pascal(name)}")

    id: int
    server_id: int
    server_name: str
    engine_id: str
    name: str
    soft_name: str
    service: str
    version: str
    docker_image: str
    state: str
    health: str | None
    exit_code: int | None
    oom_killed: bool
    restarts: int
    ports: tuple[Mapping[str, Any], ...]
    start_time: datetime | None
    update_time: datetime
    current: bool
    uptime: int | None


class ContainerDetail(ContainerRow):
    """A container as its engine describes it now, without secrets."""

    detail: Mapping[str, Any]


class Line(Shown):
    """A line of a log."""

    at: str | None
    stream: str
    text: str


class Log(Shown):
    """The newest lines of a log; `skipped` of those asked for were too long together."""

    lines: tuple[Line, ...]
    skipped: int


class UsageRow(Shown):
    """What a container uses now, or why nobody can say."""

    container_id: int
    server_id: int
    server_name: str
    name: str
    soft_name: str
    cpu_percent: float | None = None
    memory: int | None = None
    memory_limit: int | None = None
    received: int | None = None
    sent: int | None = None
    read: int | None = None
    written: int | None = None
    processes: int | None = None
    error: str | None = None


def page(call: Call[ContainerQuery, None]) -> Answer:
    """A page of the containers, by server."""
    query = call.query
    call.service.engines.look(None if query.server_id is None else {query.server_id})
    found = call.service.containers.page(page=query.page, size=query.size, server_id=query.server_id,
                                         name=query.name, state=query.state)
    return Answer(data=page_view(found, lambda container: container_view(call, container)))


def detail(call: Call[None, None]) -> Answer:
    """One container, asked of its engine."""
    _permit(call)
    container, said = call.service.looks.detail(call.id)
    return Answer(data=ContainerDetail(**dict(container_view(call, container)), detail=said))


def log(call: Call[LogQuery, None]) -> Answer:
    """The newest lines of a container's log."""
    _permit(call)
    lines, skipped = call.service.looks.log(call.id, call.query.tail)
    return Answer(data=Log(lines=tuple(Line.model_validate(line) for line in lines), skipped=skipped))


def stats(call: Call[None, None]) -> Answer:
    """What a container uses now."""
    _permit(call)
    return Answer(data=usage_view(call.service.looks.usage(call.id), call.lang))


def all_stats(call: Call[StatsQuery, None]) -> Answer:
    """What all running containers use now, those on servers that are not the caller's left out."""
    query = call.query
    if query.server_id is not None:
        permit_id(call, query.server_id)
    call.service.engines.look(None if query.server_id is None else {query.server_id})
    found = call.service.looks.usages(server_id=query.server_id, name=query.name, own=own_servers(call))
    return Answer(data=tuple(usage_view(used, call.lang) for used in found))


def _permit(call: Call[Any, None]) -> None:
    """Forbidden where the container is on a server that is not the caller's: it may tell secrets."""
    permit_id(call, call.service.containers.get(call.id).server_id)


def container_view(call: Call[Any, None], container: Container) -> ContainerRow:
    """A container with how long it has been running, and whether that is so now."""
    current = call.service.engines.is_current(container.server_id)
    running = current and container.state in {"running", "paused"} and container.start_time is not None
    uptime = int((call.service.clock() - container.start_time).total_seconds()) if (
        running and container.start_time) else None
    return ContainerRow(**asdict(container), current=current, uptime=None if uptime is None else max(0, uptime))


def usage_view(used: Used, lang: Lang) -> UsageRow:
    """What a container uses, or a sentence."""
    container = used.container
    return UsageRow(container_id=container.id, server_id=container.server_id, server_name=container.server_name,
                    name=container.name, soft_name=container.soft_name,
                    error=used.problem.text(lang) if used.problem is not None else None,
                    **(asdict(used.usage) if used.usage is not None else {}))


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List containers", handler=page,
             answer=PageOf[ContainerRow], query=ContainerQuery, slow=True),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/stats", summary="Show what running containers use",
             handler=all_stats, answer=tuple[UsageRow, ...], query=StatsQuery, slow=True),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{containerId}}", summary="Look at one container",
             handler=detail, answer=ContainerDetail, codes=(200, 404, 1001), slow=True),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{containerId}}/log",
             summary="Show the end of a container's log", handler=log, answer=Log, query=LogQuery,
             codes=(200, 404, 1001), slow=True),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{containerId}}/stats", summary="Show what a container uses",
             handler=stats, answer=UsageRow, codes=(200, 404, 409, 1001), slow=True),
)
