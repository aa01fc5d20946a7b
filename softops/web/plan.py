"""Endpoints about the desired state: what would be done so that servers run what the inventory says."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from pydantic import Field

from softops.desired import Misfit
from softops.drift import Why
from softops.entities import Job
from softops.fleetplan import FleetPlan, Kind, ServerPlan, Step
from softops.rights import Right, may_on
from softops.texts import Lang
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import DEFAULT_USER, MANY, Given, Id, Name, ServerKey, User
from softops.web.permits import permit
from softops.web.schemas import JobDetail, Shown
from softops.web.views import job_view

API = "/api/system/soft"


class PlanQuery(Given):
    """Which servers; none: all."""

    server_id: Annotated[list[Id], Field(max_length=MANY)] = Field([], description="Ids, repeatable")
    server: Annotated[list[Name], Field(max_length=MANY)] = Field([], description="Names, repeatable")
    group: Annotated[list[Name], Field(max_length=MANY)] = Field([], description="Groups, repeatable")


class ApplyBody(Given):
    """On which servers; none: all."""

    servers: Annotated[list[ServerKey], Field(min_length=1, max_length=MANY)] | None = Field(
        None, description="Ids (numbers) or names (texts)")
    groups: Annotated[list[Name], Field(min_length=1, max_length=MANY)] | None = None
    user: User = DEFAULT_USER


class ReasonRow(Shown):
    """Why something is to be done."""

    reason: str
    text: str


class StepRow(Shown):
    """One thing to do with one software."""

    software: str
    kind: Kind
    operation: str
    version: str | None
    from_version: str | None
    commit: str | None
    """The commit of the catalog that the version is from."""
    download: int | None
    """Bytes to pull; null: not known."""
    drifted: bool
    flapping: bool
    reasons: tuple[ReasonRow, ...]


class MisfitRow(Shown):
    """Something in the inventory that somebody should mend."""

    server: str
    variable: str
    reason: str
    text: str


class ServerPlanRow(Shown):
    """What is to be done on one server, in this order."""

    server_id: int
    server: str
    seen: bool
    """Whether its containers are known now."""
    steps: tuple[StepRow, ...]
    settled: tuple[str, ...]
    unmanaged: tuple[str, ...]
    problems: tuple[MisfitRow, ...]


class PlanRow(Shown):
    """What is to be done on all servers that the inventory manages."""

    commit: str | None
    """The commit of the inventory; null: it is in no git repository."""
    uncommitted: bool
    """Whether files of the inventory differ from that commit."""
    changes: int
    counts: dict[str, int]
    download: int | None
    """Bytes to pull in all; null: not known of every step."""
    problems: int
    servers: tuple[ServerPlanRow, ...]


class ApplyRow(Shown):
    """What an apply began; servers with problems are left alone."""

    job: JobDetail | None
    """Null: there was nothing to do."""
    plan: PlanRow


def plan(call: Call[PlanQuery, None]) -> Answer:
    """What an apply would do now. Nothing is changed."""
    query = call.query
    found = chosen(call, call.service.desires.plan(), ids=query.server_id, names=query.server, groups=query.group)
    return Answer(data=plan_view(found, call.lang))


def apply(call: Call[None, ApplyBody]) -> Answer:
    """Begin to make the servers what the inventory says; 200 when they are already."""
    applied = call.service.applies.apply(_own(call, _wanted(call)), user=call.user(call.body.user))
    shown = plan_view(applied.plan, call.lang)
    if applied.job is None:
        problems = applied.plan.problems
        reason = "APPLY_PROBLEMS" if problems else "APPLY_NOTHING"
        return told(call, reason, ApplyRow(job=None, plan=shown), count=len(problems))
    return _applied(call, applied.job, shown)


def apply_again(call: Call[None, ApplyBody], job: Job) -> Answer:
    """The answer to an apply that has made its job, with what is left to do now."""
    return _applied(call, job, plan_view(_own(call, _wanted(call)), call.lang))


def _applied(call: Call[None, ApplyBody], job: Job, shown: PlanRow) -> Answer:
    return told(call, "JOB_ACCEPTED", ApplyRow(job=job_view(call.service, job, call.lang), plan=shown), code=202,
                job=job.id, headers={"Location": f"{API}/job/{job.id}"})


def _wanted(call: Call[None, ApplyBody]) -> FleetPlan:
    """The plan of the servers that a body names; Forbidden when one of them is not the caller's."""
    service, named, groups = call.service, call.body.servers or [], call.body.groups or []
    ids, names = [key for key in named if isinstance(key, int)], [key for key in named if isinstance(key, str)]
    if named or groups:
        permit(call.caller, service.servers.choose(ids=ids, names=names, groups=groups))
    return chosen(call, service.desires.plan(), ids=ids, names=names, groups=groups)


def chosen(call: Call[Any, Any], found: FleetPlan, *, ids: list[int], names: list[str], groups: list[str]) -> FleetPlan:
    """The part of a plan that is about the named servers; all of it when none is named."""
    if not (ids or names or groups):
        return found
    return found.only(frozenset(one.id for one in call.service.servers.choose(ids=ids, names=names, groups=groups)))


def _own(call: Call[None, ApplyBody], found: FleetPlan) -> FleetPlan:
    """The part of a plan that is about servers of the caller."""
    return found.only(frozenset(one.server.id for one in found.servers if may_on(call.caller, one.server.groups)))


def plan_view(found: FleetPlan, lang: Lang) -> PlanRow:
    """A plan as the API shows it."""
    steps = found.steps
    counts = Counter(step.kind.value for step in steps)
    known = [step.download for step in steps if step.download is not None]
    return PlanRow(commit=found.source.commit, uncommitted=found.source.changed, changes=len(steps),
                   counts={kind.value: counts[kind.value] for kind in Kind}, problems=len(found.problems),
                   download=sum(known) if len(known) == len(steps) else None,
                   servers=tuple(_server(one, lang) for one in found.servers))


def _server(one: ServerPlan, lang: Lang) -> ServerPlanRow:
    return ServerPlanRow(server_id=one.server.id, server=one.server.name, seen=one.seen, settled=one.settled,
                         unmanaged=one.unmanaged, steps=tuple(_step(step, lang) for step in one.steps),
                         problems=tuple(_misfit(problem, lang) for problem in one.problems))


def _step(step: Step, lang: Lang) -> StepRow:
    image = step.image
    return StepRow(software=step.software, kind=step.kind, operation=step.operation,
                   version=image.version if image else None, commit=image.commit if image else None,
                   from_version=step.from_version, download=step.download, drifted=step.drifted,
                   flapping=step.flapping, reasons=tuple(_reason(why, lang) for why in step.reasons))


def _reason(why: Why, lang: Lang) -> ReasonRow:
    return ReasonRow(reason=why.reason, text=why.text(lang))


def _misfit(problem: Misfit, lang: Lang) -> MisfitRow:
    return MisfitRow(server=problem.host, variable=problem.variable, reason=problem.reason, text=problem.text(lang))


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/plan",
             summary="What an apply would do on which server, and why", handler=plan, answer=PlanRow, query=PlanQuery,
             codes=(200, 404), slow=True),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/apply",
             summary="Make the servers what the inventory says", handler=apply, answer=ApplyRow, body=ApplyBody,
             codes=(200, 202, 404, 409), again=apply_again, slow=True),
)
