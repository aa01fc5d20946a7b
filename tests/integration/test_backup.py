"""backup.py, restore.py: what goes into a file comes back from it, on the same kind of database or another one."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from softops.accessmodels import AuditRow
from softops.backup import Backup, back_up, tables_of
from softops.backupfile import check_backup
from softops.clock import utc_now
from softops.config import Settings
from softops.db import Database
from softops.errors import BackupFailed, BadRequest, Conflict, DatabaseRefused, SoftopsError
from softops.owners import this_process
from softops.records import Records
from softops.repositories import Repositories
from softops.restore import Restored, restore
from softops.seals import check_key
from softops.statuses import RecordStatus
from softops.vault import make_vault
from tests.factories import NOW, SUCCESS, a_draft, a_job, an_event, create_job, some_images, some_servers
from tests.integration.mariadb import MariaDB
from tests.integration.test_migrations import ROWS, bring_to
from tests.waiting import wait_until

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    (tmp_path / "var").mkdir()
    return Settings(home=tmp_path, database=database_url, language="en", secret_key="")


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path, settings: Settings) -> Iterator[Settings]:
    """Where nothing is yet, on the other kind of database."""
    home = settings.model_copy(update={"home": tmp_path / "other"})
    if not settings.database.startswith("sqlite"):
        yield home.model_copy(update={"database": f"sqlite:///{tmp_path / 'other.db'}"})
        return
    with MariaDB(tmp_path / "m") as server:
        yield home.model_copy(update={"database": server.url})


def fill(database: Database) -> tuple[int, int]:
    """A bit of everything; the numbers of a job that runs and of one that waits."""
    records = Records(database)
    image = some_images(database)[0]
    servers = some_servers(database, "web1", "web2")
    done, (record, _) = create_job(records, a_draft(image), servers, NOW)
    records.claim(done.id, owner="gone_1_1", now=NOW, lease=NOW - NOW)
    records.append_events(done.id, [an_event(record, payload={"text": "网络 😀 {{ x }} \u2028\n\t\\"})] * 3)
    for one in records.start_records(done.id, NOW):
        records.finish_record(one.id, SUCCESS, NOW, "zh")
    records.finish_job(done.id, NOW)
    runs, _ = create_job(records, a_draft(image, retry_of=done.id), servers, NOW)
    records.claim(runs.id, owner="gone_1_1", now=NOW, lease=NOW - NOW)
    records.start_records(runs.id, NOW)
    waits, _ = create_job(records, a_draft(image, soft_name="waits"), servers, NOW)
    with database.session() as session:
        # Of which the database itself refuses that they are changed or deleted.
        session.add(AuditRow(id=1, time=NOW, user="ann", role="admin", via="token", address="", action="login",
                             target="", outcome="success", code=200, message="", request="", previous="0" * 64,
                             hash="1" * 64))
    return runs.id, waits.id


def everything(settings: Settings) -> Rows:
    """All rows of all tables, as values that all databases have."""
    database = Database(settings.database_url)
    with database.snapshot() as connection:
        found = {table.name: [tuple(int(value) if isinstance(value, bool) else value for value in row)
                              for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
                 for table in tables_of(connection)}
    database.close()
    return found


def made(settings: Settings, path: Path, **options: Any) -> Backup:
    return back_up(settings, path, clock=lambda: NOW, **options)


def brought_back(settings: Settings, path: Path, **options: Any) -> Restored:
    return restore(settings, path, clock=utc_now, **options)


def filled(settings: Settings) -> tuple[int, int]:
    database = Database(settings.database_url)
    numbers = fill(database)
    database.close()
    return numbers


def refusal(act: Callable[[], object], kind: type[SoftopsError] = BadRequest) -> str:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.reason


def test_what_was_there_is_there_again_on_another_kind_of_database(settings: Settings, other: Settings,
                                                                    tmp_path: Path) -> None:
    filled(settings)
    before = everything(settings)
    backup = made(settings, tmp_path / "b")
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    assert backup.rows == {name: len(rows) for name, rows in before.items() if name != "system_soft_session"}
    restored = brought_back(other, tmp_path / "b")
    assert (restored.made, restored.rows, restored.ended, restored.copy) == (NOW.isoformat(), backup.rows, 2, None)
    after = everything(other)
    touched = {"system_soft_job", "system_soft_record", "system_soft_event"}
    assert {name: rows for name, rows in after.items() if name not in touched} == {
        name: rows for name, rows in before.items() if name not in touched}
    assert after["system_soft_job"][0] == before["system_soft_job"][0]
    assert after["system_soft_record"][:2] == before["system_soft_record"][:2]
    assert [row for row in after["system_soft_event"] if row[0] == 1] == before["system_soft_event"]


def test_what_was_not_over_is_over_after_a_restore_and_the_servers_are_free(settings: Settings, other: Settings,
                                                                             tmp_path: Path) -> None:
    runs, waits = filled(settings)
    made(settings, tmp_path / "b")
    brought_back(other, tmp_path / "b")
    database = Database(other.database_url)
    records = Records(database)
    assert [(records.job(number).status, {one.reason for one in records.job_records(number)})
            for number in (runs, waits)] == [(RecordStatus.FAILED, {"RESTORED_RUNNING"}),
                                             (RecordStatus.CANCELLED, {"RESTORED_WAITING"})]
    told = records.events_after(waits, 0)
    assert [(event.seq, event.type) for event in told] == [(1, "docker_complete"), (2, "docker_complete")]
    assert (records.pending_jobs(), records.expired_jobs(utc_now())) == ((), ())
    # Numbers go on where they ended, and the servers take work again.
    job, _ = create_job(records, a_draft(some_images(database)[0], soft_name="waits"),
                        some_servers(database, "web1"), NOW)
    assert job.id > waits
    database.close()


def test_a_backup_is_of_one_moment_although_others_write(settings: Settings, tmp_path: Path) -> None:
    database = Database(settings.database_url)
    job, (record,) = a_job(database)
    records, stop = Records(database), threading.Event()

    def write() -> None:
        while not stop.is_set():
            records.append_events(job.id, [an_event(record)] * 7)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: records.job(job.id).seq > 100)
        counts = [made(settings, tmp_path / f"b{number}").rows["system_soft_event"] for number in range(3)]
    finally:
        stop.set()
        writer.join()
        database.close()
    for number, count in enumerate(counts):
        with gzip.open(tmp_path / f"b{number}", "rt") as file:
            lines = [json.loads(line) for line in file]
        tables = {one["table"]: at for at, one in enumerate(lines) if isinstance(one, dict) and "table" in one}
        head = tables["system_soft_job"]
        columns = lines[head]["columns"]
        # The job counts exactly the events that are in the file.
        assert dict(zip(columns, lines[head + 1], strict=True))["system_soft_job_seq"] == count
    assert counts == sorted(counts)
    assert counts[0] > 0


def test_an_older_backup_comes_back_into_a_newer_softops(settings: Settings, tmp_path: Path) -> None:
    old = settings.model_copy(update={"database": f"sqlite:///{tmp_path / 'old.db'}"})
    database = Database(old.database_url)
    bring_to(database, "0001")
    with database.snapshot() as connection:
        tables = {table.name: table for table in tables_of(connection)}
    with database.session() as session:
        for table, row in ROWS.items():
            session.execute(insert(tables[table]).values({f"{table}_{name}": value for name, value in row.items()}))
    database.close()
    assert made(old, tmp_path / "b").schema == "0001"
    brought_back(settings, tmp_path / "b", force=True)
    database = Database(settings.database_url)
    database.migrate()
    assert Records(database).record(11).remark == "安装成功"
    database.close()


def test_nothing_is_overwritten(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine")
    assert refusal(lambda: made(settings, tmp_path / "b")) == "BACKUP_EXISTS"
    assert (tmp_path / "b").read_text() == "mine"
    assert refusal(lambda: made(settings, tmp_path / "nowhere" / "b"), BackupFailed) == "BACKUP_UNWRITABLE"


def test_a_full_database_is_replaced_only_when_that_is_meant_and_then_kept(settings: Settings, tmp_path: Path) -> None:
    filled(settings)
    made(settings, tmp_path / "b")
    database = Database(settings.database_url)
    Repositories(database).ensure(name="later", url="u", ref="main", path="", interval=0)
    database.close()
    full = everything(settings)
    assert refusal(lambda: brought_back(settings, tmp_path / "b"), Conflict) == "RESTORE_NOT_EMPTY"
    assert everything(settings) == full
    restored = brought_back(settings, tmp_path / "b", force=True)
    assert len(everything(settings)["system_soft_repository"]) == 1
    assert restored.copy is not None
    assert restored.copy.stat().st_mode & 0o777 == 0o600
    # And back to what was kept.
    brought_back(settings, restored.copy, force=True)
    assert everything(settings)["system_soft_repository"] == full["system_soft_repository"]


def test_nobody_is_restored_under(settings: Settings, tmp_path: Path) -> None:
    filled(settings)
    made(settings, tmp_path / "b")
    full = everything(settings)
    code = ("import sys; from softops.db import Database; from softops.records import Records\n"
            "Records(Database(sys.argv[1])).pending_jobs(); print('x', flush=True); sys.stdin.read()")
    with subprocess.Popen([sys.executable, "-c", code, settings.database_url], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as user:
        assert user.stdout is not None
        user.stdout.readline()
        assert refusal(lambda: brought_back(settings, tmp_path / "b", force=True), Conflict) == "DATABASE_IN_USE"
        user.communicate()
    assert everything(settings) == full


def test_a_job_whose_process_lives_is_in_the_way(settings: Settings, tmp_path: Path) -> None:
    made(settings, tmp_path / "b")
    database = Database(settings.database_url)
    job, _ = a_job(database)
    Records(database).claim(job.id, owner=this_process(), now=NOW, lease=NOW - NOW)
    database.close()
    assert refusal(lambda: brought_back(settings, tmp_path / "b", force=True), Conflict) == "RESTORE_JOB_RUNS"


@pytest.mark.parametrize("spoil", [
    lambda whole: whole[:len(whole) // 2],
    lambda whole: gzip.compress(gzip.decompress(whole).replace(b"nginx:1.21.0", b"nginx:6.66.6")),
    lambda whole: gzip.compress(b"\n".join(gzip.decompress(whole).splitlines()[:-1])),
    lambda whole: gzip.compress(b'{"format":"other"}\n'), lambda whole: gzip.compress(b"[1]\n"),
    lambda whole: b"plain text", lambda whole: b"", lambda whole: gzip.compress(b"")])
def test_a_damaged_file_changes_nothing(settings: Settings, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    filled(settings)
    made(settings, tmp_path / "b")
    full = everything(settings)
    (tmp_path / "c").write_bytes(spoil((tmp_path / "b").read_bytes()))
    assert refusal(lambda: brought_back(settings, tmp_path / "c", force=True)) in {"BACKUP_DAMAGED",
                                                                                  "BACKUP_UNREADABLE"}
    assert everything(settings) == full


@pytest.mark.parametrize(("was", "is_", "reason"), [
    (b'"schema":"0', b'"schema":"9', "BACKUP_NEWER"), (b'"version":1', b'"version":2', "BACKUP_FORMAT_NEWER")])
def test_a_backup_of_a_newer_softops_is_refused(settings: Settings, tmp_path: Path, was: bytes, is_: bytes,
                                                reason: str) -> None:
    made(settings, tmp_path / "b")
    body = gzip.decompress((tmp_path / "b").read_bytes()).replace(was, is_, 1)
    lines = body.splitlines(keepends=True)
    end = json.loads(lines[-1]) | {"sha256": sha256(b"".join(lines[:-1])).hexdigest()}
    (tmp_path / "c").write_bytes(gzip.compress(b"".join(lines[:-1]) + json.dumps(end).encode() + b"\n"))
    assert refusal(lambda: brought_back(settings, tmp_path / "c", force=True)) == reason


def test_a_restore_that_fails_half_way_is_never_taken_for_whole(settings: Settings, tmp_path: Path) -> None:
    filled(settings)
    made(settings, tmp_path / "b")
    full = everything(settings)
    body = gzip.decompress((tmp_path / "b").read_bytes())
    # Twice the same number, which the database refuses when much of it is in already.
    lines = body.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"table":"system_soft_record"')) + 1
    lines.insert(at, lines[at])
    end = json.loads(lines[-1]) | {"sha256": sha256(b"".join(lines[:-1])).hexdigest()}
    (tmp_path / "c").write_bytes(gzip.compress(b"".join(lines[:-1]) + json.dumps(end).encode() + b"\n"))
    with pytest.raises(SoftopsError):
        brought_back(settings, tmp_path / "c", force=True)
    database = Database(settings.database_url)
    if database.engine.dialect.name == "sqlite":
        assert everything(settings) == full
    else:
        assert refusal(database.migrate, DatabaseRefused) == "DATABASE_RESTORING"
        database.close()
        brought_back(settings, tmp_path / "b")
        assert everything(settings)["system_soft_image"] == full["system_soft_image"]
    database.close()


def test_without_a_database_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database=f"sqlite:///{tmp_path / 'none.db'}")
    assert refusal(lambda: made(settings, tmp_path / "b")) == "BACKUP_NOTHING"
    assert list(tmp_path.iterdir()) == []
    Database(settings.database_url).engine.connect().close()
    assert refusal(lambda: made(settings, tmp_path / "b")) == "BACKUP_NOTHING"


def test_the_key_is_in_the_file_only_when_asked_for_and_comes_back_with_it(settings: Settings, other: Settings,
                                                                            tmp_path: Path) -> None:
    sealed = make_vault("", settings.var_dir).seal({"PASSWORD": "hunter2"})
    source = Database(settings.database_url)
    check_key(source, make_vault("", settings.var_dir))
    source.close()
    key = (settings.var_dir / "secret.key").read_bytes()
    assert made(settings, tmp_path / "without").has_key is False
    assert key not in gzip.decompress((tmp_path / "without").read_bytes())
    problem = brought_back(other, tmp_path / "without").key_problem
    assert problem is not None
    assert problem.reason == "SECRET_KEY_GONE"
    assert not (other.var_dir / "secret.key").exists()
    assert made(settings, tmp_path / "with", with_key=True).has_key is True
    restored = brought_back(other, tmp_path / "with", force=True)
    assert (restored.key, restored.key_problem) == (other.var_dir / "secret.key", None)
    assert (other.var_dir / "secret.key").stat().st_mode & 0o777 == 0o600
    assert make_vault("", other.var_dir).open(sealed) == {"PASSWORD": "hunter2"}
    assert "key" not in repr(check_backup(tmp_path / "with")[0])


def test_another_key_is_not_replaced_unless_that_is_meant_and_then_kept(settings: Settings, tmp_path: Path) -> None:
    make_vault("", settings.var_dir).seal({"A": 1})
    made(settings, tmp_path / "b", with_key=True)
    theirs = (settings.var_dir / "secret.key").read_bytes()
    (settings.var_dir / "secret.key").unlink()
    make_vault("", settings.var_dir).seal({"A": 1})
    mine = (settings.var_dir / "secret.key").read_bytes()
    assert refusal(lambda: brought_back(settings, tmp_path / "b"), Conflict) == "RESTORE_KEY_OTHER"
    fixed = settings.model_copy(update={"secret_key": mine.decode()})
    assert refusal(lambda: brought_back(fixed, tmp_path / "b", force=True), Conflict) == "RESTORE_KEY_SET"
    brought_back(settings, tmp_path / "b", force=True)
    assert (settings.var_dir / "secret.key").read_bytes() == theirs
    (kept,) = settings.var_dir.glob("secret.key.before-restore-*")
    assert kept.read_bytes() == mine


def test_a_process_that_comes_during_a_restore_finds_all_or_nothing(settings: Settings, tmp_path: Path) -> None:
    filled(settings)
    made(settings, tmp_path / "b")
    database = Database(settings.database_url)
    code = ("import sys; from softops.db import Database; from softops.records import Records\n"
            "print('x', flush=True); d = Database(sys.argv[1]); d.migrate()\n"
            "print(Records(d).job_page(page=1, size=1).total, flush=True)")
    with database.alone() as connection:
        guest = subprocess.Popen([sys.executable, "-c", code, settings.database_url], stdout=subprocess.PIPE)
        assert guest.stdout is not None
        guest.stdout.readline()
        connection.execute(text("SELECT 1"))
        with pytest.raises(subprocess.TimeoutExpired):
            guest.wait(1.5)
    assert guest.communicate()[0] == b"3\n"
    database.close()
