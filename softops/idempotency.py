"""Which job a request with a key has made, so that the same request makes no second one.

The key is stored in the transaction that makes the job: there is never one without the other, so a process that dies
in between blocks no key, and of two requests at the same time the database lets one through.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from softops.accessmodels import IdempotencyRow
from softops.clock import Clock
from softops.db import Database
from softops.errors import Conflict
from softops.requestkeys import HEADER, KeyedRequest

KEPT = timedelta(hours=24)
"""How long a key is remembered."""

_asking: ContextVar[KeyedRequest | None] = ContextVar("keyed_request", default=None)


class Idempotency:
    """The table of keys."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def made_by(self, request: KeyedRequest) -> int | None:
        """The id of the job that this request has made; None when it has not been here. Conflict when its key was
        used for another request."""
        with self._db.reading() as session:
            row = session.scalars(select(IdempotencyRow).where(
                IdempotencyRow.user == request.user, IdempotencyRow.key == request.key,
                IdempotencyRow.create_time >= self._clock() - KEPT)).one_or_none()
        if row is None:
            return None
        if row.hash != request.digest:
            raise Conflict("REQUEST_KEY_USED", header=HEADER, job=row.job_id or "-",
                           hours=round(KEPT.total_seconds() / 3600))
        return row.job_id


@contextmanager
def making(request: KeyedRequest) -> Iterator[None]:
    """The job that is made in the block, by this thread or task or those it waits for, is that of the request."""
    token = _asking.set(request)
    try:
        yield
    finally:
        _asking.reset(token)


def note_job(session: Session, job_id: int, now: datetime) -> None:
    """Store, together with a job, by which request it was made, where that has a key; keys of old are forgotten.
    ConstraintViolated when the request has made a job already."""
    request = _asking.get()
    if request is None:
        return
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.create_time < now - KEPT))
    session.add(IdempotencyRow(user=request.user, key=request.key, hash=request.digest, job_id=job_id,
                               create_time=now))
    session.flush()
