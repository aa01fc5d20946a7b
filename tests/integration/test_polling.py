"""polling.py: every repository at its own interval, whatever goes wrong, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from softops.clock import utc_now
from softops.credentials import Credentials
from softops.db import Database
from softops.git import GitMirror
from softops.images import Images
from softops.polling import Poller
from softops.registry import RegistryClient
from softops.repositories import Repositories
from softops.statuses import RepositoryStatus
from softops.sync import Syncer
from softops.vault import make_vault
from tests.factories import a_repository
from tests.homes import SOFTWARE, commit

FILES = {"catalog/demo/software.yml": SOFTWARE}


@pytest.fixture
def poller(database: Database, tmp_path: Path) -> Iterator[Poller]:
    repositories = Repositories(database)
    with RegistryClient() as registry:
        syncer = Syncer(repositories=repositories, images=Images(database), registry=registry, var_dir=tmp_path,
                        mirror=GitMirror(tmp_path / "mirrors"), clock=utc_now,
                        credentials=Credentials(database, make_vault("", tmp_path)))
        made = Poller(repositories=repositories, syncer=syncer, look=0.05)
        made.start()
        yield made
        made.stop()
    assert "poller" not in {thread.name for thread in threading.enumerate()}


def until(true: Callable[[], bool]) -> None:
    """Return as soon as it is true; fail after half a minute."""
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_new_commits_of_every_repository_are_found(database: Database, poller: Poller, tmp_path: Path) -> None:
    for name in ("one", "two"):
        commit(tmp_path / name, FILES)
        a_repository(database, name, url=str(tmp_path / name), interval=1)
    images = Images(database)
    until(lambda: images.page(page=1, size=1).total == 4)
    commit(tmp_path / "two", {"catalog/demo/software.yml": SOFTWARE + '  "3.0": {image: "demo:3.0"}\n'})
    until(lambda: images.page(page=1, size=1).total == 5)


def test_a_broken_repository_does_not_stop_the_others(database: Database, poller: Poller, tmp_path: Path) -> None:
    repositories = Repositories(database)
    broken = a_repository(database, "broken", url=str(tmp_path / "nowhere"), interval=1)
    commit(tmp_path / "good", FILES)
    good = a_repository(database, "good", url=str(tmp_path / "good"), interval=1)
    until(lambda: repositories.get(good.id).status is RepositoryStatus.OK)
    until(lambda: repositories.get(broken.id).status is RepositoryStatus.FAILED)
    commit(tmp_path / "nowhere", FILES)
    until(lambda: repositories.get(broken.id).status is RepositoryStatus.OK)


def test_an_interval_of_zero_means_never(database: Database, poller: Poller, tmp_path: Path) -> None:
    for name in ("silent", "polled"):
        commit(tmp_path / name, FILES)
    silent = a_repository(database, "silent", url=str(tmp_path / "silent"), interval=0)
    polled = a_repository(database, "polled", url=str(tmp_path / "polled"), interval=1)
    repositories = Repositories(database)
    until(lambda: repositories.get(polled.id).status is RepositoryStatus.OK)
    assert repositories.get(silent.id).status is RepositoryStatus.NEVER


def test_it_goes_on_when_the_database_is_back(database: Database, poller: Poller, tmp_path: Path,
                                              caplog: pytest.LogCaptureFixture) -> None:
    commit(tmp_path / "one", FILES)
    with database.session() as session:
        session.execute(text("ALTER TABLE system_soft_repository RENAME TO away"))
    until(lambda: "Repositories could not be read" in caplog.text)
    with database.session() as session:
        session.execute(text("ALTER TABLE away RENAME TO system_soft_repository"))
    made = a_repository(database, url=str(tmp_path / "one"), interval=1)
    until(lambda: Repositories(database).get(made.id).status is RepositoryStatus.OK)


def test_it_stops_at_once_between_two_looks(database: Database, tmp_path: Path) -> None:
    with RegistryClient() as registry:
        repositories = Repositories(database)
        syncer = Syncer(repositories=repositories, images=Images(database), registry=registry, var_dir=tmp_path,
                        mirror=GitMirror(tmp_path / "mirrors"), clock=utc_now,
                        credentials=Credentials(database, make_vault("", tmp_path)))
        poller = Poller(repositories=repositories, syncer=syncer, look=3600)
        poller.start()
        began = time.monotonic()
        poller.stop()
        assert time.monotonic() - began < 5
