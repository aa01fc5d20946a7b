"""What the audit says of what softops does by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from softops.actors import Actor
from softops.auditchain import AuditDraft, Outcome
from softops.entities import Job, Repository
from softops.statuses import RecordStatus, RepositoryStatus

ENDS: Mapping[RecordStatus, Outcome] = {
    RecordStatus.SUCCESS: Outcome.SUCCESS, RecordStatus.FAILED: Outcome.FAILED,
    RecordStatus.CANCELLED: Outcome.CANCELLED}
REPORTED = ("added", "changed", "retired", "problemCount", "waiting")
"""What of the report of a sync is told."""
MOST_SERVERS = 50
"""Servers that are named."""


def note_of(actor: Actor, now: datetime, action: str, target: str, outcome: Outcome, **more: Any) -> AuditDraft:
    """What `actor` does."""
    return AuditDraft(time=now, user=actor.name, role=actor.role, via=actor.via, address=actor.address,
                      request=actor.request, action=action, target=target, outcome=outcome, **more)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordEnd:
    """How a job has ended on one server."""

    server: str
    status: RecordStatus
    changed: bool


def job_ended(job: Job, records: Sequence[RecordEnd], now: datetime) -> AuditDraft:
    """How a job has ended, in the name of whoever asked for it."""
    states = Counter(one.status for one in records)
    servers = {status.value: _first(sorted({one.server for one in records if one.status is status}))
               for status in states}
    return AuditDraft(time=now, user=job.user, via="job", action="job.end",
                      target=f"job {job.id}: {job.operation} {job.soft_name} {job.version}",
                      outcome=ENDS[job.status], job_id=job.id, message=job.remark or "",
                      after={"records": {status.value: count for status, count in states.items()},
                             "servers": servers, "changed": sum(one.changed for one in records)})


def _first(names: Sequence[str]) -> list[str]:
    return [*names[:MOST_SERVERS], *(["…"] if len(names) > MOST_SERVERS else [])]


def synced(before: Repository, after: Repository, actor: Actor, now: datetime) -> AuditDraft | None:
    """What a sync has changed; None for nothing."""
    if (before.commit, before.status) == (after.commit, after.status):
        return None
    failed = after.status is RepositoryStatus.FAILED
    told = {name: after.report[name] for name in REPORTED if after.report.get(name)}
    error = (after.report.get("error") or {}) if failed else {}
    return note_of(actor, now, "repository.synced", f"repository {after.id}: {after.name}",
                   Outcome.FAILED if failed else Outcome.SUCCESS, message=str(error.get("en", "")),
                   before={"commit": before.commit, "status": before.status.value},
                   after={**told, "commit": after.commit, "status": after.status.value})
