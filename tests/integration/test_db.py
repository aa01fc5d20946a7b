"""db.py, upgrade.py, columns.py, paging.py: transactions of many threads, the schema, and what errors say."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, insert, inspect, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from softops import db
from softops.accessmodels import TABLES
from softops.columns import clip
from softops.db import Database, violated
from softops.errors import ConfigError, ConstraintViolated, DatabaseError, DatabaseRefused
from softops.models import Base, ImageRow, JobRow, RepositoryRow
from tests.factories import NOW, a_job, a_repository
from tests.integration.mariadb import MariaDB

CONTRACT = {
    "system_soft_image": {
        "system_soft_image_id": "BIGINT", "system_soft_image_name": "VARCHAR(255)",
        "system_soft_image_version": "VARCHAR(100)", "system_soft_image_docker_image": "VARCHAR(500)",
        "system_soft_image_description": "TEXT", "system_soft_image_status": "VARCHAR(50)",
        "system_soft_image_create_time": "DATETIME", "system_soft_image_update_time": "DATETIME"},
    "system_soft_record": {
        "system_soft_record_id": "BIGINT", "system_soft_record_soft_id": "BIGINT",
        "system_soft_record_server_id": "BIGINT", "system_soft_record_status": "VARCHAR(50)",
        "system_soft_record_start_time": "DATETIME", "system_soft_record_end_time": "DATETIME",
        "system_soft_record_remark": "TEXT"},
}


@pytest.fixture(params=["sqlite", "mariadb"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    with MariaDB(tmp_path / "mariadb") as server:
        yield server.url


@pytest.fixture
def on_mariadb(mariadb: MariaDB) -> Iterator[Database]:
    mariadb.empty()
    database = Database(mariadb.url)
    yield database
    database.close()


def repository(number: int) -> RepositoryRow:
    return RepositoryRow(name=f"r{number}", url="u", ref="main", path="", interval=0, status="NEVER", report={})


def names(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(RepositoryRow.name).order_by(RepositoryRow.id)))


def test_tables_and_columns_are_those_of_the_contract(database: Database) -> None:
    found = inspect(database.engine)
    for table, wanted in CONTRACT.items():
        columns = {column["name"]: column["type"] for column in found.get_columns(table)}
        shown = {name: str(columns[name].compile(database.engine.dialect)) for name in wanted}
        types = {name: kind.split(" COLLATE")[0].replace("BIGINT(20)", "BIGINT") for name, kind in shown.items()}
        if database.engine.dialect.name == "sqlite":
            # SQLite numbers rows by itself only when the type is called INTEGER.
            assert types.pop(f"{table}_id") == "INTEGER"
            wanted = {name: kind for name, kind in wanted.items() if name != f"{table}_id"}
        assert types == wanted


def test_the_migrations_make_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_again_changes_nothing(database: Database) -> None:
    with database.session() as session:
        session.add(repository(1))
    database.migrate()
    assert names(database) == ["r1"]


def test_several_processes_may_migrate_at_once(bare_url: str) -> None:
    code = "import sys; from softops.db import Database; Database(sys.argv[1]).migrate()"
    processes = [subprocess.Popen([sys.executable, "-c", code, bare_url], stderr=subprocess.PIPE) for _ in range(4)]
    ends = [(process.communicate()[1].decode(), process.returncode) for process in processes]
    assert [code for _, code in ends] == [0] * 4, ends
    database = Database(bare_url)
    assert {*TABLES, "alembic_version"} == set(inspect(database.engine).get_table_names())
    database.close()


def test_a_migration_that_was_cut_off_is_taken_up(bare_url: str) -> None:
    database = Database(bare_url)
    database.migrate()
    with database.session() as session:
        for statement in ("DROP TABLE system_soft_event", "DELETE FROM alembic_version"):
            session.execute(text(statement))
    database.migrate()
    assert "system_soft_event" in inspect(database.engine).get_table_names()
    database.close()


def test_a_newer_schema_is_left_alone(bare_url: str) -> None:
    database = Database(bare_url)
    database.migrate()
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="schema 9999, this softops knows only up to 0003") as refused:
        database.migrate()
    assert refused.value.reason == "DATABASE_NEWER"
    database.close()


def test_twenty_threads_may_write_at_once(database: Database) -> None:
    with database.session() as session:
        session.add(repository(0))
    barrier = threading.Barrier(20)

    def write(number: int) -> None:
        barrier.wait()
        for round_ in range(10):
            def work(session: Session) -> None:
                session.execute(update(RepositoryRow).where(RepositoryRow.name == "r0")
                                .values(interval=RepositoryRow.interval + 1))
                session.add(repository(1 + number * 10 + round_))  # noqa: B023
            database.run(work)
            with database.reading() as session:
                session.scalar(select(func.count()).select_from(RepositoryRow))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(20)))
    with database.reading() as session:
        assert session.scalar(select(RepositoryRow.interval).where(RepositoryRow.name == "r0")) == 200
    assert len(names(database)) == 201


def test_two_processes_may_write_at_once(database: Database, database_url: str) -> None:
    with database.session() as session:
        session.add(repository(0))
    code = """
import sys
from sqlalchemy import update
from softops.db import Database
from softops.models import RepositoryRow
database = Database(sys.argv[1])
for _ in range(100):
    database.run(lambda session: session.execute(update(RepositoryRow).values(interval=RepositoryRow.interval + 1)))
"""
    processes = [subprocess.Popen([sys.executable, "-c", code, database_url]) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    with database.reading() as session:
        assert session.scalar(select(RepositoryRow.interval)) == 300


def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        database = Database(f"sqlite:///{tmp_path / 'new.db'}")
        database.migrate()
        found = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*")}
        database.close()
    finally:
        os.umask(before)
    assert found["new.db"] == 0o600
    assert set(found.values()) == {0o600}


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.session() as session:
        session.add(repository(1))
        session.flush()
        assert names(database) == []
    assert names(database) == ["r1"]


def test_an_error_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.session() as session:
            session.add(repository(1))
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(database) == []


def test_a_deadlock_is_tried_again(database: Database) -> None:
    with database.session() as session:
        session.add_all([repository(1), repository(2)])
    meeting = threading.Barrier(2, timeout=30)
    tries: list[tuple[str, ...]] = []

    def cross(order: tuple[str, ...]) -> None:
        def work(session: Session) -> None:
            tries.append(order)
            for name in order:
                session.execute(update(RepositoryRow).where(RepositoryRow.name == name)
                                .values(interval=RepositoryRow.interval + 1))
                # In the first round each has one row before it asks for the other's.
                if name == order[0] and len(tries) <= 2 and database.engine.dialect.name != "sqlite":
                    meeting.wait()
        database.run(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, [("r1", "r2"), ("r2", "r1")]))
    with database.reading() as session:
        assert session.scalars(select(RepositoryRow.interval)).all() == [2, 2]
    # SQLite has one writer at a time, so nobody can lose there.
    assert len(tries) == (2 if database.engine.dialect.name == "sqlite" else 3)


def test_a_violated_rule_is_named(database: Database) -> None:
    with pytest.raises(ConstraintViolated) as twice, database.session() as session:
        session.add_all([repository(1), repository(1)])
    assert twice.value.constraint == "uq_system_soft_repository_name"
    row = {"repository_id": a_repository(database).id, "name": "nginx", "version": "1", "docker_image": "n",
           "description": "", "status": "AVAILABLE", "create_time": NOW, "update_time": NOW, "commit": "c", "entry": {},
           "entry_hash": "", "version_key": ""}
    with pytest.raises(ConstraintViolated) as thrice, database.session() as session:
        session.execute(insert(ImageRow), [row, {**row, "name": "Nginx"}, row])
    assert thrice.value.constraint == "uq_system_soft_image_version"


def test_rows_must_point_at_rows(database: Database) -> None:
    job, _ = a_job(database)
    with pytest.raises(ConstraintViolated), database.session() as session:
        session.execute(update(JobRow).where(JobRow.id == job.id).values(soft_id=99))


@pytest.mark.parametrize(("message", "name"), [
    ("UNIQUE constraint failed: system_soft_record.system_soft_record_active_key", "uq_system_soft_record_active_key"),
    ("(1062, \"Duplicate entry '7:a.b' for key 'uq_system_soft_app_name'\")", "uq_system_soft_app_name"),
    ("(1062, \"Duplicate entry 'x' for key 'system_soft_app.uq_system_soft_app_name'\")", "uq_system_soft_app_name"),
    ("(1452, 'Cannot add: a foreign key constraint fails (`s`.`r`, CONSTRAINT `fk_x` FOREIGN KEY ...')", "fk_x"),
    ("FOREIGN KEY constraint failed", "FOREIGN KEY constraint failed"),
])
def test_every_database_has_its_way_to_name_a_rule(message: str, name: str) -> None:
    assert violated(message) == name


@pytest.mark.parametrize(("url", "shown"), [
    ("postgresql://me:secret@host/x", "postgresql://me:***@host/x"),
    ("mysql+mysqldb://me:secret@host/x", "mysql+mysqldb://me:***@host/x"),
    ("sqlite://", "sqlite://"),
    ("sqlite:///:memory:", "sqlite:///%3Amemory%3A"),
    ("me:secret@host", "…"),
])
def test_an_unusable_url_is_refused_without_its_password(url: str, shown: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Database(url)
    assert refused.value.params["value"] == shown
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["mysql+pymysql://me:secret@127.0.0.1:1/softops?read_timeout=9",
                                 "sqlite:////nonexistent/softops.db"])
def test_a_database_that_is_not_there_is_a_sentence(url: str) -> None:
    database = Database(url)
    for use in (database.migrate, lambda: names(database), lambda: a_repository(database)):
        with pytest.raises(DatabaseError) as gone:
            use()
        assert gone.value.reason == "DATABASE_FAILED"
        assert "secret" not in str(gone.value)
        assert "nonexistent" in str(gone.value) or "127.0.0.1" in str(gone.value)
    database.close()


def test_a_wrong_password_is_not_told(mariadb: MariaDB) -> None:
    database = Database(mariadb.url.replace("rd@", "rX@"))
    with pytest.raises(DatabaseError, match="Access denied") as gone:
        names(database)
    assert "rX" not in str(gone.value) + gone.value.text("zh")
    database.close()


def test_a_database_that_comes_back_is_used_again(tmp_path: Path) -> None:
    with MariaDB(tmp_path / "mariadb") as server:
        database = Database(server.url)
        database.migrate()
        a_repository(database)
        server.stop()
        server.start()
        assert names(database) == ["catalog"]
        database.close()


def test_a_lost_connection_is_a_sentence(mariadb: MariaDB, on_mariadb: Database) -> None:
    def lose() -> None:
        with on_mariadb.session() as session:
            own = session.scalar(text("SELECT CONNECTION_ID()"))
            with mariadb.connect() as other, other.cursor() as cursor:
                cursor.execute(f"KILL {own}")
            session.add(repository(1))

    with pytest.raises(DatabaseError) as lost:
        lose()
    assert lost.value.reason == "DATABASE_FAILED"
    assert names(on_mariadb) == []


def test_stored_times_are_naive_and_in_whole_seconds(database: Database) -> None:
    with database.session() as session:
        row = repository(1)
        row.sync_time = NOW.replace(microsecond=999_999)
        session.add(row)
    with database.reading() as session:
        assert session.scalar(select(RepositoryRow.sync_time)) == NOW
    with pytest.raises(DatabaseRefused) as refused, database.session() as session:
        session.execute(update(RepositoryRow).values(sync_time=datetime.now(UTC)))
    assert isinstance(refused.value.__cause__, StatementError)


def test_json_comes_back_as_it_went_in(database: Database) -> None:
    report = {"text": "网络 😀 {{ x }} \u2028", "numbers": [1, 2.5, None, True], "empty": {}, "long": "x" * 200_000}
    with database.session() as session:
        row = repository(1)
        row.report = report
        session.add(row)
    with database.reading() as session:
        assert session.scalar(select(RepositoryRow.report)) == report


def test_too_long_text_is_cut_where_it_may_be() -> None:
    assert (clip(None), clip("short"), clip("x" * 16_000)) == (None, "short", "x" * 16_000)
    assert clip("x" * 16_001) == "x" * 15_999 + "…"


def test_too_long_values_are_refused_on_mariadb(on_mariadb: Database) -> None:
    with pytest.raises(DatabaseRefused, match="Data too long"):
        a_repository(on_mariadb, "x" * 101)


def test_writing_while_writing_is_told_instead_of_waiting_for_ever(tmp_path: Path,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "PATIENCE", 0.1)
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.migrate()
    with database.session(), pytest.raises(DatabaseError, match=r"has been writing for 0\.1 s"):
        a_repository(database)
    a_repository(database)
    database.close()


def test_a_locked_sqlite_file_is_waited_for_and_then_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "PATIENCE", 0.1)
    one, two = (Database(f"sqlite:///{tmp_path / 'x.db'}") for _ in range(2))
    one.migrate()
    with one.session() as session:
        session.add(repository(1))
        session.flush()
        with pytest.raises(DatabaseError, match="locked"):
            a_repository(two)
    a_repository(two)
    one.close()
    two.close()


def test_a_percent_sign_in_the_path_of_the_package_is_no_matter(tmp_path: Path) -> None:
    package = tmp_path / "100%"
    shutil.copytree(Path(db.__file__).parent, package / "softops", ignore=shutil.ignore_patterns("__pycache__"))
    code = f"from softops.db import Database; Database('sqlite:///{tmp_path / 'x.db'}').migrate()"
    subprocess.run([sys.executable, "-c", code], cwd=package, check=True)
