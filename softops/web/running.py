"""Endpoints about software that runs: starting, upgrading, going back, stopping, and what is where."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool

from softops.entities import Server, SoftImage
from softops.errors import BadRequest
from softops.rights import Right
from softops.starts import Wish
from softops.statuses import AppState
from softops.waves import Strategy, strategy_of
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import DEFAULT_USER, MANY, Given, Id, InstallBody, Name, PageQuery, ServerKey, User, Waves
from softops.web.permits import permit, permit_job
from softops.web.schemas import JobDetail, PageOf, Shown, prefixed
from softops.web.software import accepted, chosen_servers, chosen_software
from softops.web.validation import Whole
from softops.web.views import job_view, page_view

API = "/api/system/soft"
Permissions = Annotated[list[Name], Field(max_length=100)]


class StartBody(InstallBody):
    """What to start, where and how."""

    accept_permissions: Permissions = Field([], description="Permissions of the software that the operator grants")
    with_required: StrictBool = Field(False, description="Start what it requires first, where that does not run")


class PlaceBody(Given):
    """A software on servers."""

    name: Name
    servers: Annotated[list[ServerKey], Field(min_length=1, max_length=MANY)] | None = Field(
        None, description="Ids (numbers) or names (texts); none: the only server that has it")
    groups: Annotated[list[Name], Field(min_length=1, max_length=MANY)] | None = None
    strategy: Waves | None = Field(None, description="In which waves")
    user: User = DEFAULT_USER


class RollbackBody(PlaceBody):
    """Where to go back to."""

    revision: Annotated[int, Whole(1, 2**31)] | None = Field(None, description="Its number on that server")
    version: Name | None = Field(None, description="Or else its version; neither: the one before the present one")


class RemoveBody(PlaceBody):
    """What to remove."""

    remove_volumes: StrictBool = Field(False, description="Delete the data volumes too")


class AppQuery(PageQuery):
    """Which software on which servers."""

    name: Name | None = None
    server_id: Id | None = None


class RevisionQuery(PageQuery):
    """Of which software on which server."""

    name: Name
    server_id: Id


class AppView(Shown):
    """A software on a server: a row of system_soft_app."""

    model_config = ConfigDict(alias_generator=prefixed("systemSoftApp"))

    server_id: int
    server_name: str
    name: str
    state: AppState
    soft_id: int | None
    version: str
    docker_image: str
    digest: str | None
    commit: str | None
    parameters: Mapping[str, Any]
    revision: int | None
    managed: bool
    record_id: int
    update_time: datetime


class RevisionView(Shown):
    """What a software once was on a server: a row of system_soft_revision."""

    model_config = ConfigDict(alias_generator=prefixed("systemSoftRevision"))

    server_id: int
    name: str
    number: int | None
    record_id: int
    soft_id: int | None
    version: str
    docker_image: str
    digest: str | None
    commit: str | None
    repository: str
    parameters: Mapping[str, Any]
    images: tuple[str, ...]
    compose: str
    create_time: datetime


def start(call: Call[None, StartBody]) -> Answer:
    """Begin to start a software, in the version that is there where none is named."""
    return _run(call, "start")


def upgrade(call: Call[None, StartBody]) -> Answer:
    """Begin to upgrade a software that was started before."""
    return _run(call, "upgrade")


def rollback(call: Call[None, RollbackBody]) -> Answer:
    """Begin to bring back an earlier revision."""
    body = call.body
    wish = Wish(user=call.user(body.user), strategy=strategy_in(body.strategy))
    job = call.service.starts.rollback(body.name, places(call), wish, revision=body.revision, version=body.version)
    return accepted(call, job)


def stop(call: Call[None, PlaceBody]) -> Answer:
    """Begin to stop a software; its containers and data stay."""
    return _operate(call, "stop")


def restart(call: Call[None, PlaceBody]) -> Answer:
    """Begin to restart a software as it is."""
    return _operate(call, "restart")


def remove(call: Call[None, RemoveBody]) -> Answer:
    """Begin to remove a software; its data volumes stay unless they are to go too."""
    return _operate(call, "remove", remove_volumes=call.body.remove_volumes)


def approve(call: Call[None, None]) -> Answer:
    """Let a job that waits for it begin its next wave."""
    permit_job(call, call.id)
    job = call.service.installs.approve(call.id)
    return told(call, "WAVE_APPROVED", job_view(call.service, job, call.lang), job=job.id, wave=job.wave)


def apps(call: Call[AppQuery, None]) -> Answer:
    """A page of what is on servers, by server and name."""
    query = call.query
    found = call.service.apps.page(page=query.page, size=query.size, name=query.name, server_id=query.server_id)
    return Answer(data=page_view(found, AppView.model_validate))


def revisions(call: Call[RevisionQuery, None]) -> Answer:
    """A page of what a software has been on a server, newest first."""
    query = call.query
    call.service.servers.get(query.server_id)
    found = call.service.apps.revisions(query.server_id, query.name, page=query.page, size=query.size)
    return Answer(data=page_view(found, RevisionView.model_validate))


def strategy_in(given: dict[str, Any] | None) -> Strategy | None:
    """The strategy of a body."""
    return None if given is None else strategy_of(given)


def places(call: Call[None, Any]) -> tuple[Server, ...]:
    """The servers of a body; where it names none, the only one that has the software."""
    body = call.body
    if body.servers or body.groups:
        return chosen_servers(call)
    there = call.service.apps.where(body.name)
    if len(there) > 1:
        raise BadRequest("APP_ON_SEVERAL", software=body.name, servers=", ".join(app.server_name for app in there))
    if not there:
        return chosen_servers(call)
    servers = call.service.servers.choose(ids=[app.server_id for app in there])
    permit(call.caller, servers)
    return servers


def _run(call: Call[None, StartBody], operation: str) -> Answer:
    body = call.body
    servers = places(call) if body.name is not None and operation == "upgrade" else chosen_servers(call)
    wish = Wish(user=call.user(body.user), parameters=body.parameters, accepted=tuple(body.accept_permissions),
                with_required=body.with_required, strategy=strategy_in(body.strategy))
    image = _image(call, servers) if operation == "start" else chosen_software(call)
    return accepted(call, call.service.starts.start(image, servers, wish, operation=operation))


def _image(call: Call[None, StartBody], servers: tuple[Server, ...]) -> SoftImage:
    """What is meant by a name without a version: what all the servers have, or else the newest."""
    body = call.body
    if body.soft_id is None and body.version is None:
        there = {app.server_id: app.soft_id for app in call.service.apps.where(body.name or "")}
        ids = {there.get(server.id) for server in servers}
        if len(ids) == 1 and (only := ids.pop()) is not None:
            return call.service.images.get(only)
    return chosen_software(call)


def _operate(call: Call[None, Any], operation: str, *, remove_volumes: bool = False) -> Answer:
    body = call.body
    return accepted(call, call.service.starts.operate(
        operation, body.name, places(call), user=call.user(body.user), remove_volumes=remove_volumes,
        strategy=strategy_in(body.strategy)))


_CODES = (202, 404, 409)
ENDPOINTS = (
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/start", handler=start, answer=JobDetail, body=StartBody,
             codes=_CODES, again=accepted, slow=True, summary="Start a software on servers"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/upgrade", handler=upgrade, answer=JobDetail,
             body=StartBody, codes=_CODES, again=accepted, slow=True,
             summary="Upgrade a software on servers; where that fails, the old version serves again"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/rollback", handler=rollback, answer=JobDetail,
             body=RollbackBody, codes=_CODES, again=accepted, summary="Bring back an earlier revision of a software"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/stop", handler=stop, answer=JobDetail, body=PlaceBody,
             codes=_CODES, again=accepted, summary="Stop a software on servers"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/restart", handler=restart, answer=JobDetail,
             body=PlaceBody, codes=_CODES, again=accepted, summary="Restart a software on servers"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/remove", handler=remove, answer=JobDetail,
             body=RemoveBody, codes=_CODES, again=accepted, summary="Remove a software from servers"),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/job/{{jobId}}/approve", handler=approve, answer=JobDetail,
             codes=(200, 404, 409), summary="Let a job begin its next wave"),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/app/page", handler=apps, answer=PageOf[AppView],
             query=AppQuery, summary="List what is on servers"),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/app/revision/page", handler=revisions,
             answer=PageOf[RevisionView], query=RevisionQuery, codes=(200, 404),
             summary="List what a software has been on a server"),
)
