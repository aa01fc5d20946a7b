"""Asking for running software: starts, upgrades, ways back, stops; each becomes a job, or a clear refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from softops.appfiles import AppFiles, app_files
from softops.apps import Apps
from softops.clock import Clock
from softops.composing import AppVersion
from softops.entities import App, Job, Record, Revision, Server, SoftImage
from softops.errors import BadRequest, NotFound, RegistryError
from softops.handwork import Handwork
from softops.images import Images
from softops.jobs import JobDraft, RecordDraft, RevisionDraft, in_waves
from softops.playbooks import RUNNING_AFTER
from softops.records import Records
from softops.registry import RegistryClient
from softops.repositories import Repositories
from softops.requirements import in_order, required_by
from softops.servers import Servers
from softops.startvalues import StartValues, start_values
from softops.statuses import AppState
from softops.targets import check_image, check_servers, pinned_digest
from softops.vault import Vault
from softops.waves import Strategy, strategy_of
from softops.worker import Worker

CHANGES = ("stop", "restart", "remove")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """How somebody wants software to run."""

    user: str
    parameters: Mapping[str, Any] = field(default_factory=dict, repr=False)
    accepted: tuple[str, ...] = ()
    """Permissions that the operator grants."""
    with_required: bool = False
    """Whether what it requires is started first where it does not run."""
    strategy: Strategy | None = None
    managed: bool = False
    """Whether the desired state of the inventory wants it."""


class Starts:
    """Makes the jobs of running software; the worker runs them. Nothing is stored and no server touched before
    everything is known to be right."""

    def __init__(self, *, records: Records, images: Images, servers: Servers, repositories: Repositories, apps: Apps,
                 vault: Vault, registry: RegistryClient, worker: Worker, handwork: Handwork, clock: Clock) -> None:
        self._records = records
        self._images = images
        self._servers = servers
        self._repositories = repositories
        self._apps = apps
        self._vault = vault
        self._registry = registry
        self._worker = worker
        self._handwork = handwork
        self._clock = clock

    def start(self, image: SoftImage, servers: Sequence[Server], wish: Wish, *, operation: str = "start") -> Job:
        """A job that makes exactly this version run on exactly these servers, whatever runs there now."""
        check_image(image)
        check_servers(servers)
        if operation == "upgrade":
            self._check_upgrade(image, servers)
        drafts = self.drafts(image, servers, wish, operation=operation)
        main = next(draft for draft in drafts if draft.soft_name == image.name)
        draft = JobDraft(operation=operation, soft_id=image.id, soft_name=image.name, version=image.version,
                         docker_image=image.docker_image, digest=main.digest, commit=image.commit, user=wish.user,
                         parameters=dict(main.parameters), repository=main.revision.repository if main.revision else "",
                         options=_options(wish))
        return self.submit(draft, drafts, wish.strategy)

    def drafts(self, image: SoftImage, servers: Sequence[Server], wish: Wish, *,
               operation: str) -> tuple[RecordDraft, ...]:
        """What a job would have to do so that `image` runs on `servers`: what it requires comes first."""
        plans = _Plans(self._apps, self._vault, self._repository(image), self._digest(image))
        drafts: list[RecordDraft] = []
        for server in servers:
            drafts += self._required(image, server, wish)
            drafts.append(plans.draft(image, server, wish, operation))
        return tuple(drafts)

    def exactly(self, image: SoftImage, servers: Sequence[Server], wish: Wish, *,
                operation: str) -> tuple[RecordDraft, ...]:
        """The same for `image` alone: whoever asks sees to what it requires."""
        check_image(image)
        check_servers(servers)
        plans = _Plans(self._apps, self._vault, self._repository(image), self._digest(image))
        return tuple(plans.draft(image, server, wish, operation) for server in servers)

    def changed(self, operation: str, name: str, server: Server) -> RecordDraft:
        """What a job would have to do so that a software is stopped, restarted or removed where it is."""
        check_servers((server,))
        return _as_it_is(self._app(server, name), server, operation)

    def rollback(self, name: str, servers: Sequence[Server], wish: Wish, *, revision: int | None = None,
                 version: str | None = None) -> Job:
        """A job that brings back an earlier revision on each server: the one with this number, the newest one with
        this version, or else the one before the present one. NotFound when a server has none."""
        check_servers(servers)
        targets = [(server, self._target(server, name, revision, version)) for server in servers]
        return self._go_back(targets, wish)

    def operate(self, operation: str, name: str, servers: Sequence[Server], *, user: str,
                remove_volumes: bool = False, strategy: Strategy | None = None) -> Job:
        """A job that stops, restarts or removes a software where it is."""
        check_servers(servers)
        if operation not in CHANGES:
            raise BadRequest("OPERATION_UNKNOWN", operation=operation, known=", ".join(CHANGES))
        for server in servers if operation == "restart" else ():
            _check_started(self._app(server, name), server)
        drafts = [(self._left_over(server, name, data=remove_volumes) if operation == "remove" else None)
                  or _as_it_is(self._app(server, name), server, operation) for server in servers]
        draft = _job_of(drafts[0], user, {"removeVolumes": True} if remove_volumes else {})
        return self.submit(draft, drafts, strategy)

    def repeat(self, job: Job, records: Sequence[Record], *, user: str) -> Job:
        """A new job that does what `records` of `job` were to do, to the letter."""
        revisions = self._records.revisions_of(job.id)
        servers = {server.id: server for server in self._servers.choose(ids=[one.server_id for one in records])}
        drafts = [_again(record, servers[record.server_id], revisions.get(record.id)) for record in records]
        draft = JobDraft(operation=job.operation, soft_id=job.soft_id, soft_name=job.soft_name, version=job.version,
                         docker_image=job.docker_image, digest=job.digest, commit=job.commit, user=user,
                         parameters=dict(job.parameters), options=dict(job.options), retry_of=job.id)
        return self.submit(draft, drafts, strategy_of(job.strategy) if job.strategy else None)

    def undo(self, job: Job, records: Sequence[Record]) -> Job | None:
        """A job that brings back what was there before `records`, and stops what did not run before. What somebody
        else has changed since is left alone."""
        servers = {server.id: server for server in self._servers.all()}
        drafts = [draft for record in records if record.server_id in servers
                  and (draft := self._undone(record, servers[record.server_id])) is not None]
        if not drafts:
            return None
        first = next((one for one in drafts if one.revision is not None), drafts[0])
        made = JobDraft(operation="rollback", soft_id=first.soft_id, soft_name=first.soft_name,
                        version=first.version, docker_image=first.docker_image, digest=first.digest,
                        commit=first.commit, user=job.user, parameters=dict(first.parameters), parent_id=job.id)
        return self.submit(made, drafts, None)

    def _undone(self, record: Record, server: Server) -> RecordDraft | None:
        app = self._apps.find(record.server_id, record.soft_name)
        if app is None or app.record_id != record.id:
            return None
        before = next((one for one in self._history(server.id, app.name)
                       if one.record_id == app.previous_record_id), None)
        return _back(server, before) if before is not None else _as_it_is(app, server, "stop")

    def amend(self, record: Record) -> Job | None:
        """A job that sees to it that what ran before a start runs again, and nothing else, where nobody knows how
        that start has ended. Conflict when somebody is at work on it."""
        server = next((one for one in self._servers.all() if one.id == record.server_id), None)
        if server is None:
            return None
        app = self._apps.find(server.id, record.soft_name)
        if app is not None and app.state is AppState.RUNNING:
            if app.revision is None:
                # Started by hand: what it was made of is not known here.
                return None
            draft = _back(server, self._apps.revision(server.id, app.name, app.revision))
        else:
            draft = _again(replace(record, operation="stop"), server, None)
        made = replace(_job_of(draft, record.user, {}), parameters=dict(draft.parameters), parent_id=record.job_id)
        return self.submit(made, (draft,), None)

    def submit(self, draft: JobDraft, drafts: Sequence[RecordDraft], strategy: Strategy | None,
               repository_id: int | None = None) -> Job:
        """The job, stored and handed to the worker. The command by hand takes the catalog of `repository_id`, or else
        that of the job's software."""
        placed = in_waves(drafts, strategy)
        if strategy is not None:
            draft = _with_strategy(draft, strategy, max(one.wave or 1 for one in placed))
        job, _ = self._records.create(draft, placed, self._clock())
        hosts = tuple(dict.fromkeys(one.server.name for one in placed))
        if repository_id is None and draft.soft_id is not None:
            repository_id = self._images.get(draft.soft_id).repository_id
        job = self._handwork.note(job, hosts, repository_id)
        self._worker.notify(job.id)
        return job

    def _go_back(self, targets: Sequence[tuple[Server, Revision]], wish: Wish) -> Job:
        drafts = [_back(server, revision) for server, revision in targets]
        first = targets[0][1]
        draft = JobDraft(operation="rollback", soft_id=first.soft_id, soft_name=first.name, version=first.version,
                         docker_image=first.docker_image, digest=first.digest, commit=first.commit, user=wish.user,
                         parameters=dict(first.parameters), repository=first.repository,
                         options={"revision": first.number})
        return self.submit(draft, drafts, wish.strategy)

    def _target(self, server: Server, name: str, number: int | None, version: str | None) -> Revision:
        if number is not None:
            return self._apps.revision(server.id, name, number)
        app = self._app(server, name)
        history = [one for one in self._history(server.id, name) if one.number != app.revision]
        found = [one for one in history if version is None or one.version == version]
        if not found:
            raise NotFound("NOTHING_TO_ROLL_BACK", software=name, server=server.name, version=version or "-",
                           choices=", ".join(f"{one.number} ({one.version})" for one in history) or "-")
        return found[0]

    def _history(self, server_id: int, name: str) -> tuple[Revision, ...]:
        return self._apps.revisions(server_id, name, page=1, size=1000).records

    def _left_over(self, server: Server, name: str, *, data: bool) -> RecordDraft | None:
        """The removal of what a first start that failed has left where the software never ran, or of the `data` that
        a removal has kept."""
        last = self._apps.latest(server.id, name) if self._apps.find(server.id, name) is None else None
        if last is None or not (data or last.number is None):
            return None
        return replace(_back(server, last, "remove"), revision=None, parameters={})

    def _app(self, server: Server, name: str) -> App:
        app = self._apps.find(server.id, name)
        if app is None:
            there = ", ".join(one.name for one in self._apps.on(server.id)) or "-"
            raise NotFound("APP_NOT_THERE", software=name, server=server.name, choices=there)
        return app

    def _check_upgrade(self, image: SoftImage, servers: Sequence[Server]) -> None:
        for server in servers:
            _check_started(self._app(server, image.name), server)

    def _required(self, image: SoftImage, server: Server, wish: Wish) -> list[RecordDraft]:
        """Starts of what `image` requires and what does not run on the server."""
        chosen: dict[str, SoftImage] = {image.name: image}

        def requires(name: str) -> tuple[str, ...]:
            if name not in chosen:
                chosen[name] = self._choice(name, server, image)
            return required_by(chosen[name].entry)

        missing = [name for name in in_order(image.name, requires) if not self._runs(server, name)]
        if missing and not wish.with_required:
            raise BadRequest("REQUIRED_NOT_RUNNING", software=image.name, required=", ".join(missing),
                             server=server.name)
        alone = Wish(user=wish.user, accepted=wish.accepted)
        return [_Plans(self._apps, self._vault, self._repository(chosen[name]), self._digest(chosen[name]))
                .draft(chosen[name], server, alone, "start") for name in missing]

    def _choice(self, name: str, server: Server, image: SoftImage) -> SoftImage:
        """Which version of a required software is meant: the one that is there, or else the newest."""
        app = self._apps.find(server.id, name)
        if app is not None and app.soft_id is not None:
            return self._images.get(app.soft_id)
        try:
            return self._images.find(name)
        except NotFound as exc:
            raise BadRequest("REQUIRED_UNKNOWN", software=image.name, required=name) from exc

    def _runs(self, server: Server, name: str) -> bool:
        app = self._apps.find(server.id, name)
        return app is not None and app.state is AppState.RUNNING

    def _repository(self, image: SoftImage) -> str:
        return self._repositories.get(image.repository_id).name

    def _digest(self, image: SoftImage) -> str | None:
        """What the version is to the bit: demanded in git, told by the registry before, or asked now."""
        known = pinned_digest(image) or image.digest
        if known is not None or "@" in image.docker_image:
            return known
        try:
            return self._registry.manifest(image.docker_image).digest
        except RegistryError:
            # Servers may reach registries that this machine does not.
            return None


class _Plans:
    """The states that one version is to have on servers; what is the same for two of them is made once."""

    def __init__(self, apps: Apps, vault: Vault, repository: str, digest: str | None) -> None:
        self._apps = apps
        self._vault = vault
        self._repository = repository
        self._digest = digest
        self._made: dict[str, AppFiles] = {}

    def draft(self, image: SoftImage, server: Server, wish: Wish, operation: str) -> RecordDraft:
        """What makes `image` run on `server`."""
        before = self._before(server, image.name)
        if wish.managed:
            # The inventory says all values, so what it no longer says is no longer in force; secrets are kept.
            before = StartValues(hidden=before.hidden)
        values = start_values(image.entry, given=wish.parameters, before=before)
        files = self._files(image, values, wish.accepted)
        return RecordDraft(server=server, soft_id=image.id, soft_name=image.name, version=image.version,
                           docker_image=image.docker_image, digest=self._digest, commit=image.commit,
                           operation=operation, parameters=values.shown, revision=RevisionDraft(
                               repository=self._repository, entry=image.entry, images=files.images,
                               compose=files.compose, secrets=self._vault.seal(values.hidden)))

    def _before(self, server: Server, name: str) -> StartValues:
        """The values that the software has on the server now."""
        app = self._apps.find(server.id, name)
        if app is None or app.revision is None:
            # Data volumes outlive a removal and a first start that failed, and with them what they were made with.
            last = self._apps.latest(server.id, name)
            return StartValues(shown=app.parameters if app is not None else {},
                               hidden=self._vault.open(last.secrets) if last is not None else {})
        revision = self._apps.revision(server.id, name, app.revision)
        return StartValues(shown=revision.parameters, hidden=self._vault.open(revision.secrets))

    def _files(self, image: SoftImage, values: StartValues, accepted: tuple[str, ...]) -> AppFiles:
        # Fresh secrets are letters and digits: servers that differ in nothing else are judged once.
        told = {name: value for name, value in values.all.items() if name not in values.fresh}
        key = json.dumps([image.id, told, sorted(values.fresh)], sort_keys=True)
        if key not in self._made:
            app = AppVersion(name=image.name, version=image.version, image=image.docker_image, digest=self._digest,
                             commit=image.commit, entry=image.entry)
            self._made[key] = app_files(app, values.all, accepted=accepted)
        return self._made[key]


def _options(wish: Wish) -> dict[str, Any]:
    said = {"acceptPermissions": list(wish.accepted), "managed": wish.managed}
    return {key: value for key, value in said.items() if value}


def _with_strategy(draft: JobDraft, strategy: Strategy, waves: int) -> JobDraft:
    return replace(draft, strategy=strategy.to_json(), waves=waves)


def _check_started(app: App, server: Server) -> None:
    # What people start by hand from a catalog of their own runs as well, without a revision.
    if app.state is AppState.INSTALLED:
        raise BadRequest("NEVER_STARTED", software=app.name, version=app.version, server=server.name)


def _job_of(draft: RecordDraft, user: str, options: dict[str, Any]) -> JobDraft:
    return JobDraft(operation=draft.operation, soft_id=draft.soft_id, soft_name=draft.soft_name,
                    version=draft.version, docker_image=draft.docker_image, digest=draft.digest, commit=draft.commit,
                    user=user, options=options)


def _as_it_is(app: App, server: Server, operation: str) -> RecordDraft:
    return RecordDraft(server=server, soft_id=app.soft_id, soft_name=app.name, version=app.version,
                       docker_image=app.docker_image, digest=app.digest, commit=app.commit, operation=operation)


def _back(server: Server, revision: Revision, operation: str = "rollback") -> RecordDraft:
    return RecordDraft(server=server, soft_id=revision.soft_id, soft_name=revision.name, version=revision.version,
                       docker_image=revision.docker_image, digest=revision.digest, commit=revision.commit,
                       operation=operation, parameters=revision.parameters, revision=RevisionDraft(
                           repository=revision.repository, entry=revision.entry, images=revision.images,
                           compose=revision.compose, secrets=revision.secrets))


def _again(record: Record, server: Server, revision: Revision | None) -> RecordDraft:
    if revision is not None:
        return _back(server, revision, record.operation)
    if record.operation in RUNNING_AFTER:
        raise BadRequest("INPUT_INVALID", problem=f"record {record.id} has no revision")
    return RecordDraft(server=server, soft_id=record.soft_id, soft_name=record.soft_name, version=record.version,
                       docker_image=record.docker_image, digest=record.digest, commit=record.commit,
                       operation=record.operation)
