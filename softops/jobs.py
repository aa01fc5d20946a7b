"""Jobs in SQL: who runs them, for how long, and how they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from softops.audit import Audit
from softops.auditnotes import RecordEnd, job_ended
from softops.columns import clip
from softops.db import Database
from softops.entities import Job, Page, Server
from softops.errors import Conflict, NotFound
from softops.models import JobRow, RecordRow
from softops.paging import page_of
from softops.statuses import ACTIVE, RecordStatus, move
from softops.waves import Strategy, assign


@dataclass(frozen=True, kw_only=True, slots=True)
class JobDraft:
    """A job that has no id yet; the fields are those of Job."""

    operation: str
    soft_id: int | None
    soft_name: str
    version: str
    docker_image: str
    digest: str | None = None
    commit: str | None = None
    user: str
    parameters: dict[str, Any] = field(default_factory=dict)
    retry_of: int | None = None
    repository: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    strategy: dict[str, Any] | None = None
    waves: int | None = None
    parent_id: int | None = None
    lease_owner: str | None = None
    """Who runs it already; None: whoever claims it."""
    lease_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RevisionDraft:
    """A state that a record is to bring about; the fields are those of Revision."""

    repository: str
    entry: Mapping[str, Any]
    images: tuple[str, ...]
    compose: str
    secrets: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordDraft:
    """What a job is to do on one server; the fields are those of Record."""

    server: Server
    soft_id: int | None
    soft_name: str
    version: str
    docker_image: str
    digest: str | None = None
    commit: str | None = None
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    wave: int | None = None
    revision: RevisionDraft | None = None


def alike(draft: JobDraft, servers: Sequence[Server]) -> tuple[RecordDraft, ...]:
    """The same for every server, each once."""
    return tuple(RecordDraft(server=server, soft_id=draft.soft_id, soft_name=draft.soft_name, version=draft.version,
                             docker_image=draft.docker_image, commit=draft.commit, operation=draft.operation,
                             parameters=draft.parameters)
                 for server in {server.id: server for server in servers}.values())


def in_waves(drafts: Sequence[RecordDraft], strategy: Strategy | None) -> tuple[RecordDraft, ...]:
    """The drafts, each with the wave of its server; without a strategy, as they are."""
    if strategy is None:
        return tuple(drafts)
    servers = tuple(dict.fromkeys(draft.server.id for draft in drafts))
    wave_of = dict(zip(servers, assign(len(servers), strategy), strict=True))
    return tuple(replace(draft, wave=wave_of[draft.server.id]) for draft in drafts)


class Jobs:
    """The table of jobs. A job is claimed by compare-and-set: a second claim finds nothing to do."""

    def __init__(self, database: Database, *, keeper: str | None = None, audit: Audit | None = None) -> None:
        """`keeper`: a process that runs the jobs made here itself; they end with it and are nobody else's.
        `audit`: where it is noted how they end."""
        self._db = database
        self._keeper = keeper
        self._audit = audit

    def job(self, job_id: int) -> Job:
        """The job as it is now."""
        with self._db.reading() as session:
            return job_of(row(session, job_id))

    def job_page(self, *, page: int, size: int, status: RecordStatus | None = None) -> Page[Job]:
        """Jobs, newest first."""
        found = select(JobRow)
        if status is not None:
            found = found.where(JobRow.status == status)
        with self._db.reading() as session:
            return page_of(session, found, job_of, page=page, size=size, order=(JobRow.id.desc(),))

    def pending_jobs(self) -> tuple[int, ...]:
        """The ids of the jobs that nobody has claimed and nobody keeps for himself, oldest first."""
        with self._db.reading() as session:
            return tuple(session.scalars(select(JobRow.id).order_by(JobRow.id).where(
                JobRow.status == RecordStatus.PENDING, JobRow.lease_owner.is_(None))))

    def kept_jobs(self) -> tuple[Job, ...]:
        """The jobs that nobody has claimed and somebody keeps for himself, oldest first."""
        with self._db.reading() as session:
            return tuple(job_of(found) for found in session.scalars(select(JobRow).order_by(JobRow.id).where(
                JobRow.status == RecordStatus.PENDING, JobRow.lease_owner.is_not(None))))

    def expired_jobs(self, now: datetime) -> tuple[Job, ...]:
        """The RUNNING jobs whose lease ended before `now`."""
        with self._db.reading() as session:
            rows = session.scalars(select(JobRow).order_by(JobRow.id).where(
                JobRow.status == RecordStatus.RUNNING, JobRow.lease_until < now))
            return tuple(job_of(found) for found in rows)

    def claim(self, job_id: int, *, owner: str, now: datetime, lease: timedelta) -> Job | None:
        """The job, now RUNNING under a lease of `owner`; None when it is not PENDING any more."""

        def work(session: Session) -> Job | None:
            made = session.get(JobRow, job_id)
            claimed = session.execute(
                update(JobRow).where(JobRow.id == job_id, JobRow.status == RecordStatus.PENDING)
                .values(status=RecordStatus.RUNNING, lease_owner=owner, lease_until=now + lease,
                        start_time=begun(made, now) if made else now))
            return job_of(row(session, job_id)) if affected(claimed) else None

        return self._db.run(work)

    def adopt(self, job: Job, *, owner: str, now: datetime, lease: timedelta) -> Job | None:
        """The RUNNING job of a process that has died, now under a lease of `owner`; None when its lease is not the
        one that `job` has any more."""

        def work(session: Session) -> Job | None:
            adopted = session.execute(
                update(JobRow).values(lease_owner=owner, lease_until=now + lease)
                .where(JobRow.id == job.id, JobRow.status == RecordStatus.RUNNING,
                       JobRow.lease_owner == job.lease_owner, JobRow.lease_until == job.lease_until))
            return job_of(row(session, job.id)) if affected(adopted) else None

        return self._db.run(work)

    def heartbeat(self, job_id: int, *, owner: str, now: datetime, lease: timedelta) -> Job:
        """The job, its lease prolonged; Conflict when `owner` does not run it any more."""

        def work(session: Session) -> Job:
            prolonged = session.execute(
                update(JobRow).values(lease_until=now + lease)
                .where(JobRow.id == job_id, JobRow.lease_owner == owner, JobRow.status == RecordStatus.RUNNING))
            job = job_of(row(session, job_id))
            if not affected(prolonged):
                raise Conflict("LEASE_LOST", job=job_id, owner=owner)
            return job

        return self._db.run(work)

    def request_cancel_job(self, job_id: int) -> Job:
        """The job, it and its active records marked to be cancelled; Conflict when it is final."""

        def work(session: Session) -> Job:
            marked = session.execute(update(JobRow).values(cancel_requested=True)
                                     .where(JobRow.id == job_id, JobRow.status.in_(ACTIVE)))
            job = job_of(row(session, job_id))
            if not affected(marked):
                raise Conflict("JOB_FINAL", job=job_id, status=job.status.value)
            session.execute(update(RecordRow).values(cancel_requested=True)
                            .where(RecordRow.job_id == job_id, RecordRow.status.in_(ACTIVE)))
            return job

        return self._db.run(work)

    def set_command(self, job_id: int, command: str) -> None:
        """Keep the command that does the same by hand."""
        self._db.run(lambda session: session.execute(
            update(JobRow).where(JobRow.id == job_id).values(command=command)))

    def set_wave(self, job_id: int, *, wave: int, waiting: str | None) -> None:
        """Keep which wave runs, and what the job waits for before it goes on."""
        self._db.run(lambda session: session.execute(
            update(JobRow).where(JobRow.id == job_id).values(wave=wave, waiting=waiting)))

    def approve_wave(self, job_id: int) -> Job:
        """The job, allowed to go on with its next wave; Conflict when it does not wait for that."""

        def work(session: Session) -> Job:
            allowed = session.execute(update(JobRow).where(
                JobRow.id == job_id, JobRow.status == RecordStatus.RUNNING, JobRow.waiting == "approval",
            ).values(approved_wave=JobRow.wave))
            job = job_of(row(session, job_id))
            if not affected(allowed):
                raise Conflict("NOTHING_TO_APPROVE", job=job_id)
            return job

        return self._db.run(work)

    def has_children(self, job_id: int) -> bool:
        """Whether a job was made to take this one back."""
        with self._db.reading() as session:
            return session.scalars(select(JobRow.id).where(JobRow.parent_id == job_id).limit(1)).first() is not None

    def finish_job(self, job_id: int, now: datetime) -> Job:
        """The job, final once all its records are: SUCCESS when all are, CANCELLED when one is and none FAILED,
        FAILED otherwise. While a record is active the job stays as it is."""

        def work(session: Session) -> Job:
            found = row(session, job_id)
            records = session.scalars(select(RecordRow).where(RecordRow.job_id == job_id).order_by(RecordRow.id)).all()
            states = {RecordStatus(record.status) for record in records}
            actual = RecordStatus(found.status)
            if not actual.final and not states & ACTIVE:
                wanted = move(f"Job {job_id}", actual, job_end(states))
                ended = session.execute(update(JobRow).where(JobRow.id == job_id, JobRow.status == actual).values(
                    status=wanted, end_time=max(begun(found, now), *(one.end_time or now for one in records), now),
                    lease_until=None, waiting=None, remark=_remark(wanted, records)))
                session.refresh(found)
                if affected(ended) and self._audit is not None:
                    self._audit.add(session, job_ended(job_of(found), [_end_of(one) for one in records], now))
            return job_of(found)

        return self._db.run(work)


def job_end(states: set[RecordStatus]) -> RecordStatus:
    """How a job ends whose records ended with `states`."""
    if states == {RecordStatus.SUCCESS}:
        return RecordStatus.SUCCESS
    if RecordStatus.CANCELLED in states and RecordStatus.FAILED not in states:
        return RecordStatus.CANCELLED
    return RecordStatus.FAILED


def row(session: Session, job_id: int) -> JobRow:
    """The row of a job as it is now in the database."""
    found = session.get(JobRow, job_id, populate_existing=True)
    if found is None:
        raise NotFound("JOB_NOT_FOUND", job=job_id)
    return found


def begun(job: JobRow, now: datetime) -> datetime:
    """`now`, or what was the time when the job was made or begun, where the clock was set back since."""
    return max(now, job.start_time or job.create_time)


def affected(result: Any) -> int:
    """How many rows a statement found."""
    return int(result.rowcount)


def job_of(found: JobRow) -> Job:
    """The value of a row."""
    return Job(id=found.id, operation=found.operation, status=RecordStatus(found.status), soft_id=found.soft_id,
               soft_name=found.soft_name, version=found.version, docker_image=found.docker_image,
               digest=found.digest, commit=found.commit, user=found.user, parameters=found.parameters,
               retry_of=found.retry_of, seq=found.seq, cancel_requested=found.cancel_requested,
               lease_owner=found.lease_owner, lease_until=found.lease_until, command=found.command,
               options=found.options or {}, strategy=found.strategy, wave=found.wave, waves=found.waves,
               waiting=found.waiting, approved_wave=found.approved_wave, parent_id=found.parent_id,
               remark=found.remark, create_time=found.create_time, start_time=found.start_time,
               end_time=found.end_time)


def _end_of(record: RecordRow) -> RecordEnd:
    return RecordEnd(server=record.server_name, status=RecordStatus(record.status), changed=bool(record.changed))


def _remark(wanted: RecordStatus, records: Sequence[RecordRow]) -> str | None:
    """The remark of the first record that ended as its job does."""
    return next((clip(f"{record.server_name}: {record.remark}") for record in records if record.status == wanted), None)
