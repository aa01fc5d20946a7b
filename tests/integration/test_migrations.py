"""migrations/: a database that is in use is brought up to date with everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, insert, text

from softops.accessmodels import TABLES
from softops.apps import Apps
from softops.db import Database
from softops.entities import App, Job, Record
from softops.records import Records
from softops.servers import Servers
from softops.statuses import AppState, RecordStatus
from softops.upgrade import MIGRATIONS
from tests.factories import COMMIT, DIGEST, NOW, SUCCESS, a_draft, create_job, later
from tests.integration.mariadb import MariaDB

LONG = "ansible-playbook " + "x" * 20_000

JOB = {"id": 7, "operation": "install", "status": "SUCCESS", "soft_id": 1, "soft_name": "nginx", "version": "1.21.0",
       "docker_image": "nginx:1.21.0", "digest": None, "commit": COMMIT, "repository": "catalog", "user": "zoë",
       "parameters": '{"HTTP_PORT":8080}', "retry_of": None, "seq": 1, "cancel_requested": False, "lease_owner": None,
       "lease_until": None, "command": LONG, "remark": "web1: 安装成功", "create_time": NOW, "start_time": NOW,
       "end_time": later(60)}
RECORD = {"id": 11, "soft_id": 1, "server_id": 1, "status": "SUCCESS", "start_time": NOW, "end_time": later(60),
          "remark": "安装成功", "job_id": 7, "operation": "install", "soft_name": "nginx", "version": "1.21.0",
          "docker_image": "nginx:1.21.0", "server_name": "web1", "user": "zoë", "digest": DIGEST, "commit": COMMIT,
          "parameters": '{"HTTP_PORT":8080}', "code": None, "reason": "INSTALL_SUCCESS", "reason_params": "{}",
          "cancel_requested": False, "active_key": None}
ROWS: dict[str, dict[str, Any]] = {
    "system_soft_repository": {"id": 1, "name": "catalog", "url": "/srv/catalog", "ref": "main", "path": "",
                               "interval": 60, "status": "OK", "commit": COMMIT, "sync_time": NOW, "report": "{}"},
    "system_soft_server": {"id": 1, "name": "web1", "address": "10.0.0.11", "present": True, "status": "ONLINE",
                           "engine_version": "20.10.24", "architecture": "x86_64", "free_bytes": 2**40,
                           "check_time": NOW, "message": None, "create_time": NOW, "update_time": NOW},
    "system_soft_image": {"id": 1, "name": "nginx", "version": "1.21.0", "docker_image": "nginx:1.21.0",
                          "description": "高性能Web服务器", "status": "AVAILABLE", "create_time": NOW,
                          "update_time": NOW, "repository_id": 1, "commit": COMMIT, "digest": None, "size": None,
                          "entry": "{}", "entry_hash": "0" * 64, "version_key": "1"},
    "system_soft_job": JOB, "system_soft_record": RECORD,
    "system_soft_app": {"id": 1, "server_id": 1, "name": "nginx", "soft_id": 1, "version": "1.21.0",
                        "docker_image": "nginx:1.21.0", "digest": DIGEST, "commit": COMMIT,
                        "parameters": '{"HTTP_PORT":8080}', "record_id": 11, "previous_record_id": None,
                        "create_time": NOW, "update_time": later(60)},
    "system_soft_event": {"job_id": 7, "seq": 1, "record_id": 11, "type": "docker_start", "payload": "{}"},
}


def bring_to(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        command.upgrade(config, revision)


@pytest.fixture(params=["sqlite", "mariadb"])
def first(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database as the first release left it, with a row in each table."""
    server = MariaDB(tmp_path / "mariadb") if request.param == "mariadb" else None
    try:
        url = server.__enter__().url if server else f"sqlite:///{tmp_path / 'first.db'}"
        database = Database(url)
        bring_to(database, "0001")
        tables = MetaData()
        tables.reflect(database.engine)
        with database.session() as session:
            for table, row in ROWS.items():
                session.execute(insert(tables.tables[table]).values(
                    {f"{table}_{name}": value for name, value in row.items()}))
        yield database
        database.close()
    finally:
        if server:
            server.__exit__(None, None, None)


def values(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of an entity of this row."""
    kept = {key: value for key, value in row.items() if key not in {"repository", "active_key", "create_time", "id"}}
    parsed = {"parameters": {"HTTP_PORT": 8080}, "status": RecordStatus.SUCCESS, "id": row["id"]}
    return {**kept, **parsed, **({"reason_params": {}} if "reason_params" in row else {"create_time": NOW})}


def test_everything_that_was_there_is_still_there_and_new_columns_say_nothing_yet(first: Database) -> None:
    first.migrate()
    records, apps = Records(first), Apps(first)
    assert records.job(7) == Job(**values(JOB))
    assert records.record(11) == Record(**values(RECORD))
    assert apps.all() == (App(
        server_id=1, server_name="web1", name="nginx", state=AppState.INSTALLED, soft_id=1, version="1.21.0",
        docker_image="nginx:1.21.0", digest=DIGEST, commit=COMMIT, parameters={"HTTP_PORT": 8080}, revision=None,
        managed=False, record_id=11, previous_record_id=None, update_time=later(60)),)
    assert [event.seq for event in records.events_after(7, 0)] == [1]
    assert records.revisions_of(7) == {}


def test_what_was_installed_before_can_be_worked_on_afterwards(first: Database) -> None:
    first.migrate()
    records = Records(first)
    job, (record,) = create_job(records, a_draft(None, soft_id=1), [Servers(first).get(1)], NOW)
    records.start_records(job.id, NOW)
    records.finish_record(record.id, SUCCESS, NOW, "zh")
    (app,) = Apps(first).all()
    assert (job.id, record.id, app.record_id, app.previous_record_id, app.state) == (
        8, 12, 12, 11, AppState.INSTALLED)


def test_a_migration_that_was_cut_off_is_taken_up_where_it_ended(first: Database) -> None:
    with first.session() as session:
        for statement in ("ALTER TABLE system_soft_job ADD COLUMN system_soft_job_options TEXT",
                          "ALTER TABLE system_soft_app ADD COLUMN system_soft_app_revision BIGINT"):
            session.execute(text(statement))
    first.migrate()
    with first.reading() as session:
        counts = {table: session.scalar(text(f"SELECT COUNT(*) FROM {table}")) for table in TABLES}
    assert {table for table, count in counts.items() if count} == ROWS.keys()
