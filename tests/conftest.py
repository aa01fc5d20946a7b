"""What all tests share: real servers and real databases, started when the first test asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from softops.db import Database
from tests.fleet import Fleet
from tests.integration.mariadb import MariaDB


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """Three real servers web1, web2 and web3 with a registry, one fleet for each worker of the test run.

    They are shared, so a test names its things its own.
    """
    with Fleet(3) as running:
        yield running


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariaDB]:
    """A running MariaDB whose tables are made; one for each worker of the test run."""
    with MariaDB(tmp_path_factory.mktemp("mariadb")) as running:
        migrate(running.url)
        yield running


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file whose tables are made, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with all tables and no rows, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "softops.db"
        shutil.copy(request.getfixturevalue("sqlite_file"), path)
        return f"sqlite:///{path}"
    server: MariaDB = request.getfixturevalue("mariadb")
    server.empty()
    return server.url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables and no rows, once of each kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


def migrate(url: str) -> None:
    """Make the tables."""
    opened = Database(url)
    opened.migrate()
    opened.close()
