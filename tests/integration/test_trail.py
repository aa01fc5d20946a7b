"""What softops does by itself is in the audit, also when the database is away in that very moment."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from softops.actors import Actor, acted_by
from softops.audit import Audit, AuditFilter
from softops.auditchain import AuditDraft, AuditEntry, Outcome
from softops.auditseen import Seen
from softops.clock import utc_now
from softops.db import Database
from softops.entities import FinalState
from softops.errors import DatabaseError, DatabaseRefused
from softops.records import Records
from softops.repositories import Repositories
from softops.service import Service
from softops.statuses import RecordStatus, RepositoryStatus
from softops.trail import Trail
from softops.vault import Vault
from tests.factories import NOW, a_draft, create_job, some_images, some_servers
from tests.homes import make_home
from tests.integration.test_audit import DRAFT, KEY
from tests.waiting import wait_until


@pytest.fixture
def audit(database: Database, tmp_path: Path) -> Audit:
    return Audit(database, Vault(KEY).derive, Seen(tmp_path / "audit.seen"))


def entries(audit: Audit) -> list[AuditEntry]:
    return list(audit.export(AuditFilter()))


def test_the_end_of_a_job_is_noted_with_it(audit: Audit, database: Database) -> None:
    records = Records(database, audit=audit)
    [image] = some_images(database)[:1]
    job, made = create_job(records, a_draft(image), some_servers(database, "web1", "web2"), NOW)
    records.claim(job.id, owner="me", now=NOW, lease=timedelta(minutes=1))
    records.start_records(job.id, NOW)
    records.finish_record(made[0].id, FinalState(status=RecordStatus.SUCCESS, reason="INSTALL_SUCCESS"), NOW, "en")
    records.finish_job(job.id, NOW)
    assert entries(audit) == []

    records.finish_record(made[1].id, FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED"), NOW, "en")
    for _ in range(2):
        records.finish_job(job.id, NOW)

    [entry] = entries(audit)
    assert (entry.user, entry.via, entry.action, entry.outcome, entry.job_id) == (
        job.user, "job", "job.end", Outcome.CANCELLED, job.id)
    assert entry.target == f"job {job.id}: {job.operation} {job.soft_name} {job.version}"
    assert entry.after == {"records": {"SUCCESS": 1, "CANCELLED": 1}, "changed": 0,
                           "servers": {"SUCCESS": ["web1"], "CANCELLED": ["web2"]}}


def test_a_job_does_not_end_without_its_entry(audit: Audit, database: Database,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    def add(*_: object) -> AuditEntry:
        raise DatabaseError("DATABASE_FAILED", database="db", problem="gone")

    records = Records(database, audit=audit)
    [image] = some_images(database)[:1]
    job, [record] = create_job(records, a_draft(image), some_servers(database, "web1"), NOW)
    records.finish_record(record.id, FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED"), NOW, "en",
                          running=False)

    monkeypatch.setattr(audit, "add", add)
    with pytest.raises(DatabaseError):
        records.finish_job(job.id, NOW)
    assert records.job(job.id).status is RecordStatus.PENDING


def test_a_sync_is_noted_when_it_changes_something(audit: Audit, database: Database) -> None:
    repositories = Repositories(database, audit=audit)
    made = repositories.ensure(name="catalog", url="u", ref="main", path="", interval=0)

    def finish(status: RepositoryStatus, commit: str | None, **report: object) -> None:
        repositories.finish_sync(made.id, status=status, commit=commit, report=report, now=NOW)

    with acted_by(Actor(name="ann", role="admin", via="token", request="r1")):
        finish(RepositoryStatus.OK, "a" * 40, added=2, changed=0)
    finish(RepositoryStatus.OK, None, added=0)
    finish(RepositoryStatus.FAILED, None, error={"en": "No such host.", "zh": "无此主机"})
    finish(RepositoryStatus.FAILED, None, error={"en": "No such host.", "zh": "无此主机"})

    first, failed = entries(audit)
    assert (first.user, first.via, first.action, first.outcome) == (
        "ann", "token", "repository.synced", Outcome.SUCCESS)
    assert first.before == {"commit": None, "status": "NEVER"}
    assert first.after == {"commit": "a" * 40, "status": "OK", "added": 2}
    assert (failed.user, failed.via, failed.outcome, failed.message) == (
        "softops", "softops", Outcome.FAILED, "No such host.")


class Away:
    """An audit whose database comes and goes."""

    def __init__(self) -> None:
        self.here = threading.Event()
        self.refuses = False
        self.stored: list[AuditDraft] = []

    def append(self, draft: AuditDraft) -> None:
        if self.refuses:
            raise DatabaseRefused("DATABASE_FAILED", database="db", problem="no")
        if not self.here.is_set():
            raise DatabaseError("DATABASE_FAILED", database="db", problem="gone")
        self.stored.append(draft)


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    monkeypatch.setattr("softops.trail.PAUSE", 0.01)
    return Away()


@pytest.fixture
def trail(away: Away) -> Iterator[Trail]:
    trail = Trail(away, utc_now)  # type: ignore[arg-type]
    yield trail
    trail.stop()


def drafts(count: int) -> list[AuditDraft]:
    return [replace(DRAFT, target=str(number)) for number in range(count)]


def test_what_happens_while_the_database_is_away_is_stored_in_its_order_when_it_is_back(
        trail: Trail, away: Away) -> None:
    for draft in drafts(5):
        trail.note(draft)
    assert away.stored == []

    away.here.set()

    wait_until(lambda: len(away.stored) == 5)
    assert away.stored == drafts(5)
    trail.note(DRAFT)
    assert away.stored == [*drafts(5), DRAFT]


def test_what_can_not_begin_is_said_at_once(trail: Trail) -> None:
    with pytest.raises(DatabaseError):
        trail.begin(DRAFT)


def test_what_could_never_be_stored_is_in_the_log(trail: Trail, away: Away, caplog: pytest.LogCaptureFixture) -> None:
    trail.note(replace(DRAFT, target="waits"))
    trail.stop()
    away.refuses = True
    trail.note(replace(DRAFT, target="refused"))

    lost = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert ["waits" in lost[0], "refused" in lost[1], len(lost)] == [True, True, 2]


def test_the_start_and_stop_of_a_server_are_noted(tmp_path: Path) -> None:
    settings = make_home(tmp_path)
    for takes_all in (True, False):
        service = Service(settings, takes_all=takes_all)
        service.start()
        service.stop()

    reader = Service(settings)
    found = [(entry.action, entry.user) for entry in reader.audit.export(AuditFilter())
             if entry.action.startswith("server.")]
    verdict = reader.audit.verify()
    reader.database.close()
    assert found == [("server.start", "softops"), ("server.stop", "softops")]
    assert verdict.breaks == ()
