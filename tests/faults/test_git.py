"""Git repositories that move, vanish and die in mid-sentence: the last good catalog stays in use; people hear why."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from softops.db import Database
from softops.errors import GitError
from softops.statuses import RepositoryStatus
from tests.bench.catalog_repo import make_repository
from tests.conftest import migrate
from tests.factories import a_repository
from tests.fleet.throttle import Throttle
from tests.homes import commit, git
from tests.integration.syncworld import World, software
from tests.waiting import wait_until


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'softops.db'}"
    migrate(url)
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    made = World(database, tmp_path)
    yield made
    made.client.close()


@contextmanager
def daemon(base: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A git daemon for the repositories below `base`, and its port."""
    port = free_port()
    words = ["git", "daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}",
             f"--base-path={base}", str(base)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: _listens(port))
        yield process, port
    finally:
        end(process)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it with everything that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def gits_in(directory: Path) -> list[str]:
    """The git processes that softops has left behind."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            if words.startswith(b"git\0") and str(directory / "var").encode() in words:
                found.append(words.replace(b"\0", b" ").decode())
    return found


def test_a_force_push_is_followed_and_says_what_left(world: World) -> None:
    world.commit(software("a", "1") | software("b", "1") | software("c", "1"))
    world.sync()
    git(world.git, "checkout", "-q", "--orphan", "other")
    git(world.git, "rm", "-rqf", ".")
    new = commit(world.git, software("a", "2") | software("b", "1") | software("c", "1"), "Rewrite")
    git(world.git, "branch", "-f", "main", "other")
    report = world.sync()
    assert (report.commit, report.status) == (new, RepositoryStatus.OK)
    assert sorted((version, status) for name, version, status, _ in world.table() if name == "a") == [
        ("1", "RETIRED"), ("2", "AVAILABLE")]


def test_a_branch_that_is_gone_is_named_with_those_that_are_there(world: World, tmp_path: Path) -> None:
    world.commit(software("a", "1"))
    world.sync()
    before = world.table()
    git(world.git, "branch", "-m", "main", "trunk")
    # The ref that is asked for is a branch by name.
    world.repositories.ensure(name=world.repository.name, url=str(world.git), ref="main",
                              path=world.repository.path, interval=0)
    with pytest.raises(GitError) as refused:
        world.sync()
    assert refused.value.reason == "GIT_REF_MISSING"
    assert "trunk" in refused.value.text("en")
    assert world.table() == before
    git(world.git, "branch", "-m", "trunk", "main")
    assert world.sync().status is RepositoryStatus.OK


def test_a_server_that_is_down_leaves_the_last_good_state(world: World, database: Database, tmp_path: Path) -> None:
    world.commit(software("a", "1"))
    with daemon(tmp_path) as (process, port):
        other = a_repository(database, name="far", url=f"git://127.0.0.1:{port}/git")
        assert world.syncer.sync(other.id).status is RepositoryStatus.OK
        before = world.table()
        end(process)
        with pytest.raises(GitError) as refused:
            world.syncer.sync(other.id)
    assert refused.value.reason == "GIT_UNREACHABLE"
    after = world.repositories.get(other.id)
    assert (after.status, world.table()) == (RepositoryStatus.FAILED, before)
    with daemon(tmp_path) as (_, again):
        world.repositories.ensure(name="far", url=f"git://127.0.0.1:{again}/git", ref=other.ref, path=other.path,
                                  interval=0)
        assert world.syncer.sync(other.id).status is RepositoryStatus.OK
    wait_until(lambda: gits_in(tmp_path) == [])


def test_a_clone_that_dies_half_way_is_made_anew(world: World, database: Database, tmp_path: Path) -> None:
    make_repository(tmp_path / "large.git", 2000)
    with daemon(tmp_path) as (_, port):
        road = Throttle("127.0.0.1", free_port(), ("127.0.0.1", port))
        try:
            other = a_repository(database, name="far", url=f"git://{road.host}/large.git")
            road.cut_after(60_000)
            with pytest.raises(GitError) as refused:
                world.syncer.sync(other.id)
            assert refused.value.reason in {"GIT_FAILED", "GIT_UNREACHABLE"}
            assert world.repositories.get(other.id).status is RepositoryStatus.FAILED
            assert world.table() == []
            road.resume()
            assert world.syncer.sync(other.id).status is RepositoryStatus.OK
        finally:
            road.close()
    assert list((world.var / "git").glob("*.writing")) == []
    wait_until(lambda: gits_in(tmp_path) == [])
