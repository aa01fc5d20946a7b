"""Endpoints about locks: who works on which software on which server, and taking that away."""

from __future__ import annotations

from datetime import datetime

from softops.auditmasks import facts
from softops.leases import Holder
from softops.locks import Lock
from softops.rights import Right
from softops.statuses import RecordStatus
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import PageQuery, ReleaseBody
from softops.web.schemas import PageOf, RecordRow, Shown
from softops.web.views import page_view, record_view

API = "/api/system/soft/lock"


class LockRow(Shown):
    """A software on a server on which nobody else can begin."""

    record_id: int
    job_id: int
    server_id: int
    server_name: str
    soft_name: str
    version: str
    operation: str
    status: RecordStatus
    user: str
    since: datetime
    holder: str | None
    holder_state: Holder
    lease_until: datetime | None


def page(call: Call[PageQuery, None]) -> Answer:
    """A page of the locks, the oldest first."""
    found = call.service.locks.page(page=call.query.page, size=call.query.size)
    return Answer(data=page_view(found, lock_view))


def release(call: Call[None, ReleaseBody]) -> Answer:
    """Take a lock away, so that others can begin; the record of it ends."""
    held = call.service.records.record(call.id)
    call.notes.target = f"{held.soft_name} on {held.server_name} (record {held.id}, job {held.job_id})"
    call.notes.before = facts(held, "status", "operation", "version", "user")
    record = call.service.locks.release(call.id, user=call.user(None), force=call.body.force)
    return told(call, "LOCK_FREED", record_view(record, call.lang), software=record.soft_name,
                server=record.server_name)


def lock_view(lock: Lock) -> LockRow:
    """A lock as callers see it."""
    record, job = lock.record, lock.job
    return LockRow(record_id=record.id, job_id=job.id, server_id=record.server_id, server_name=record.server_name,
                   soft_name=record.soft_name, version=record.version, operation=record.operation,
                   status=record.status, user=record.user, since=record.start_time or job.create_time,
                   holder=lock.holder, holder_state=lock.state, lease_until=job.lease_until)


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List locks", handler=page,
             answer=PageOf[LockRow], query=PageQuery),
    Endpoint(method="POST", right=Right.ADMIN, path=f"{API}/{{recordId}}/release", summary="Release a lock",
             handler=release, answer=RecordRow, body=ReleaseBody, codes=(200, 404, 409)),
)
