"""Which software on which server somebody is at work on, and taking that away from who does not work any more."""

from __future__ import annotations

from dataclasses import dataclass

from softops.clock import Clock
from softops.entities import FinalState, Job, Page, Record
from softops.errors import Conflict
from softops.leases import RELEASED, Holder, Leases
from softops.owners import described
from softops.records import Records
from softops.statuses import RecordStatus
from softops.worker import Worker


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """An active record: while it is, nobody else can begin on its software on its server."""

    record: Record
    job: Job
    state: Holder

    @property
    def holder(self) -> str | None:
        """The process that works on it, for a person; None while it waits for one."""
        return described(self.job.lease_owner) if self.job.lease_owner else None


class Locks:
    """The locks there are. There is no other table: a lock is an active record, so it can't outlive one."""

    def __init__(self, *, records: Records, worker: Worker, leases: Leases, clock: Clock) -> None:
        self._records = records
        self._worker = worker
        self._leases = leases
        self._clock = clock

    def page(self, *, page: int, size: int) -> Page[Lock]:
        """All locks, the oldest first."""
        found = self._records.active_page(page=page, size=size)
        jobs = {number: self._records.job(number) for number in {record.job_id for record in found.records}}
        return Page(records=tuple(self._lock(record, jobs[record.job_id]) for record in found.records),
                    total=found.total, size=found.size, current=found.current)

    def release(self, record_id: int, *, user: str, force: bool = False) -> Record:
        """The record, ended: FAILED, or CANCELLED when nothing was begun. Conflict when it has ended by itself, or when
        its holder lives and it is not forced; a holder that lives is told to stop there."""
        record = self._records.record(record_id)
        job = self._records.job(record.job_id)
        lock = self._lock(record, job)
        if record.status.final:
            raise Conflict("RECORD_FINAL", record=record_id, status=record.status.value)
        if lock.state is Holder.ALIVE and not force:
            raise Conflict("LOCK_HELD", software=record.soft_name, server=record.server_name, owner=lock.holder,
                           job=job.id)
        self._worker.job_run(job, [record]).fail(_released(lock, user))
        self._records.finish_job(job.id, self._clock())
        self._worker.poke(job.id)
        return self._records.record(record_id)

    def _lock(self, record: Record, job: Job) -> Lock:
        return Lock(record=record, job=job, state=self._leases.holder(job))


def _released(lock: Lock, user: str) -> FinalState:
    if lock.record.status is RecordStatus.PENDING:
        return FinalState(status=RecordStatus.CANCELLED, reason="LOCK_RELEASED_WAITING", reason_params={"user": user})
    return FinalState(status=RecordStatus.FAILED, reason=RELEASED, code=500,
                      reason_params={"user": user, "owner": lock.holder or "-"})
