"""The audit in SQL: one chain that nobody changes, whoever adds to it at the same time."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import delete, func, make_url, select, text, update
from sqlalchemy.orm import Session

from softops.accessmodels import AuditRow, SettingRow
from softops.audit import NAME, Audit, AuditFilter
from softops.auditchain import AuditDraft, Break, Fault, Outcome
from softops.auditseen import Seen
from softops.db import Database
from softops.errors import DatabaseError
from softops.vault import Vault
from tests.integration.mariadb import MariaDB
from tests.values import NOW

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
DRAFT = AuditDraft(time=NOW, user="ann", role="admin", via="token", address="10.0.0.7", action="repositories.add",
                   target="catalog", outcome=Outcome.SUCCESS, code=200, request="r1", before={"url": "a"},
                   after={"url": "b", "名": [1, None, 2.5]})


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    return tmp_path / "audit.seen"


@pytest.fixture
def audit(database: Database, seen: Path) -> Audit:
    return audit_of(database, seen)


def audit_of(database: Database, seen: Path) -> Audit:
    return Audit(database, Vault(KEY).derive, Seen(seen))


@pytest.fixture
def unguarded(database: Database) -> Iterator[Callable[..., None]]:
    """Executes what the database refuses, as somebody does who may change its schema."""
    dropped: list[str] = []

    def work(*statements: object) -> None:
        with database.session() as session:
            for change in ("UPDATE", "DELETE"):
                name = f"system_soft_audit_no_{change.lower()}"
                session.execute(text(f"DROP TRIGGER {name}"))
                dropped.append(f"CREATE TRIGGER {name} BEFORE {change} ON system_soft_audit FOR EACH ROW "
                               "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'system_soft_audit is append-only'")
        execute(database, *statements)

    yield work
    # The SQLite file is of this test alone.
    if database.path is None:
        execute(database, *map(text, dropped))


def execute(database: Database, *statements: object) -> None:
    with database.session() as session:
        for statement in statements:
            session.execute(statement)  # type: ignore[call-overload]


def test_entries_come_back_as_they_were_stored(audit: Audit) -> None:
    first = audit.append(DRAFT)
    second = audit.append(replace(DRAFT, before=None, after=None, job_id=7, begun_id=first.id,
                                  message="Œ 字 \x00\t 😀 "))

    assert list(audit.export(AuditFilter())) == [first, second]
    assert {**asdict(first), "hash": ""} == {**asdict(DRAFT), "id": 1, "previous": "0" * 64, "hash": ""}
    assert (second.id, second.previous) == (2, first.hash)
    assert audit.verify().breaks == ()


def test_an_empty_audit_is_whole(audit: Audit) -> None:
    verdict = audit.verify()

    assert (verdict.entries, verdict.breaks, verdict.guarded) == (0, (), True)


@pytest.mark.parametrize("statement", [update(AuditRow).values(user="mallory"), delete(AuditRow)],
                         ids=["update", "delete"])
def test_the_database_refuses_to_change_entries(audit: Audit, database: Database, statement: object) -> None:
    entry = audit.append(DRAFT)

    with pytest.raises(DatabaseError, match="append-only"):
        execute(database, statement)
    assert list(audit.export(AuditFilter())) == [entry]


def test_threads_add_to_one_chain(audit: Audit) -> None:
    def work(name: str) -> None:
        for number in range(20):
            audit.append(replace(DRAFT, user=name, target=str(number)))

    threads = [threading.Thread(target=work, args=(f"u{number}",)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    verdict = audit.verify()
    assert (verdict.entries, verdict.breaks) == (200, ())
    found = [(entry.user, entry.target) for entry in audit.export(AuditFilter())]
    assert [target for user, target in found if user == "u3"] == [str(number) for number in range(20)]


PROCESS = """
import sys
from dataclasses import replace
from pathlib import Path
from tests.integration.test_audit import DRAFT, audit_of
from softops.db import Database
database = Database(sys.argv[1])
audit = audit_of(database, Path(sys.argv[2]))
sys.stdin.readline()
for number in range(25):
    audit.append(replace(DRAFT, target=str(number)))
database.close()
"""


def test_processes_add_to_one_chain_from_its_first_entry_on(audit: Audit, database_url: str, seen: Path) -> None:
    started = [subprocess.Popen([sys.executable, "-c", PROCESS, database_url, str(seen)], stdin=subprocess.PIPE,
                                cwd=Path(__file__).parents[2]) for _ in range(3)]
    try:
        for process in started:
            assert process.stdin is not None
            process.stdin.write(b"\n")
            process.stdin.close()
        assert [process.wait(60) for process in started] == [0, 0, 0]
    finally:
        for process in started:
            process.kill()
            process.wait()

    verdict = audit.verify()
    assert (verdict.entries, verdict.breaks) == (75, ())


def test_what_is_rolled_back_leaves_no_entry(audit: Audit, database: Database, seen: Path) -> None:
    first = audit.append(DRAFT)

    def work(session: Session) -> None:
        audit.add(session, DRAFT)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run(work)
    second = audit.append(DRAFT)
    assert list(audit.export(AuditFilter())) == [first, second]
    assert Seen(seen).read().id == 2
    assert audit.verify().breaks == ()


@pytest.mark.parametrize(("statement", "expected"), [
    (update(AuditRow).where(AuditRow.id == 2).values(user="mallory"), (Break(entry=2, fault=Fault.CHANGED),)),
    (update(AuditRow).where(AuditRow.id == 2).values(after=None), (Break(entry=2, fault=Fault.CHANGED),)),
    (update(AuditRow).where(AuditRow.id == 2).values(outcome="odd"), (Break(entry=2, fault=Fault.CHANGED),)),
    (delete(AuditRow).where(AuditRow.id == 2), (Break(entry=3, fault=Fault.GAP),)),
    (delete(AuditRow).where(AuditRow.id == 1), (Break(entry=2, fault=Fault.GAP),)),
    (delete(AuditRow).where(AuditRow.id > 2), (Break(entry=3, fault=Fault.CUT), Break(entry=4, fault=Fault.SEEN_GONE))),
    (delete(SettingRow).where(SettingRow.name == NAME), (Break(entry=5, fault=Fault.END_LOST),)),
    (update(SettingRow).where(SettingRow.name == NAME).values(value="2 x y"), (Break(entry=5, fault=Fault.END_LOST),)),
])
def test_what_somebody_has_changed_is_found(audit: Audit, unguarded: Callable[..., None], statement: object,
                                            expected: tuple[Break, ...]) -> None:
    for _ in range(4):
        audit.append(DRAFT)

    unguarded(statement)

    verdict = audit.verify()
    assert (verdict.breaks, verdict.guarded) == (expected, False)


def old_end(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(SettingRow.value).where(SettingRow.name == NAME)).one()


def rewind(database: Database, audit: Audit, unguarded: Callable[..., None]) -> None:
    """Add entries, then put everything in the database back as it was before."""
    audit.append(DRAFT)
    kept = old_end(database)
    audit.append(DRAFT)
    audit.append(DRAFT)
    unguarded(delete(AuditRow).where(AuditRow.id > 1),
              update(SettingRow).where(SettingRow.name == NAME).values(value=kept))


def test_a_chain_put_back_together_with_its_end_is_found_by_the_machine_that_has_seen_more(
        audit: Audit, database: Database, unguarded: Callable[..., None]) -> None:
    rewind(database, audit, unguarded)

    assert audit.verify().breaks == (Break(entry=3, fault=Fault.SEEN_GONE),)


@pytest.mark.parametrize("again", [True, False], ids=["same process", "new process"])
def test_entries_that_come_afterwards_do_not_hide_that(audit: Audit, database: Database, seen: Path,
                                                       unguarded: Callable[..., None], *, again: bool) -> None:
    rewind(database, audit, unguarded)

    later = audit if again else audit_of(database, seen)
    for _ in range(5):
        later.append(replace(DRAFT, user="bob"))

    assert audit.verify().breaks == (Break(entry=3, fault=Fault.SEEN_GONE),)


def test_a_chain_emptied_with_everything_about_it_is_found_too(audit: Audit, unguarded: Callable[..., None]) -> None:
    audit.append(DRAFT)

    unguarded(delete(AuditRow), delete(SettingRow))

    assert audit.verify().breaks == (Break(entry=1, fault=Fault.SEEN_GONE),)


def test_a_lost_end_stays_visible_when_the_chain_goes_on(audit: Audit, unguarded: Callable[..., None]) -> None:
    audit.append(DRAFT)
    audit.append(DRAFT)
    unguarded(delete(AuditRow).where(AuditRow.id == 2), delete(SettingRow))

    for _ in range(3):
        audit.append(DRAFT)

    assert Break(entry=2, fault=Fault.GAP) in audit.verify().breaks


def test_another_key_fits_nothing(audit: Audit, database: Database, tmp_path: Path) -> None:
    audit.append(DRAFT)

    other = Audit(database, Vault("", tmp_path / "other.key").derive, Seen(tmp_path / "x"))

    assert other.verify().breaks == (Break(entry=1, fault=Fault.CHANGED), Break(entry=2, fault=Fault.END_LOST))


def test_filters_choose_entries(audit: Audit) -> None:
    begun = audit.append(replace(DRAFT, outcome=Outcome.BEGUN))
    done = audit.append(replace(DRAFT, begun_id=begun.id))
    lost = audit.append(replace(DRAFT, outcome=Outcome.BEGUN, action="jobs.cancel", target="job 100%", user="bob",
                                time=NOW + timedelta(hours=1), job_id=5))

    def chosen(**wanted: object) -> list[int]:
        page = audit.page(AuditFilter(**wanted), page=1, size=10)  # type: ignore[arg-type]
        assert page.total == len(page.records)
        return [entry.id for entry in page.records]

    assert chosen() == [lost.id, done.id, begun.id]
    assert chosen(whole=False) == [lost.id, done.id]
    assert chosen(user="bob") == chosen(job_id=5) == chosen(target="100%") == chosen(action="jobs.") == [lost.id]
    assert chosen(target="%") == [lost.id]
    assert chosen(action="jobs") == chosen(user="BOB") == []
    assert chosen(outcome=Outcome.BEGUN, until=NOW + timedelta(hours=1)) == [begun.id]
    assert chosen(since=NOW + timedelta(seconds=1)) == [lost.id]


def test_an_export_goes_through_more_than_is_held_at_once(audit: Audit, database: Database,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("softops.audit.AT_ONCE", 3)
    with database.session() as session:
        for _ in range(10):
            audit.add(session, DRAFT)

    assert [entry.id for entry in audit.export(AuditFilter())] == list(range(1, 11))
    assert audit.verify().breaks == ()
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuditRow)) == 10


def test_where_the_database_allows_no_triggers_softops_says_so_and_goes_on(
        mariadb: MariaDB, seen: Path, caplog: pytest.LogCaptureFixture) -> None:
    address = make_url(mariadb.url)
    root = pymysql.connect(user="root", unix_socket=str(address.query["unix_socket"]), autocommit=True)
    try:
        with root.cursor() as cursor:
            cursor.execute("CREATE DATABASE bare")
            cursor.execute("CREATE USER 'bare'@'localhost' IDENTIFIED BY 'x'")
            cursor.execute("GRANT ALL ON bare.* TO 'bare'@'localhost'")
            cursor.execute("REVOKE TRIGGER ON bare.* FROM 'bare'@'localhost'")
        database = Database(address.set(username="bare", password="x", database="bare").render_as_string(
            hide_password=False))
        try:
            database.migrate()
            audit = audit_of(database, seen)
            audit.append(DRAFT)
            execute(database, update(AuditRow).values(user="mallory"))
            verdict = audit.verify()
        finally:
            database.close()
    finally:
        with root.cursor() as cursor:
            cursor.execute("DROP DATABASE bare")
            cursor.execute("DROP USER 'bare'@'localhost'")
        root.close()

    assert (verdict.guarded, verdict.breaks) == (False, (Break(entry=1, fault=Fault.CHANGED),))
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert ["TRIGGER command denied" in text for text in told] == [True, True]
