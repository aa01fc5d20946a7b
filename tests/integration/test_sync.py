"""sync.py: the table follows git, whole commits at a time, and never loses the last good state."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import softops.sync
from softops.catalog import Catalog
from softops.clock import utc_now
from softops.credentials import Credentials
from softops.db import Database
from softops.entities import Repository
from softops.errors import ConfigError, Conflict, GitError, NotFound
from softops.git import GitMirror
from softops.images import Images
from softops.registry import RegistryClient
from softops.repositories import Repositories
from softops.statuses import ImageStatus, RepositoryStatus
from softops.sync import Syncer
from softops.syncreport import Refusal, SyncReport
from softops.vault import make_vault
from tests.factories import NOW, a_repository, an_app
from tests.homes import commit, git
from tests.integration.syncworld import World, many, software


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    made = World(database, tmp_path)
    yield made
    made.client.close()


def test_a_first_sync_fills_the_table(world: World) -> None:
    sha = world.commit(software("nginx", "1.21.0", "1.22.1") | software("redis", "7"))
    report = world.sync()
    assert report == SyncReport(repository="catalog", status=RepositoryStatus.OK, commit=sha, added=3)
    assert world.table() == [("nginx", "1.22.1", "AVAILABLE", sha), ("nginx", "1.21.0", "AVAILABLE", sha),
                             ("redis", "7", "AVAILABLE", sha)]
    repository = world.repository
    assert (repository.status, repository.commit, repository.sync_time) == (RepositoryStatus.OK, sha, NOW)
    assert replace(SyncReport.from_json("catalog", repository.report), seconds=0) == report


def test_every_row_says_which_commit_it_came_from(world: World) -> None:
    first = world.commit(many("a", "b", "c", "d"))
    world.sync()
    world.remove("c")
    second = world.commit(software("b", "1", extra="description: new\n") | software("e", "1"))
    report = world.sync()
    assert report == SyncReport(repository="catalog", status=RepositoryStatus.OK, commit=second, added=1, changed=1,
                                retired=1, unchanged=2, before=4)
    assert world.table() == [("a", "1", "AVAILABLE", first), ("b", "1", "AVAILABLE", second),
                             ("c", "1", "RETIRED", second), ("d", "1", "AVAILABLE", first),
                             ("e", "1", "AVAILABLE", second)]
    assert world.repository.commit == second


def test_a_bad_file_stops_nothing_and_removes_nothing(world: World) -> None:
    first = world.commit(many("a", "b"))
    world.sync()
    second = world.commit({"catalog/a/software.yml": ""} | many("c"))
    report = world.sync()
    assert report == SyncReport(
        repository="catalog", status=RepositoryStatus.PARTIAL, commit=second, added=1, unchanged=1, kept=1, before=2,
        problem_count=1, problems=(
            Refusal(file="a/software.yml", line=1, column=1, warning=False,
                    en="The file is empty. Describe the software in it or remove it.",
                    zh="文件为空。请在其中描述软件，或删除文件。"),))
    assert world.table() == [("a", "1", "AVAILABLE", first), ("b", "1", "AVAILABLE", first),
                             ("c", "1", "AVAILABLE", second)]
    assert world.repository.commit == second


def test_a_mended_file_is_taken_again(world: World) -> None:
    world.commit({"catalog/a/software.yml": "name: [\n"})
    assert world.sync().status is RepositoryStatus.PARTIAL
    sha = world.commit(many("a"))
    assert world.sync() == SyncReport(repository="catalog", status=RepositoryStatus.OK, commit=sha, added=1)


def test_a_commit_that_was_read_is_not_read_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = world.commit(many("a", "b"))
    first = world.sync()
    stored = world.repository.report
    monkeypatch.setattr(softops.sync, "parse_catalog", None)
    assert world.sync() == replace(first, added=0, unchanged=2, before=2)
    assert (world.repository.report, world.repository.commit) == (stored, sha)


def test_a_commit_is_read_again_by_another_softops(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.commit(many("a"))
    world.sync()
    monkeypatch.setattr(softops.sync, "__version__", "99")
    nothing = Catalog(entries=(), problems=(), broken=frozenset("a"))
    monkeypatch.setattr(softops.sync, "parse_catalog", lambda *given: nothing)
    assert world.sync().kept == 1


def test_another_folder_is_read_at_the_same_commit(world: World, database: Database) -> None:
    world.commit(many("a") | {"other/b/software.yml": software("b", "1")["catalog/b/software.yml"]})
    world.sync()
    a_repository(database, url=str(world.git), path="other")
    assert (world.sync().added, [row[:3] for row in world.table()]) == (
        1, [("a", "1", "RETIRED"), ("b", "1", "AVAILABLE")])


def test_retiring_most_of_a_catalog_waits_for_a_confirmation(world: World, database: Database) -> None:
    first = world.commit(many("a", "b", "c"))
    world.sync()
    an_app(database, world.images.find("b"))
    table = world.table()
    second = world.remove("a", "b")
    waiting = SyncReport(repository="catalog", status=RepositoryStatus.WAITING, commit=second, retired=2,
                         retired_installed=1, unchanged=1, before=3, waiting=True)
    assert [world.sync(), world.sync()] == [waiting, waiting]
    assert (world.table(), world.repository.status, world.repository.commit) == (
        table, RepositoryStatus.WAITING, first)
    assert world.sync(confirm=True) == replace(waiting, status=RepositoryStatus.OK, waiting=False)
    assert [row[2] for row in world.table()] == ["RETIRED", "RETIRED", "AVAILABLE"]
    assert (world.repository.status, world.repository.commit) == (RepositoryStatus.OK, second)


def test_the_only_version_is_retired_by_the_same_rule(world: World, database: Database) -> None:
    world.commit(many("a"))
    world.sync()
    an_app(database, world.images.find("a"))
    (world.git / "catalog" / "a" / "software.yml").rename(world.git / "catalog" / "kept.md")
    commit(world.git, {})
    assert (world.sync().waiting, world.table()[0][2]) == (True, "AVAILABLE")


def test_what_is_installed_nowhere_is_retired_at_once(world: World, database: Database) -> None:
    world.commit(many("a", "b", "c"))
    world.sync()
    an_app(database, world.images.find("c"))
    sha = world.remove("a", "b")
    assert world.sync() == SyncReport(repository="catalog", status=RepositoryStatus.OK, commit=sha, retired=2,
                                      unchanged=1, before=3)


def test_what_another_place_does_not_have_is_retired_at_once_and_told(world: World, database: Database,
                                                                      tmp_path: Path) -> None:
    world.commit(many("a", "b"))
    world.sync()
    an_app(database, world.images.find("a"))
    sha = commit(tmp_path / "own", many("mine"))
    a_repository(database, url=str(tmp_path / "own"))
    moved = SyncReport(repository="catalog", status=RepositoryStatus.OK, commit=sha, added=1, retired=2,
                       retired_installed=1, moved=True, before=2)
    assert world.sync() == moved
    assert world.sync() == replace(moved, added=0, retired=0, retired_installed=0, moved=False, unchanged=1, before=1)


def test_only_the_commit_that_was_seen_is_confirmed(world: World, database: Database) -> None:
    world.commit(many("a", "b", "c"))
    world.sync()
    an_app(database, world.images.find("b"))
    seen = world.remove("a", "b")
    assert world.sync().waiting
    table, report = world.table(), world.repository.report
    later = commit(world.git, {"catalog/new.md": "x"})
    with pytest.raises(Conflict, match=f"is at commit {later} now, not at {seen}"):
        world.syncer.sync(world.repository.id, confirm=True, commit=seen)
    assert (world.table(), world.repository.report, world.repository.status) == (
        table, report, RepositoryStatus.WAITING)
    assert world.syncer.sync(world.repository.id, confirm=True, commit=later[:12]).retired == 2


def test_a_removed_repository_retires_its_software_and_lets_go_of_its_mirror(world: World, database: Database) -> None:
    sha = world.commit(many("a", "b"))
    world.sync()
    a = world.images.find("a")
    an_app(database, a)
    before = world.repository
    assert world.syncer.remove(before.id) == (
        replace(before, status=RepositoryStatus.REMOVED, report={}), 2)
    assert world.table() == [("a", "1", "RETIRED", sha), ("b", "1", "RETIRED", sha)]
    assert (world.repositories.all(), list((world.var / "git").glob("*.git"))) == ((), [])
    with pytest.raises(Conflict, match="was removed"):
        world.sync()
    assert world.syncer.refresh(a.id).status is ImageStatus.RETIRED
    assert world.syncer.remove(before.id)[1] == 0


def test_a_removed_repository_that_comes_back_is_what_it_was(world: World, database: Database) -> None:
    sha = world.commit(many("a", "b"))
    world.sync()
    table = world.table()
    world.syncer.remove(world.repository.id)
    a_repository(database, url=str(world.git))
    assert world.repository.commit is None
    assert world.sync() == SyncReport(repository="catalog", status=RepositoryStatus.OK, commit=sha, added=2)
    assert (world.table(), world.repository.commit) == (table, sha)


def test_a_sync_that_is_overtaken_by_a_removal_brings_nothing_back(world: World,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    world.commit(many("a", "b"))
    parse = softops.sync.parse_catalog

    def removed_meanwhile(*given: object) -> Catalog:
        world.syncer.remove(world.repository.id)
        return parse(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(softops.sync, "parse_catalog", removed_meanwhile)
    world.sync()
    assert {row[2] for row in world.table()} == {"RETIRED"}
    assert (world.repository.status, list((world.var / "git").glob("*.git"))) == (RepositoryStatus.REMOVED, [])


def test_the_mirror_of_a_place_goes_when_nobody_names_it_any_more(world: World, tmp_path: Path) -> None:
    world.commit(many("a"))
    world.sync()

    def place(name: str, where: Path) -> Repository:
        return world.syncer.place(name=name, url=str(where), ref="main", path="catalog", interval=0)

    other = place("other", world.git)
    commit(tmp_path / "own", many("mine"))
    place("catalog", tmp_path / "own")
    assert len(list((world.var / "git").glob("*.git"))) == 1
    assert world.syncer.sync(other.id).added == 1
    world.syncer.remove(other.id)
    assert list((world.var / "git").glob("*.git")) == []
    assert world.sync().added == 1


def test_a_commit_that_waits_is_given_up_by_another_one(world: World, database: Database) -> None:
    world.commit(many("a", "b", "c"))
    world.sync()
    an_app(database, world.images.find("a"))
    world.remove("a", "b")
    world.sync()
    world.commit(many("a", "b"))
    assert (world.sync().status, world.sync().unchanged) == (RepositoryStatus.OK, 3)


def test_a_repository_that_is_gone_leaves_the_last_good_state(world: World) -> None:
    sha = world.commit(many("a", "b"))
    world.sync()
    table = world.table()
    world.git.rename(world.git.with_name("away"))
    with pytest.raises(GitError) as gone:
        world.sync()
    repository = world.repository
    assert (world.table(), repository.status, repository.commit) == (table, RepositoryStatus.FAILED, sha)
    assert repository.report["error"] == {"en": gone.value.text("en"), "zh": gone.value.text("zh")}
    world.git.with_name("away").rename(world.git)
    assert (world.sync().status, world.repository.status, world.repository.report["error"]) == (
        RepositoryStatus.OK, RepositoryStatus.OK, None)


def test_a_first_sync_that_fails_is_told_too(world: World) -> None:
    with pytest.raises(GitError):
        world.sync()
    assert (world.repository.status, world.repository.commit) == (RepositoryStatus.FAILED, None)
    world.commit({"README.md": "no catalog here"})
    with pytest.raises(GitError, match="catalog"):
        world.sync()
    world.commit(many("a"))
    assert world.sync().added == 1


def test_a_forced_push_is_followed(world: World) -> None:
    world.commit(many("a", "b"))
    world.sync()
    git(world.git, "checkout", "-q", "--orphan", "fresh")
    world.commit(many("a", "b", "c"))
    git(world.git, "branch", "-M", "main")
    assert (world.sync().added, len(world.table())) == (1, 3)


def test_repositories_do_not_touch_each_other(world: World, database: Database, tmp_path: Path) -> None:
    world.commit(many("a"))
    world.sync()
    commit(tmp_path / "second", many("a", "b"))
    second = a_repository(database, "second", url=str(tmp_path / "second"))
    assert world.syncer.sync(second.id).added == 2
    assert len(world.table()) == 3
    world.commit(software("a", "1", extra="description: x\n"))
    assert (world.sync().changed, world.syncer.sync(second.id).unchanged) == (1, 2)


def test_syncs_at_once_do_the_work_once(world: World) -> None:
    world.commit(many(*(f"s{number}" for number in range(50))))
    with ThreadPoolExecutor(6) as pool:
        reports = list(pool.map(lambda _: world.sync(), range(6)))
    assert sorted((report.added, report.unchanged) for report in reports) == [(0, 50)] * 5 + [(50, 0)]


def test_processes_at_once_do_the_work_once(world: World, database_url: str, tmp_path: Path) -> None:
    world.commit(many(*(f"s{number}" for number in range(50))))
    code = """
import sys
from pathlib import Path
from tests.integration.test_sync import other_process
other_process(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
"""
    given = [database_url, str(tmp_path), str(world.repository.id)]
    processes = [subprocess.Popen([sys.executable, "-c", code, *given], stdout=subprocess.PIPE, text=True)
                 for _ in range(3)]
    assert sorted(process.communicate()[0] for process in processes) == ["0 50\n", "0 50\n", "50 0\n"]


def other_process(url: str, directory: Path, repository_id: int) -> None:
    """What each of the processes above does."""
    database, var = Database(url), directory / "var"
    syncer = Syncer(repositories=Repositories(database), images=Images(database), var_dir=var, clock=utc_now,
                    mirror=GitMirror(var / "git"), registry=RegistryClient(),
                    credentials=Credentials(database, make_vault("", var)))
    report = syncer.sync(repository_id)
    print(report.added, report.unchanged)


def test_machines_that_share_no_files_agree_as_well(world: World, database: Database, tmp_path: Path) -> None:
    sha = world.commit(many(*(f"s{number}" for number in range(50))))
    (tmp_path / "elsewhere").mkdir()
    other = World(database, tmp_path / "elsewhere")
    a_repository(database, url=str(world.git))
    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(one.sync) for one in (world, other)]
    assert {end.result().status for end in ends} == {RepositoryStatus.OK}
    assert {row[2:] for row in world.table()} == {("AVAILABLE", sha)}
    assert len(world.table()) == 50


def test_an_unknown_repository_is_named(world: World) -> None:
    with pytest.raises(NotFound, match=r"There is: catalog \(1\)"):
        world.syncer.sync(99)


def test_a_working_directory_that_is_gone_is_told(world: World) -> None:
    world.commit(many("a"))
    shutil.rmtree(world.var)
    with pytest.raises(ConfigError, match="No such file"):
        world.sync()
