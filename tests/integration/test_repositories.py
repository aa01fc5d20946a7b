"""repositories.py: a repository is known by its name, and how its last sync ended is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from softops.db import Database
from softops.entities import Repository
from softops.errors import NotFound
from softops.repositories import Repositories
from softops.statuses import RepositoryStatus
from tests.factories import COMMIT, NOW, a_repository, later


@pytest.fixture
def repositories(database: Database) -> Repositories:
    return Repositories(database)


def test_a_new_repository_was_never_synced(database: Database, repositories: Repositories) -> None:
    made = a_repository(database)
    assert made == Repository(id=1, name="catalog", url="https://git.example.com/catalog.git", ref="main",
                              path="catalog", interval=60, status=RepositoryStatus.NEVER)
    assert (repositories.get(1), repositories.named("catalog"), repositories.all()) == (made, made, (made,))


def test_the_end_of_a_sync_is_kept(database: Database, repositories: Repositories) -> None:
    made = a_repository(database)
    report = {"added": 3, "problems": [{"file": "x", "zh": "错误"}]}
    ended = repositories.finish_sync(made.id, status=RepositoryStatus.PARTIAL, commit=COMMIT, report=report, now=NOW)
    assert ended == replace(made, status=RepositoryStatus.PARTIAL, commit=COMMIT, report=report, sync_time=NOW)
    failed = repositories.finish_sync(made.id, status=RepositoryStatus.FAILED, commit=None, report={}, now=later(9))
    assert failed == replace(ended, status=RepositoryStatus.FAILED, report={}, sync_time=later(9))


def test_another_interval_is_no_reason_to_read_it_anew(database: Database, repositories: Repositories) -> None:
    ended = repositories.finish_sync(a_repository(database).id, status=RepositoryStatus.OK, commit=COMMIT,
                                     report={"added": 1}, now=NOW)
    assert a_repository(database, interval=5) == replace(ended, interval=5)
    assert a_repository(database, interval=5, path="other") == replace(
        ended, interval=5, path="other", status=RepositoryStatus.NEVER, report={})


def test_the_same_name_at_once_is_one_repository(database: Database, repositories: Repositories) -> None:
    barrier = threading.Barrier(8)

    def ensure(number: int) -> int:
        barrier.wait()
        return a_repository(database, url=f"u{number}").id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ensure, range(8)))) == 1
    assert len(repositories.all()) == 1


def test_a_removed_one_comes_back_only_when_it_is_wanted_again(database: Database, repositories: Repositories) -> None:
    made = a_repository(database)
    removed = replace(made, status=RepositoryStatus.REMOVED)
    assert repositories.remove(made.id, NOW) == (removed, 0)
    assert (repositories.all(), repositories.page(page=1, size=9).total, repositories.get(made.id)) == ((), 0, removed)
    with pytest.raises(NotFound, match=r"There is: -|There is: \."):
        repositories.named("catalog")
    assert a_repository(database, again=False) == removed
    assert a_repository(database) == made
    repositories.remove(made.id, NOW)
    assert a_repository(database, again=False, path="other") == replace(made, path="other")


def test_what_a_sync_found_elsewhere_is_not_noted(database: Database, repositories: Repositories) -> None:
    began = a_repository(database)
    moved = a_repository(database, path="other")
    assert repositories.finish_sync(began.id, status=RepositoryStatus.OK, commit=COMMIT, report={"added": 1}, now=NOW,
                                    began=began) == moved == repositories.get(began.id)


def test_pages_are_in_the_order_of_making(database: Database, repositories: Repositories) -> None:
    made = tuple(a_repository(database, name) for name in ("z", "A", "a"))
    page = repositories.page(page=1, size=2)
    assert (page.records, page.total, repositories.page(page=2, size=2).records) == (made[:2], 3, made[2:])


def test_what_does_not_exist_is_answered_with_what_does(database: Database, repositories: Repositories) -> None:
    a_repository(database)
    asked: tuple[Callable[[], object], ...] = (
        lambda: repositories.get(7), lambda: repositories.named("katalog"),
        lambda: repositories.finish_sync(7, status=RepositoryStatus.OK, commit=None, report={}, now=NOW))
    for wanted in asked:
        with pytest.raises(NotFound, match=r"There is: catalog \(1\)"):
            wanted()
