"""Endpoints about versions: which there are and what runs where, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field, model_validator

from softops.apps import Apps
from softops.comparison import Comparison, Comparisons, State
from softops.difference import Kind
from softops.entities import App, SoftImage
from softops.errors import BadRequest
from softops.keeping import Keeping
from softops.rights import Right
from softops.statuses import AppState, ImageStatus
from softops.texts import Lang, render
from softops.versions import Order
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.parameters import Given, Id, Name
from softops.web.schemas import Shown

API = "/api/system/soft"


class VersionsQuery(Given):
    """Which software."""

    name: Name = Field(description="The whole name")
    repository: Name | None = Field(None, description="Only versions of this repository")


class DiffQuery(Given):
    """Which two versions."""

    name: Name = Field(description="The whole name")
    before: Name | None = Field(None, alias="from", description="A version")
    server_id: Id | None = Field(None, description="Instead of `from`: what this server has")
    after: Name | None = Field(None, alias="to", description="A version; with serverId: else the newest available")
    repository: Name | None = Field(None, description="Name of the repository, where several have that software")

    @model_validator(mode="after")
    def _two_sides(self) -> Self:
        if self.before is not None and self.server_id is not None:
            raise BadRequest("DIFF_FROM_TWICE")
        if self.before is None and self.server_id is None:
            raise BadRequest("DIFF_FROM_MISSING")
        if self.after is None and self.server_id is None:
            raise BadRequest("DIFF_TO_MISSING")
        return self


class Placement(Shown):
    """A software on a server."""

    server_id: int
    server_name: str
    version: str
    state: AppState
    revision: int | None
    digest: str | None
    commit: str | None
    update_time: datetime


class Version(Shown):
    """One version and the servers that have it."""

    soft_id: int
    version: str
    status: ImageStatus
    docker_image: str
    digest: str | None
    size: int | None
    commit: str
    repository: str
    update_time: datetime
    servers: tuple[Placement, ...]


class Versions(Shown):
    """All versions of a software, newest first."""

    name: str
    versions: tuple[Version, ...]
    unlisted: tuple[Placement, ...]
    """On servers, but in versions that no catalog ever had."""


class ChangeRow(Shown):
    """One thing that is not the same."""

    name: str
    kind: Kind
    before: Any
    after: Any
    service: str | None


class ParameterRow(Shown):
    """A parameter that is not declared the same way."""

    name: str
    kind: Kind
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    fields: tuple[str, ...]


class StateRow(Shown):
    """One of the two versions."""

    soft_id: int | None
    version: str
    docker_image: str
    digest: str | None
    size: int | None
    commit: str | None


class MisfitRow(Shown):
    """A value in force that the other version does not take."""

    name: str
    problem: str


class ServerState(Placement):
    """What the other version means for a server that has the software."""

    vanishing: tuple[str, ...]
    missing: tuple[str, ...]
    misfits: tuple[MisfitRow, ...]


class Diff(Shown):
    """How two versions differ."""

    name: str
    before: StateRow = Field(alias="from")
    after: StateRow = Field(alias="to")
    order: Order
    hint: str | None
    same: bool
    image: ChangeRow | None
    digest: ChangeRow | None
    size_delta: int | None
    services: tuple[ChangeRow, ...]
    ports: tuple[ChangeRow, ...]
    env: tuple[ChangeRow, ...]
    volumes: tuple[ChangeRow, ...]
    resources: tuple[ChangeRow, ...]
    settings: tuple[ChangeRow, ...]
    parameters: tuple[ParameterRow, ...]
    requires: tuple[ChangeRow, ...]
    permissions: tuple[ChangeRow, ...]
    server: ServerState | None
    compose_diff: str | None
    compose_cut: bool
    compose_problem: str | None


def versions(call: Call[VersionsQuery, None]) -> Answer:
    """All versions of a software and the servers that have them."""
    query, service = call.query, call.service
    rows = service.images.versions(query.name, query.repository)
    names = {repository.id: repository.name for repository in service.repositories.all()}
    placed, unlisted = _placed(rows, Apps(service.database).where(query.name))
    return Answer(data=Versions(
        name=query.name, unlisted=() if query.repository else tuple(map(Placement.model_validate, unlisted)),
        versions=tuple(_version(row, names.get(row.repository_id, "-"), placed[row.id]) for row in rows)))


def diff(call: Call[DiffQuery, None]) -> Answer:
    """How two versions differ, or what a server has and a version."""
    query, service = call.query, call.service
    comparisons = Comparisons(images=service.images, apps=Apps(service.database))
    if query.server_id is not None:
        server = service.servers.get(query.server_id)
        found = comparisons.on_server(query.name, server, query.after, query.repository)
    else:
        found = comparisons.versions(query.name, query.before or "", query.after or "", query.repository)
    return Answer(data=_diff(found, call.lang))


def _placed(rows: Iterable[SoftImage], apps: Iterable[App]) -> tuple[dict[int, list[App]], list[App]]:
    """The apps of each row by its id, and those of no row."""
    placed: dict[int, list[App]] = {row.id: [] for row in rows}
    by_version = {row.version: row.id for row in rows}
    unlisted: list[App] = []
    for app in apps:
        # What was recorded by hand may know its version only.
        soft_id = app.soft_id if app.soft_id is not None else by_version.get(app.version, 0)
        placed.get(soft_id, unlisted).append(app)
    return placed, unlisted


def _version(row: SoftImage, repository: str, apps: Iterable[App]) -> Version:
    return Version(soft_id=row.id, version=row.version, status=row.status, docker_image=row.docker_image,
                   digest=row.digest, size=row.size, commit=row.commit, repository=repository,
                   update_time=row.update_time, servers=tuple(map(Placement.model_validate, apps)))


def _diff(found: Comparison, lang: Lang) -> Diff:
    what = found.difference
    sections = {name: getattr(what, name) for name in (
        "services", "ports", "env", "volumes", "resources", "settings", "parameters", "requires", "permissions",
        "image", "digest")}
    compose = found.compose
    return Diff.model_validate({
        "name": found.before.name, "before": _state(found.before), "after": _state(found.after),
        "order": what.order, "hint": _hint(found, lang), "same": found.same, "size_delta": what.size_delta,
        **sections, "server": _server(found, lang), "compose_diff": compose.text if compose else None,
        "compose_cut": compose is not None and compose.cut,
        "compose_problem": found.problem.text(lang) if found.problem else None})


def _state(state: State) -> StateRow:
    return StateRow.model_validate(state)


def _hint(found: Comparison, lang: Lang) -> str | None:
    if found.difference.order is not Order.OLDER:
        return None
    return render("VERSION_DOWNGRADE", lang, {"before": found.before.version, "after": found.after.version})


def _server(found: Comparison, lang: Lang) -> ServerState | None:
    if found.app is None or found.keeping is None:
        return None
    placement = Placement.model_validate(found.app)
    return ServerState(**dict(placement), vanishing=found.keeping.vanishing, missing=found.keeping.missing,
                       misfits=_misfits(found.keeping, lang))


def _misfits(kept: Keeping, lang: Lang) -> tuple[MisfitRow, ...]:
    return tuple(MisfitRow(name=one.name, problem=render(one.flaw.reason, lang, {"name": one.name, **one.flaw.params}))
                 for one in kept.misfits)


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/versions",
             summary="List the versions of a software and what runs where", handler=versions, answer=Versions,
             query=VersionsQuery, codes=(200, 404)),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/diff", summary="Show how two versions of a software differ",
             handler=diff, answer=Diff, query=DiffQuery, codes=(200, 404), slow=True),
)
