"""hooks.py: a genuine push is taken once, by the repository that it is for."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from softops.accessmodels import WebhookRow
from softops.db import Database
from softops.entities import Repository
from softops.errors import BadRequest, Conflict, Forbidden
from softops.hookmarks import HookMarks
from softops.hooks import Hooked, Hooks, Taken
from softops.models import RepositoryRow
from softops.repositories import Repositories
from softops.syncqueue import SyncQueue
from softops.vault import Vault
from softops.webhooks import signature
from tests.factories import NOW, a_repository
from tests.waiting import wait_until

SECRET = "correct horse battery"
TIME = 1_700_000_000


class Desk:
    """Hooks over a database, with syncs that only note themselves."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.repositories = Repositories(database)
        self.synced: list[int] = []
        self.queue = SyncQueue(self.synced.append)
        self.hooks = Hooks(repositories=self.repositories, vault=Vault(Fernet.generate_key().decode()),
                           marks=HookMarks(database, lambda: NOW), queue=self.queue, now=lambda: TIME)

    def hooked(self, name: str = "catalog", secret: str = SECRET) -> Hooked:
        self.hooks.set_secret(a_repository(self.database, name).id, secret)
        found = self.hooks.find(name)
        assert found is not None
        return found

    def push(self, hooked: Hooked, ref: str = "refs/heads/main", *, at: int = TIME, secret: str = SECRET) -> Taken:
        body = b'{"ref": "%b"}' % ref.encode()
        return self.hooks.take(hooked, {"x-softops-timestamp": str(at),
                                        "x-softops-signature": signature(secret, at, body)}, body)


@pytest.fixture
def desk(database: Database) -> Iterator[Desk]:
    made = Desk(database)
    yield made
    made.queue.stop()


def test_a_push_is_synced(desk: Desk) -> None:
    hooked = desk.hooked()
    assert desk.push(hooked) == Taken(reason="WEBHOOK_TAKEN", syncs=True, params={
        "repository": "catalog", "ref": "main", "pushed": "refs/heads/main", "event": "push"})
    wait_until(lambda: desk.synced == [hooked.repository.id])


def test_the_same_push_is_not_taken_again(desk: Desk) -> None:
    hooked = desk.hooked()
    desk.push(hooked)
    again = desk.push(hooked)
    assert (again.reason, again.syncs) == ("WEBHOOK_REPLAYED", False)
    assert desk.push(hooked, at=TIME + 1).syncs


def test_of_two_at_the_same_time_one_is_taken(desk: Desk) -> None:
    hooked = desk.hooked()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: desk.push(hooked).syncs, range(8)))
    assert sorted(taken) == [*[False] * 7, True]


def test_the_same_push_is_another_one_for_another_repository(desk: Desk) -> None:
    assert [desk.push(desk.hooked(name)).syncs for name in ("catalog", "other")] == [True, True]


def test_a_push_elsewhere_is_left_alone_and_not_remembered(desk: Desk) -> None:
    taken = desk.push(desk.hooked(), "refs/heads/feature")
    assert (taken.reason, taken.syncs, taken.params["pushed"]) == ("WEBHOOK_OTHER_REF", False, "refs/heads/feature")
    with desk.database.reading() as session:
        assert session.scalars(select(WebhookRow)).all() == []


def test_a_forged_push_leaves_the_true_one_its_place(desk: Desk) -> None:
    hooked = desk.hooked()
    with pytest.raises(Forbidden):
        desk.push(hooked, secret="x" * 20)
    assert desk.push(hooked).syncs


def test_a_repository_is_found_by_name_or_else_by_id(desk: Desk) -> None:
    catalog = desk.hooked().repository
    named_like_it = desk.hooked(str(catalog.id)).repository
    assert desk.hooks.find("catalog") == Hooked(repository=catalog, secret=SECRET)
    found = desk.hooks.find(str(named_like_it.id))
    assert found is not None
    assert found.repository == named_like_it
    by_number = desk.hooks.find(str(catalog.id))
    assert by_number is not None
    assert by_number.repository == named_like_it


@pytest.mark.parametrize("name", ["nothing", "0", "99", "-1", "9" * 40, "1.0", "١"])
def test_what_does_not_exist_is_not_found(desk: Desk, name: str) -> None:
    desk.hooked()
    assert desk.hooks.find(name) is None


def test_without_a_secret_a_repository_takes_nothing(desk: Desk) -> None:
    repository = a_repository(desk.database)
    assert (repository.webhook, desk.hooks.find("catalog")) == (False, None)
    desk.hooked()
    assert desk.hooks.set_secret(repository.id, "") == repository
    assert desk.hooks.find("catalog") is None


def test_a_removed_repository_takes_nothing_also_when_it_comes_back(desk: Desk) -> None:
    repository = desk.hooked().repository
    desk.repositories.remove(repository.id, NOW)
    assert (desk.hooks.find("catalog"), desk.hooks.find(str(repository.id))) == (None, None)
    with pytest.raises(Conflict):
        desk.hooks.set_secret(repository.id, SECRET)
    assert a_repository(desk.database).webhook is False
    assert desk.hooks.find("catalog") is None


def test_a_change_of_the_repository_leaves_its_secret(desk: Desk) -> None:
    desk.hooked()
    changed: Repository = a_repository(desk.database, ref="release")
    assert desk.hooks.find("catalog") == Hooked(repository=replace(changed, webhook=True), secret=SECRET)


def test_a_short_secret_is_refused(desk: Desk) -> None:
    with pytest.raises(BadRequest, match="at least 16"):
        desk.hooks.set_secret(a_repository(desk.database).id, "short")


def test_the_secret_can_not_be_read_in_the_database(desk: Desk) -> None:
    desk.hooked()
    with desk.database.reading() as session:
        stored = session.scalars(select(RepositoryRow.webhook)).one()
    assert stored is not None
    assert SECRET not in stored
    assert SECRET not in repr(desk.hooks.find("catalog"))


def test_what_nobody_looks_at_is_synced_at_the_start(desk: Desk) -> None:
    never = a_repository(desk.database, "never", interval=0)
    desk.hooks.set_secret(never.id, SECRET)
    a_repository(desk.database, "unhooked", interval=0)
    desk.hooked("polled")
    desk.hooks.start()
    wait_until(lambda: desk.synced == [never.id])


def test_marks_are_kept_for_thirty_days(database: Database) -> None:
    repository = a_repository(database)

    def take(days: int, *marks: str) -> bool:
        return HookMarks(database, lambda: NOW + timedelta(days=days)).take(repository.id, marks)

    assert take(0, "a", "b")
    assert [take(30, "a"), take(30, "b", "c"), take(30, "c")] == [False, False, True]
    assert take(31, "a", "b")
