"""What is and was done on servers, in SQL: one record per job and server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from softops.apps import note_success, revision_of, revision_row
from softops.columns import clip, clip_log
from softops.entities import EventDraft, FinalState, Job, Page, Record, Revision
from softops.errors import Conflict, ConstraintViolated, NotFound
from softops.idempotency import note_job
from softops.jobs import JobDraft, Jobs, RecordDraft, RevisionDraft, affected, begun, job_of, row
from softops.journal import Journal, append, stored
from softops.models import ACTIVE_RECORD, JobRow, RecordRow, RevisionRow
from softops.paging import page_of
from softops.statuses import ACTIVE, RecordStatus, move
from softops.texts import Lang, render

__all__ = ["JobDraft", "RecordDraft", "Records"]

Tell = Callable[[Record], Sequence[EventDraft]]

TRIES = 5
"""How often a job is tried to be made whose holder always ended in between."""


class Records(Jobs, Journal):
    """The table of records, with their jobs and events. Each state is left by compare-and-set, a final one never."""

    def create(self, draft: JobDraft, drafts: Sequence[RecordDraft], now: datetime) -> tuple[Job, tuple[Record, ...]]:
        """A new PENDING job with PENDING records, in their order, all or none; Conflict naming the
        holder when the same software is already being worked on on one of the servers."""
        for _ in range(TRIES):
            try:
                return self._db.run(lambda session: _create(session, draft, drafts, now, self._keeper))
            except ConstraintViolated as exc:
                if exc.constraint != ACTIVE_RECORD:
                    raise
                # None: the holder has ended in the meantime, so the way may be free now.
                if (holder := self._holder(drafts)) is not None:
                    raise Conflict("SERVER_BUSY", server=holder.server_name, software=holder.soft_name,
                                   job=holder.job_id, record=holder.id) from exc
        raise Conflict("SERVER_BUSY_AGAIN", server=drafts[0].server.name, software=drafts[0].soft_name)

    def record(self, record_id: int) -> Record:
        """The record as it is now."""
        with self._db.reading() as session:
            return record_of(_row(session, record_id))

    def page(self, *, page: int, size: int, soft_id: int | None = None, server_id: int | None = None,
             status: RecordStatus | None = None, job_id: int | None = None) -> Page[Record]:
        """Records that fit all given filters, newest first."""
        wanted = {RecordRow.soft_id: soft_id, RecordRow.server_id: server_id, RecordRow.status: status,
                  RecordRow.job_id: job_id}
        found = select(RecordRow).where(*(column == value for column, value in wanted.items() if value is not None))
        with self._db.reading() as session:
            return page_of(session, found, record_of, page=page, size=size, order=(RecordRow.id.desc(),))

    def active_page(self, *, page: int, size: int) -> Page[Record]:
        """The records that still hold their server and software, oldest first."""
        found = select(RecordRow).where(RecordRow.status.in_(ACTIVE))
        with self._db.reading() as session:
            return page_of(session, found, record_of, page=page, size=size, order=(RecordRow.id,))

    def job_records(self, job_id: int) -> tuple[Record, ...]:
        """All records of a job, in the order of its servers."""
        with self._db.reading() as session:
            return _records(session, RecordRow.job_id == job_id)

    def cancelled_records(self, job_id: int) -> tuple[Record, ...]:
        """The active records of a job that are to be cancelled."""
        with self._db.reading() as session:
            return _records(session, RecordRow.job_id == job_id, RecordRow.status.in_(ACTIVE),
                            RecordRow.cancel_requested.is_(True))

    def last_with(self, reason: str) -> tuple[Record, ...]:
        """The records that ended for `reason` and are the last on their server and software, oldest first."""
        later = aliased(RecordRow)
        newer = (select(later.id).where(later.server_id == RecordRow.server_id, later.soft_name == RecordRow.soft_name,
                                        later.id > RecordRow.id).exists())
        with self._db.reading() as session:
            return _records(session, RecordRow.reason == reason, ~newer)

    def start_records(self, job_id: int, now: datetime, *, wave: int | None = None) -> tuple[Record, ...]:
        """The records of a job, or of one wave of it, that were PENDING and are RUNNING now; what was cancelled
        before stays so."""

        def work(session: Session) -> tuple[Record, ...]:
            job = session.get(JobRow, job_id)
            pending = select(RecordRow.id).where(RecordRow.job_id == job_id, RecordRow.status == RecordStatus.PENDING)
            if wave is not None:
                pending = pending.where(RecordRow.wave == wave)
            ids = session.scalars(pending.with_for_update()).all()
            session.execute(update(RecordRow).where(RecordRow.id.in_(ids), RecordRow.status == RecordStatus.PENDING)
                            .values(status=RecordStatus.RUNNING, start_time=begun(job, now) if job else now))
            return _records(session, RecordRow.id.in_(ids))

        return self._db.run(work)

    def request_cancel_record(self, record_id: int) -> Record:
        """The record, marked to be cancelled; Conflict when it is final."""

        def work(session: Session) -> Record:
            marked = session.execute(update(RecordRow).values(cancel_requested=True)
                                     .where(RecordRow.id == record_id, RecordRow.status.in_(ACTIVE)))
            record = record_of(_row(session, record_id))
            if not affected(marked):
                raise Conflict("RECORD_FINAL", record=record_id, status=record.status.value)
            return record

        return self._db.run(work)

    def finish_record(self, record_id: int, final: FinalState, now: datetime, lang: Lang, *,
                      tell: Tell = lambda _: (), after: int = 0, running: bool = True) -> Record | None:
        """The record in its final state; None when somebody else has ended it, which is never written over,
        or when it is `running` and that is not to be ended.

        The events that `tell` makes of it are stored with it, and what it installed is noted, all or nothing.
        `after`: see append_events.
        """
        values = {"status": final.status, "code": final.code, "digest": final.digest,
                  "log": clip_log(final.log), "changed": final.changed,
                  "reason": final.reason, "reason_params": dict(final.reason_params), "active_key": None,
                  "remark": clip(render(final.reason, lang, final.reason_params))}

        def work(session: Session) -> Record | None:
            record = _finish(session, record_id, final.status, values, now, running=running)
            if record is None:
                return _ended_by_us(session, record_id, tell, after)
            if record.status is RecordStatus.SUCCESS:
                record = note_success(session, record, record.end_time or now)
            if drafts := tell(record):
                append(session, record.job_id, drafts, after)
            return record

        return self._db.run(work)

    def add_record(self, job_id: int, draft: RecordDraft, now: datetime) -> Record:
        """One more record of a job that runs, RUNNING as well; Conflict when its server is busy with that software."""

        def work(session: Session) -> Record:
            job = row(session, job_id)
            record = _new_record(job, draft)
            record.status, record.start_time = RecordStatus.RUNNING, begun(job, now)
            session.add(record)
            session.flush()
            return record_of(record)

        try:
            return self._db.run(work)
        except ConstraintViolated as exc:
            if exc.constraint != ACTIVE_RECORD:
                raise
            if (holder := self._holder([draft])) is None:
                raise Conflict("SERVER_BUSY_AGAIN", server=draft.server.name, software=draft.soft_name) from exc
            raise Conflict("SERVER_BUSY", server=draft.server.name, software=draft.soft_name, job=holder.job_id,
                           record=holder.id) from exc

    def keep_revision(self, record_id: int, parameters: Mapping[str, Any], draft: RevisionDraft,
                      now: datetime) -> None:
        """Store the state that a record brings about, where that was not known when the record was made."""

        def work(session: Session) -> None:
            record = _row(session, record_id)
            known = session.scalars(select(RevisionRow.id).where(RevisionRow.record_id == record_id)).first()
            if known is None and not RecordStatus(record.status).final:
                record.parameters = dict(parameters)
                session.add(revision_row(record, draft, parameters, None, now))

        self._db.run(work)

    def revisions_of(self, job_id: int) -> Mapping[int, Revision]:
        """The states that the records of a job are to bring about, by record."""
        found = select(RevisionRow).join(RecordRow, RecordRow.id == RevisionRow.record_id).where(
            RecordRow.job_id == job_id)
        with self._db.reading() as session:
            return {row.record_id: revision_of(row) for row in session.scalars(found)}

    def _holder(self, drafts: Sequence[RecordDraft]) -> Record | None:
        keys = [_active_key(draft) for draft in drafts]
        with self._db.reading() as session:
            return next(iter(_records(session, RecordRow.active_key.in_(keys))), None)


def _create(session: Session, draft: JobDraft, drafts: Sequence[RecordDraft], now: datetime,
            keeper: str | None) -> tuple[Job, tuple[Record, ...]]:
    running = draft.lease_owner is not None
    job = JobRow(operation=draft.operation, status=RecordStatus.RUNNING if running else RecordStatus.PENDING,
                 lease_owner=draft.lease_owner or keeper, lease_until=draft.lease_until,
                 start_time=now if running else None,
                 soft_id=draft.soft_id,
                 soft_name=draft.soft_name, version=draft.version, docker_image=draft.docker_image,
                 digest=draft.digest, commit=draft.commit, repository=draft.repository, user=draft.user,
                 parameters=dict(draft.parameters), retry_of=draft.retry_of, seq=0, cancel_requested=False,
                 options=dict(draft.options), strategy=draft.strategy, waves=draft.waves, parent_id=draft.parent_id,
                 command="", create_time=now)
    session.add(job)
    session.flush()
    note_job(session, job.id, now)
    records = [_new_record(job, one) for one in drafts]
    session.add_all(records)
    session.flush()
    session.add_all(revision_row(record, one.revision, one.parameters, one.digest, now)
                    for record, one in zip(records, drafts, strict=True) if one.revision is not None)
    return job_of(job), tuple(record_of(record) for record in records)


def _new_record(job: JobRow, draft: RecordDraft) -> RecordRow:
    return RecordRow(job_id=job.id, soft_id=draft.soft_id, server_id=draft.server.id, status=RecordStatus.PENDING,
                     operation=draft.operation, soft_name=draft.soft_name, version=draft.version,
                     docker_image=draft.docker_image, server_name=draft.server.name, user=job.user,
                     commit=draft.commit, parameters=dict(draft.parameters), reason_params={}, wave=draft.wave,
                     cancel_requested=False, active_key=_active_key(draft))


def _active_key(draft: RecordDraft) -> str:
    return f"{draft.server.id}:{draft.soft_name}"


def _finish(session: Session, record_id: int, wanted: RecordStatus, values: Mapping[str, Any], now: datetime, *,
            running: bool) -> Record | None:
    while not (actual := RecordStatus((found := _row(session, record_id)).status)).final:
        if actual is RecordStatus.RUNNING and not running:
            return None
        move(f"Record {record_id}", actual, wanted)
        # The clock may have been set back since: nothing ends before it has begun.
        ended = now if found.start_time is None else max(now, found.start_time)
        done = session.execute(update(RecordRow).where(RecordRow.id == record_id, RecordRow.status == actual)
                               .values(**values, end_time=ended))
        if affected(done):
            return record_of(_row(session, record_id))
    return None


def _ended_by_us(session: Session, record_id: int, tell: Tell, after: int) -> Record | None:
    """The final record when it was told of in our very words: the transaction that did so was ours."""
    record = record_of(_row(session, record_id))
    drafts = tell(record)
    return record if drafts and stored(session, record.job_id, drafts, after) else None


def _row(session: Session, record_id: int) -> RecordRow:
    found = session.get(RecordRow, record_id, populate_existing=True)
    if found is None:
        raise NotFound("RECORD_NOT_FOUND", record=record_id)
    return found


def _records(session: Session, *conditions: Any) -> tuple[Record, ...]:
    rows = session.scalars(select(RecordRow).where(*conditions).order_by(RecordRow.id))
    return tuple(record_of(found) for found in rows)


def record_of(found: RecordRow) -> Record:
    """The value of a row."""
    return Record(id=found.id, job_id=found.job_id, soft_id=found.soft_id, server_id=found.server_id,
                  status=RecordStatus(found.status), operation=found.operation, soft_name=found.soft_name,
                  version=found.version, docker_image=found.docker_image, server_name=found.server_name,
                  user=found.user, start_time=found.start_time, end_time=found.end_time, remark=found.remark,
                  digest=found.digest, commit=found.commit, parameters=found.parameters, code=found.code,
                  reason=found.reason, reason_params=found.reason_params, cancel_requested=found.cancel_requested,
                  log=found.log, changed=found.changed, wave=found.wave, revision=found.revision)
