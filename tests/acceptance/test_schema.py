"""softops meets a database of another version: a newer one is refused with the remedy, an older one migrated."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from sqlalchemy import MetaData, insert, text

from softops.config import PROJECT
from softops.db import Database
from softops.upgrade import known_revisions
from tests.conftest import migrate
from tests.demo.serving import SOFTOPS
from tests.homes import make_home
from tests.integration.mariadb import MariaDB
from tests.integration.test_migrations import ROWS, bring_to


@pytest.fixture(params=["sqlite", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'softops.db'}"
        return
    with MariaDB(tmp_path / "m") as server:
        yield server.url


@pytest.fixture
def environment(tmp_path: Path, url: str) -> Mapping[str, str]:
    settings = make_home(tmp_path)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    return kept | {"PYTHONPATH": str(PROJECT), "LANG": "C.UTF-8", "SOFTOPS_HOME": str(settings.home),
                   "SOFTOPS_CATALOG": settings.catalog, "SOFTOPS_CATALOG_REF": "main", "SOFTOPS_SYNC_INTERVAL": "0",
                   "SOFTOPS_DATABASE": url, "SOFTOPS_PORT": "0", "SOFTOPS_LANGUAGE": "en"}


def run(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SOFTOPS, *words], env=dict(environment), check=False, capture_output=True, text=True,
                          timeout=60)


@pytest.mark.parametrize("words", [("serve",), ("records", "--json")])
def test_a_newer_schema_is_refused_with_the_remedy_and_left_alone(environment: Mapping[str, str], url: str,
                                                                   words: tuple[str, ...]) -> None:
    migrate(url)
    database = Database(url)
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    done = run(environment, *words)
    newest = known_revisions()[-1]
    assert done.returncode == 1
    assert (f"The database has schema 9999, this softops knows only up to {newest}. Start the newer softops, or "
            "restore the backup from before the upgrade.") in done.stderr
    assert "Traceback" not in done.stderr
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
        assert session.scalar(text("SELECT COUNT(*) FROM system_soft_repository")) == 0
    database.close()


def test_an_older_schema_is_brought_up_to_date_with_everything_in_it(environment: Mapping[str, str],
                                                                      url: str) -> None:
    database = Database(url)
    bring_to(database, "0001")
    tables = MetaData()
    tables.reflect(database.engine)
    with database.session() as session:
        for table, row in ROWS.items():
            session.execute(insert(tables.tables[table]).values(
                {f"{table}_{name}": value for name, value in row.items()}))
    done = run(environment, "records", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)
    assert (row["systemSoftRecordId"], row["systemSoftRecordStatus"], row["systemSoftRecordUser"]) == (
        11, "SUCCESS", "zoë")
    with database.reading() as session:
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == known_revisions()[-1]
    database.close()


def test_a_database_that_is_half_restored_is_not_used(environment: Mapping[str, str], url: str) -> None:
    migrate(url)
    database = Database(url)
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'restoring'"))
    database.close()
    done = run(environment, "list")
    assert done.returncode == 1
    assert "Run `softops restore FILE` again." in done.stderr
