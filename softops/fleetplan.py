"""What has to be done so that the servers run what the inventory says, and why: a value, nothing is done here."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from softops.desired import HostDesire, Misfit, Wanted, Wish
from softops.drift import DRIFT, Why, drift_of
from softops.entities import App, Container, Revision, Server, SoftImage
from softops.errors import BadRequest, SoftopsError
from softops.params import check_parameters, declared
from softops.secretparams import secret_names
from softops.statuses import AppState, ImageStatus

Key = tuple[str, str, str | None]
"""Name, version and repository, as a wish names software."""


class Kind(enum.StrEnum):
    """What is done with a software on a server."""

    CREATE = "create"
    RECREATE = "recreate"
    START = "start"
    STOP = "stop"
    REMOVE = "remove"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One thing to do with one software on one server."""

    server: Server
    software: str
    kind: Kind
    operation: str
    """The operation of the record that does it."""
    reasons: tuple[Why, ...]
    image: SoftImage | None = None
    """The version that it shall have; None when it is only stopped or removed."""
    from_version: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """All values in force by the inventory and the catalog; without secrets."""
    accept_permissions: tuple[str, ...] = ()
    download: int | None = 0
    """Bytes that have to be pulled; None: not known."""
    flapping: bool = False
    """Whether it has been healed so often of late that self-heal lets it be."""

    @property
    def drifted(self) -> bool:
        """Whether only what happened on the server is the reason, no commit."""
        return all(why.reason in DRIFT for why in self.reasons)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerPlan:
    """What has to be done on one server, in this order. With problems it is left alone."""

    server: Server
    steps: tuple[Step, ...] = ()
    settled: tuple[str, ...] = ()
    """Software that is as it should be, be it that it is not there."""
    adopted: tuple[str, ...] = ()
    """Software that is there by hand and now listed: from an apply on the inventory decides about it."""
    unmanaged: tuple[str, ...] = ()
    """Software that is there by hand and not listed; nobody touches it."""
    problems: tuple[Misfit, ...] = ()
    seen: bool = False
    """Whether its containers are known now; otherwise what happened to them does not show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Which state of the inventory a plan is of."""

    commit: str | None = None
    """None: the inventory is in no git repository, or has no commit yet."""
    changed: bool = False
    """Whether files of it differ from the commit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FleetPlan:
    """What has to be done on all servers about which the inventory says something."""

    servers: tuple[ServerPlan, ...]
    source: Source = field(default_factory=Source)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, by server."""
        return tuple(step for server in self.servers for step in server.steps)

    @property
    def problems(self) -> tuple[Misfit, ...]:
        """All problems, by server."""
        return tuple(problem for server in self.servers for problem in server.problems)

    def only(self, keep: frozenset[int]) -> FleetPlan:
        """The part of the plan that is about these servers."""
        return replace(self, servers=tuple(one for one in self.servers if one.server.id in keep))


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of the servers and the catalog."""

    apps: Mapping[int, Sequence[App]]
    """By server."""
    images: Mapping[Key, SoftImage | SoftopsError]
    """What each wish names in the catalog, or why it is not there."""
    revisions: Mapping[tuple[int, str], Revision] = field(default_factory=dict)
    """What is in force, by server and software."""
    containers: Mapping[int, Sequence[Container]] = field(default_factory=dict)
    """By server; servers whose engine can't be seen are left out."""
    secrets: Mapping[tuple[int, str], frozenset[str]] = field(default_factory=dict)
    """Names of the secrets that are kept of what does not run, also of what was removed; by server and software."""
    flapping: frozenset[tuple[int, str]] = frozenset()
    settling: frozenset[tuple[int, str]] = frozenset()
    """What somebody works on or did only now, so that its containers are another matter by the time they are known."""


def plan_fleet(servers: Sequence[Server], desires: Mapping[str, HostDesire], facts: Facts,
               source: Source | None = None) -> FleetPlan:
    """The plan for the servers that the inventory manages, by name."""
    managed = [server for server in sorted(servers, key=lambda one: one.name)
               if server.name in desires and desires[server.name].managed]
    return FleetPlan(source=source or Source(), servers=tuple(
        replace(_plan_server(server, desires[server.name], facts), seen=server.id in facts.containers)
        for server in managed))


def _plan_server(server: Server, desire: HostDesire, facts: Facts) -> ServerPlan:
    apps = {app.name: app for app in facts.apps.get(server.id, ())}
    listed = {wish.name: wish for wish in desire.wishes}
    hand = tuple(name for name, app in apps.items() if name not in listed and not app.managed)
    steps, settled, problems = list[Step](), list[str](), list(desire.problems)
    for wish in desire.wishes:
        try:
            step = _step(server, wish, apps.get(wish.name), facts)
            if not desire.problems:
                # What could not be read may be just what is required.
                _check_requires(wish, step, listed, apps)
        except _Refused as exc:
            found = (_misfit(server, wish, where, error) for where, error in exc.errors)
            problems += [one for one in found if not any(_same_place(one, other) for other in desire.problems)]
            continue
        if step is not None:
            steps.append(replace(step, flapping=(server.id, wish.name) in facts.flapping))
        else:
            settled.append(wish.name)
    if problems:
        return ServerPlan(server=server, problems=tuple(problems), unmanaged=() if desire.problems else hand)
    steps += [_removal(server, app, "UNWANTED") for name, app in apps.items() if name not in listed and app.managed]
    adopted = tuple(name for name in settled if name in apps and not apps[name].managed)
    return ServerPlan(server=server, steps=tuple(ordered(steps)), settled=tuple(settled), adopted=adopted,
                      unmanaged=hand)


class _Refused(Exception):
    """A wish that can't be granted: where in it which reasons stand."""

    def __init__(self, *errors: tuple[str, SoftopsError]) -> None:
        super().__init__(*(error.reason for _, error in errors))
        self.errors = errors


def _misfit(server: Server, wish: Wish, where: str, error: SoftopsError) -> Misfit:
    return Misfit(host=server.name, variable=f"{wish.variable}.{wish.name}{where}", reason=error.reason,
                  params=error.params)


def _same_place(one: Misfit, other: Misfit) -> bool:
    """Whether one of two problems stands within the other, which may be its reason."""
    first, second = f"{one.variable}.", f"{other.variable}."
    return first.startswith(second) or second.startswith(first)


def _step(server: Server, wish: Wish, app: App | None, facts: Facts) -> Step | None:
    """What has to be done for one wish; None when it is granted."""
    if wish.state is Wanted.ABSENT:
        return None if app is None else _removal(server, app, "WANTED_ABSENT")
    image = _image(wish, app, facts)
    kept = facts.secrets.get((server.id, wish.name), frozenset())
    parameters = _parameters(wish, app, image, kept)
    granted = Step(server=server, software=wish.name, kind=Kind.START, operation="start", image=image, reasons=(),
                   parameters=parameters, accept_permissions=wish.accept_permissions)
    if wish.state is Wanted.STOPPED:
        return _to_stop(granted, app, facts)
    if app is None:
        return replace(granted, kind=Kind.CREATE, reasons=(Why(reason="NOT_THERE"),), download=_missing_bytes(image))
    if app.revision is None:
        fresh = app.version != image.version
        return replace(granted, kind=Kind.CREATE, reasons=(Why(reason="NEVER_STARTED"),),
                       from_version=app.version, download=_missing_bytes(image) if fresh else 0)
    return _to_change(granted, app, image, facts) or _to_start(granted, app, facts)


def _to_change(granted: Step, app: App, image: SoftImage, facts: Facts) -> Step | None:
    """The step when what runs is not what is wanted."""
    granted = replace(granted, kind=Kind.RECREATE, from_version=app.version)
    if app.version != image.version:
        params = {"actual": app.version, "wanted": image.version}
        return replace(granted, operation="upgrade", reasons=(Why(reason="OTHER_VERSION", params=params),),
                       download=None)
    reasons = list[Why]()
    names = _differing(granted.parameters, _in_force(image.entry, app.parameters))
    if names:
        reasons.append(Why(reason="PARAMETERS_CHANGED", params={"names": ", ".join(names)}))
    revision = facts.revisions.get((app.server_id, app.name))
    if app.commit != image.commit and revision is not None and _core(revision.entry) != _core(image.entry):
        reasons.append(Why(reason="CATALOG_CHANGED", params={"commit": image.commit[:12]}))
        granted = replace(granted, download=None)
    return replace(granted, reasons=tuple(reasons)) if reasons else None


def _to_start(granted: Step, app: App, facts: Facts) -> Step | None:
    """The step when what shall run does not."""
    if app.state is AppState.STOPPED:
        return replace(granted, from_version=app.version, reasons=(Why(reason="APP_STOPPED"),))
    reasons = _drift(app, facts)
    if not reasons:
        return None
    begin = all(why.reason == "CONTAINER_STOPPED" for why in reasons)
    missing = all(why.reason == "CONTAINER_MISSING" for why in reasons)
    kind = Kind.START if begin else Kind.CREATE if missing else Kind.RECREATE
    return replace(granted, kind=kind, from_version=app.version, reasons=reasons)


def _to_stop(granted: Step, app: App | None, facts: Facts) -> Step | None:
    """The step when something runs that shall not. Its version and parameters count once it is to run again."""
    if app is None:
        return None
    reasons = (Why(reason="WANTED_STOPPED"),) if app.state is AppState.RUNNING else _drift(app, facts)
    if not reasons:
        return None
    return replace(granted, kind=Kind.STOP, operation="stop", image=None, parameters={}, reasons=reasons,
                   from_version=app.version)


def _removal(server: Server, app: App, reason: str) -> Step:
    return Step(server=server, software=app.name, kind=Kind.REMOVE, operation="remove", from_version=app.version,
                reasons=(Why(reason=reason),))


def _drift(app: App, facts: Facts) -> tuple[Why, ...]:
    if (app.server_id, app.name) in facts.settling:
        return ()
    seen = facts.containers.get(app.server_id)
    mine = None if seen is None else tuple(one for one in seen if one.soft_name == app.name)
    revision = facts.revisions.get((app.server_id, app.name))
    return drift_of(app, revision.compose if revision else "", mine)


def _image(wish: Wish, app: App | None, facts: Facts) -> SoftImage:
    """The version that is wished for. One that left git is good enough only where it is already."""
    found = facts.images[wish.name, wish.version, wish.repository]
    if isinstance(found, SoftopsError):
        raise _Refused((".version", found))
    if found.status is ImageStatus.RETIRED and (app is None or app.version != found.version):
        raise _Refused((".version", BadRequest("SOFTWARE_RETIRED", software=found.name, version=found.version)))
    return found


def needs_secret(image: SoftImage) -> frozenset[str]:
    """The secrets that a version can't do without and that nobody can generate."""
    secrets = secret_names(image.entry)
    return frozenset(one.name for one in declared(image.entry) if one.name in secrets and one.must_be_given())


def _parameters(wish: Wish, app: App | None, image: SoftImage, kept: frozenset[str]) -> Mapping[str, Any]:
    """The values in force by the wish, secrets apart; all that is wrong with them at once."""
    given = sorted(secret_names(image.entry) & wish.parameters.keys())
    errors: list[tuple[str, SoftopsError]] = [
        (f".parameters.{name}", BadRequest("DESIRED_SECRET", name=name, software=wish.name)) for name in given]
    started = app is not None and app.revision is not None
    missing = sorted(needs_secret(image) - kept)
    if not started and wish.state is Wanted.RUNNING:
        errors += [(".parameters", BadRequest("DESIRED_SECRET_MISSING", name=name, software=wish.name))
                   for name in missing if name not in given]
    open_values = {name: value for name, value in wish.parameters.items() if name not in given}
    values, wrong = _checked(_open(image.entry), open_values)
    errors += [(f".parameters.{exc.params['name']}", exc) for exc in wrong]
    if errors:
        raise _Refused(*errors)
    return values


def _checked(entry: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[BadRequest]]:
    """The values in force of what is right, and what is wrong with the others."""
    wrong = list[BadRequest]()
    while True:
        try:
            return check_parameters(entry, given), wrong
        except BadRequest as exc:
            # Without this one the next is found.
            wrong.append(exc)
            name = exc.params["name"]
            given = {key: value for key, value in given.items() if key != name}
            entry = {**entry, "params": [one for one in entry.get("params", ()) if one["name"] != name]}


def _open(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry without its secret parameters."""
    return {**entry, "params": [param for param in entry.get("params", ()) if param["type"] != "secret"]}


def _in_force(entry: Mapping[str, Any], stored: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an app was started with, secrets apart, by the entry of today where that still fits."""
    secrets = secret_names(entry)
    shown = {name: value for name, value in stored.items() if name not in secrets}
    try:
        return check_parameters(_open(entry), shown)
    except BadRequest:
        return shown


def _differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    # A boolean and a number may be equal to Python and are not the same value.
    return sorted(name for name in one.keys() | other.keys()
                  if (type(one.get(name)), one.get(name)) != (type(other.get(name)), other.get(name)))


def _core(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of an entry decides how the software runs: everything but words for people."""
    core = {key: value for key, value in entry.items() if key not in {"title", "description"}}
    core["params"] = [{key: value for key, value in param.items() if key not in {"label", "description"}}
                      for param in entry.get("params", ())]
    return core


def _missing_bytes(image: SoftImage | None) -> int | None:
    """What a server without any of it has to pull; not known for software of several images."""
    return None if image is None or "composeTemplate" in image.entry else image.size


def _check_requires(wish: Wish, step: Step | None, listed: Mapping[str, Wish], apps: Mapping[str, App]) -> None:
    if step is None or step.image is None or wish.state is not Wanted.RUNNING:
        return
    for name in step.image.entry.get("requires", ()):
        other = listed.get(name)
        by_hand = other is None and name in apps and not apps[name].managed
        if not by_hand and (other is None or other.state is not Wanted.RUNNING):
            raise _Refused(("", BadRequest("DESIRED_REQUIRES", software=wish.name, required=name)))


def ordered(steps: Sequence[Step]) -> list[Step]:
    """What is stopped or removed comes first, because it frees ports; then what others require before those."""
    last = [step for step in steps if step.kind not in {Kind.STOP, Kind.REMOVE}]
    waiting = {step.software: step for step in last}
    placed = [step for step in steps if step.kind in {Kind.STOP, Kind.REMOVE}]

    def place(step: Step) -> None:
        if waiting.pop(step.software, None) is None:
            return
        for name in step.image.entry.get("requires", ()) if step.image else ():
            if name in waiting:
                place(waiting[name])
        placed.append(step)

    for step in last:
        place(step)
    return placed
