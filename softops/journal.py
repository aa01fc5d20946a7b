"""The numbered milestones of jobs in SQL, kept for replay."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from softops.db import Database
from softops.entities import Event, EventDraft
from softops.errors import NotFound
from softops.jobs import affected
from softops.models import EventRow, JobRow


class Journal:
    """The table of events. The numbers of a job's events are 1, 2, 3 ... without a gap."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def append_events(self, job_id: int, drafts: Sequence[EventDraft], *,
                      after: int | None = None) -> tuple[Event, ...]:
        """The drafts with the job's next numbers, stored all or none; each payload has its number as `seq`.

        With `after`, the newest number that the caller knows of, drafts that are stored above it already stay
        stored once: a connection may break when the database has committed and before it says so.
        """
        return self._db.run(lambda session: append(session, job_id, drafts, after)) if drafts else ()

    def events_after(self, job_id: int, after: int, limit: int = 1000) -> tuple[Event, ...]:
        """The first `limit` events with a number above `after`, in order."""
        found = (select(EventRow).where(EventRow.job_id == job_id, EventRow.seq > after)
                 .order_by(EventRow.seq).limit(limit))
        with self._db.reading() as session:
            return tuple(_event_of(row) for row in session.scalars(found))


def append(session: Session, job_id: int, drafts: Sequence[EventDraft], after: int | None) -> tuple[Event, ...]:
    """What `append_events` does, as a part of a transaction."""
    # The update locks the job's row, so numbers are given to one writer at a time.
    counted = session.execute(update(JobRow).where(JobRow.id == job_id).values(seq=JobRow.seq + len(drafts)))
    if not affected(counted):
        raise NotFound("JOB_NOT_FOUND", job=job_id)
    last = session.scalars(select(JobRow.seq).where(JobRow.id == job_id)).one()
    if after is not None and last > after + len(drafts) and (found := stored(session, job_id, drafts, after)):
        session.execute(update(JobRow).where(JobRow.id == job_id).values(seq=JobRow.seq - len(drafts)))
        return found
    events = tuple(_numbered(job_id, seq, draft) for seq, draft in enumerate(drafts, last - len(drafts) + 1))
    session.add_all(_row_of(event) for event in events)
    return events


def stored(session: Session, job_id: int, drafts: Sequence[EventDraft], after: int) -> tuple[Event, ...]:
    """The events above `after` that `drafts` became; none when they were not stored."""
    rows = session.scalars(select(EventRow).where(EventRow.job_id == job_id, EventRow.seq > after)
                           .order_by(EventRow.seq))
    events = tuple(_event_of(row) for row in rows)
    # All of them were stored together or none was, so the first one tells.
    start = next((at for at, event in enumerate(events)
                  if event == _numbered(job_id, event.seq, drafts[0])), len(events))
    return events[start:start + len(drafts)]


def _numbered(job_id: int, seq: int, draft: EventDraft) -> Event:
    return Event(job_id=job_id, seq=seq, type=draft.type, payload={**draft.payload, "seq": seq},
                 record_id=draft.record_id)


def _row_of(event: Event) -> EventRow:
    return EventRow(job_id=event.job_id, seq=event.seq, type=event.type, payload=dict(event.payload),
                    record_id=event.record_id)


def _event_of(row: EventRow) -> Event:
    return Event(job_id=row.job_id, seq=row.seq, type=row.type, payload=row.payload, record_id=row.record_id)
