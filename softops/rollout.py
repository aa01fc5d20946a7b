"""Carries out a claimed job: wave after wave, each one run of a playbook, and nothing more once too many failed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol, TypeVar

from softops.clock import Clock
from softops.composing import env_of
from softops.entities import FinalState, Job, Record
from softops.errors import Conflict, SoftopsError
from softops.events import AppEnded, parse_event
from softops.images import Images
from softops.insist import insist
from softops.jobrun import CANCELLED, JobRun
from softops.logins import Login, registry_of
from softops.outcomes import RunEnd, RunStatus
from softops.playbooks import (
    IMAGE_OPERATIONS,
    RUNNING_AFTER,
    AppTask,
    HealthLimits,
    PlaybookCall,
    PullLimits,
    apps_call,
    image_call,
)
from softops.records import Records
from softops.repositories import Repositories
from softops.runner import PlaybookRun, RawEvent, Runner
from softops.salvaging import as_found, broke_off, looks, not_looked_at
from softops.statuses import RecordStatus
from softops.vault import Vault
from softops.waves import ROLL_BACK, Strategy, failed_servers, is_breached, strategy_of

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK = 2.0
"""Seconds between two looks whether a wave was approved."""
LOOK_CONNECT = 5
"""Seconds that a server may take to answer when it is only asked what became of a job."""
LOOK_HEALTH = 15
"""Seconds in which what is brought back then has to be well."""


class Control(Protocol):
    """What the worker tells a running job."""

    def cancelled(self) -> bool:
        """Whether the job is to be cancelled."""

    def stops(self) -> bool:
        """Whether the job is to end at once, because softops can't wait for it or it is somebody else's now."""

    def ends(self) -> bool:
        """Whether the job is to end, for whatever reason."""

    def pause(self, seconds: float, *, settling: bool = True) -> None:
        """Wait, but no longer than until the job is to end; unless that is for settling, or until something came."""

    def attach(self, playbook: PlaybookRun | None) -> None:
        """Which run hears of servers that are to be cancelled."""


class Rollout:
    """Runs the waves of jobs. Every record it does not reach is ended with a reason."""

    def __init__(self, *, records: Records, images: Images, repositories: Repositories, runner: Runner, vault: Vault,
                 limits: PullLimits, patience: HealthLimits, clock: Clock, stopping: threading.Event,
                 watch: Callable[[Job, Sequence[Record]], JobRun],
                 logins: Callable[[Iterable[str]], Mapping[str, Login]] = lambda _registries: {}) -> None:
        self._records = records
        self._images = images
        self._repositories = repositories
        self._runner = runner
        self._vault = vault
        self._limits = limits
        self._patience = patience
        self._clock = clock
        self._stopping = stopping
        self._watch = watch
        self._logins = logins
        self.undo: Callable[[Job, Sequence[Record]], Job | None] = lambda _job, _records: None
        """Makes the job that takes back what a job did on these records' servers."""

    def run(self, job: Job, control: Control) -> None:
        """Everything that `job` is to do, up to its last wave or to the first that may not begin."""
        strategy = strategy_of(job.strategy) if job.strategy is not None else None
        sick: set[str] = set()
        before = None
        for wave in range(1, (job.waves or 1) + 1):
            if strategy and not self._is_open(job, wave):
                # All of it was cancelled; there is nothing to wait for.
                continue
            refusal = self._refusal(job, wave, before, strategy, control, sick) if strategy and before else None
            if refusal is None and control.ends():
                refusal = CANCELLED if control.cancelled() else _interrupted()
            if refusal is not None:
                self._hold_back(job, refusal)
                break
            self._run_wave(job, wave if strategy else None, control)
            before = wave

    def salvage(self, job: Job, control: Control) -> None:
        """End a job whose process has died with what is true on its servers, seen there: half a start is undone, and
        what was not begun is not done."""
        for records in looks(one for one in self._job_records(job) if one.status is RecordStatus.RUNNING):
            run = self._watch(self._insist(lambda: self._records.job(job.id)), records)
            self._look(job, run, records, "SOFTOPS_KILLED", control)
        self._hold_back(job, _interrupted())

    def _look(self, job: Job, run: JobRun, records: Sequence[Record], cause: str, control: Control) -> None:
        """End records whose work broke off with what their servers have; `cause` is why it did."""
        run.reads = partial(as_found, cause)
        try:
            run.finish(self._execute(run, self._look_call(job, records), control))
        except SoftopsError as exc:
            logger.warning("Job %s could not be looked at: %s", job.id, exc,
                           extra={"action": "salvage", "job": job.id})
            run.fail(not_looked_at(cause, exc))

    def take_back(self, job: Job) -> None:
        """Undo what a job that failed too often has done, where its strategy says so; once, whoever asks for it."""
        strategy = strategy_of(job.strategy) if job.strategy is not None else None
        if strategy is None or strategy.on_failure != ROLL_BACK:
            return
        records = self._job_records(job)
        broken = is_breached(strategy, records) or any(one.reason == "WAVE_UNHEALTHY" for one in records)
        changed = [one for one in records if one.status is RecordStatus.SUCCESS and one.changed is not False
                   and one.operation in RUNNING_AFTER]
        if broken and changed and not self._insist(lambda: self._records.has_children(job.id)):
            self._undo(job, changed)

    def _undo(self, job: Job, records: Sequence[Record]) -> None:
        servers = {one.server_id for one in records}
        try:
            undone = self._insist(lambda: self.undo(job, records))
        except Conflict as exc:
            # Somebody is at work on one of them; that is no reason to leave the others as they are.
            for server in servers if len(servers) > 1 else ():
                self._undo(job, [one for one in records if one.server_id == server])
            logger.warning("Not all of job %s is taken back: %s", job.id, exc, extra={"action": "undo", "job": job.id})
            return
        if undone is not None:
            logger.info("Job %s is taken back by job %s", job.id, undone.id, extra={"action": "undo", "job": job.id})

    def _insist(self, action: Callable[[], T]) -> T:
        """What the database says, however long it is gone: a job does not end because it was gone for a while."""
        return insist(action, self._stopping, "The next step of a job")

    def _job_records(self, job: Job) -> tuple[Record, ...]:
        return self._insist(lambda: self._records.job_records(job.id))

    def _set_wave(self, job: Job, wave: int, waiting: str | None) -> None:
        self._insist(lambda: self._records.set_wave(job.id, wave=wave, waiting=waiting))

    def _run_wave(self, job: Job, wave: int | None, control: Control) -> None:
        if wave is not None:
            self._set_wave(job, wave, None)
        self._insist(lambda: self._records.start_records(job.id, self._clock(), wave=wave))
        # Asked anew: of a start whose answer was lost the second try knows nothing.
        records = [one for one in self._job_records(job) if one.status is RecordStatus.RUNNING
                   and (wave is None or one.wave == wave)]
        if records:
            run = self._watch(self._insist(lambda: self._records.job(job.id)), records)
            run.announce()
            end = self._execute(run, self._call(job, records), control)
            cause = broke_off(end)
            begun = tuple(one for one in run.unfinished if one.operation in RUNNING_AFTER)
            if cause and begun and not control.ends():
                # Half a start is worse than what was there before.
                self._look(job, run, begun, cause, control)
            run.finish(end)

    def _execute(self, run: JobRun, call: PlaybookCall, control: Control) -> RunEnd:
        with self._runner.prepare(call) as playbook:
            control.attach(playbook)
            try:
                # What began to change a server is asked to bring that to a good end.
                hard, gently = (control.stops, control.ends) if call.grace else (control.ends, lambda: False)
                end = run.watch(lambda: playbook.execute(run.put, hard, gently=gently), playbook.token)
            finally:
                control.attach(None)
        if end.status is RunStatus.CANCELED and not control.cancelled():
            return replace(end, status=RunStatus.INTERRUPTED)
        return end

    def _call(self, job: Job, records: Sequence[Record], *, check: bool = False) -> PlaybookCall:
        if job.operation in IMAGE_OPERATIONS:
            image = self._images.get(job.soft_id or 0)
            repository = self._repositories.get(image.repository_id).name
            return image_call(job, image, [record.server_name for record in records],
                              self._limits_for((job.docker_image,)), repository)
        tasks = self._tasks(job, records)
        images = [image for task in tasks if task.revision for image in task.revision.images]
        return apps_call(job, tasks, self._limits_for(images), self._patience, check=check)

    def _look_call(self, job: Job, records: Sequence[Record]) -> PlaybookCall:
        """The run that finds out what became of records, patient for as long as people wait for a start of softops."""
        if job.operation in IMAGE_OPERATIONS:
            return replace(self._call(job, records), check=True)
        started = records[0].operation in RUNNING_AFTER
        limits = replace(self._limits, connect_timeout=min(self._limits.connect_timeout, LOOK_CONNECT))
        patience = replace(self._patience, timeout=min(self._patience.timeout, LOOK_HEALTH))
        return apps_call(job, self._tasks(job, records), limits, patience, check=not started, back=started)

    def _limits_for(self, images: Iterable[str]) -> PullLimits:
        """The limits with the logins of the registries that have the images."""
        registries = {registry for image in images if (registry := registry_of(image))}
        return replace(self._limits, logins=self._insist(lambda: self._logins(registries)))

    def _tasks(self, job: Job, records: Sequence[Record]) -> list[AppTask]:
        revisions = self._insist(lambda: self._records.revisions_of(job.id))
        tasks = []
        for record in records:
            revision = revisions.get(record.id)
            secrets = self._vault.open(revision.secrets) if revision else {}
            env = env_of(revision.entry, {**revision.parameters, **secrets}) if revision else ""
            tasks.append(AppTask(record=record, revision=revision, env=env,
                                 secrets=tuple(str(value) for value in secrets.values())))
        return tasks

    def _is_open(self, job: Job, wave: int) -> bool:
        return any(one.wave == wave and not one.status.final for one in self._job_records(job))

    def _refusal(self, job: Job, wave: int, before: int, strategy: Strategy, control: Control,
                 sick: set[str]) -> FinalState | None:
        """Why `wave` may not begin, after waiting for what it has to wait for; None also when the job is to end.
        `before` is the wave that was run last.
        `sick` are the servers that were not well after the waves before, those of this one are added."""
        records = self._job_records(job)
        if is_breached(strategy, records):
            return _held("WAVES_STOPPED", job=job.id, allowed=strategy.max_failures,
                         failed=len(failed_servers(records)))
        self._set_wave(job, wave, "settle")
        control.pause(strategy.settle)
        if control.ends():
            return None
        found = self._sick(job, [one for one in records if one.wave == before], control)
        if control.ends():
            # The look was cut short, so what it has not seen says nothing.
            return None
        sick.update(found)
        if len(sick) + len(failed_servers(records)) > strategy.max_failures:
            return _held("WAVE_UNHEALTHY", job=job.id, wave=before, software=job.soft_name,
                         servers=", ".join(sorted(sick)))
        if strategy.approval:
            self._wait_for_approval(job, wave, control)
        return None

    def _wait_for_approval(self, job: Job, wave: int, control: Control) -> None:
        self._set_wave(job, wave, "approval")
        while not control.ends() and self._is_open(job, wave) and (
                self._insist(lambda: self._records.job(job.id)).approved_wave or 0) < wave:
            control.pause(LOOK, settling=False)

    def _sick(self, job: Job, records: Sequence[Record], control: Control) -> tuple[str, ...]:
        """The servers on which what a wave has started would have to be started again."""
        done = [one for one in records if one.status is RecordStatus.SUCCESS and one.operation in RUNNING_AFTER]
        if not done:
            return ()
        seen: set[tuple[str, str]] = set()
        with self._runner.prepare(self._call(job, done, check=True)) as playbook:

            def hear(raw: RawEvent) -> None:
                event = parse_event(raw, playbook.token)
                if isinstance(event, AppEnded) and event.outcome == "success" and not event.changed:
                    seen.add((event.host, event.software))

            playbook.execute(hear, control.ends)
        return tuple(one.server_name for one in done if (one.server_name, one.soft_name) not in seen)

    def _hold_back(self, job: Job, final: FinalState) -> None:
        waiting = [one for one in self._job_records(job) if not one.status.final]
        if waiting:
            self._watch(self._insist(lambda: self._records.job(job.id)), waiting).fail(final)


def _held(reason: str, **params: object) -> FinalState:
    return FinalState(status=RecordStatus.CANCELLED, reason=reason, reason_params=params)


def _interrupted() -> FinalState:
    return FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED", code=500)
