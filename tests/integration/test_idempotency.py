"""idempotency.py with records.py: a request with a key makes one job, whatever happens in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from softops.db import Database
from softops.entities import Job
from softops.errors import Conflict, ConstraintViolated
from softops.idempotency import Idempotency, making
from softops.jobs import alike
from softops.records import Records
from softops.requestkeys import KeyedRequest
from tests.factories import NOW, a_draft, later, some_servers

REQUEST = KeyedRequest(user="li", key="8e03978e", digest="a" * 64)


def keys(database: Database, now: datetime = NOW) -> Idempotency:
    return Idempotency(database, lambda: now)


def make(database: Database, request: KeyedRequest, software: str = "nginx", now: datetime = NOW) -> Job:
    draft = replace(a_draft(), soft_name=software)
    with making(request):
        return Records(database).create(draft, alike(draft, some_servers(database)), now)[0]


def jobs(database: Database) -> int:
    return Records(database).job_page(page=1, size=10).total


def test_a_request_that_was_never_here_has_made_nothing(database: Database) -> None:
    assert keys(database).made_by(REQUEST) is None


def test_the_job_of_a_request_is_found_again(database: Database) -> None:
    job = make(database, REQUEST)
    assert keys(database).made_by(REQUEST) == job.id


def test_the_key_of_somebody_else_is_another_key(database: Database) -> None:
    make(database, REQUEST)
    assert keys(database).made_by(replace(REQUEST, user="wang")) is None


def test_a_key_is_compared_letter_by_letter(database: Database) -> None:
    make(database, REQUEST)
    assert keys(database).made_by(replace(REQUEST, key="8E03978E")) is None


def test_another_request_with_the_same_key_is_told_so(database: Database) -> None:
    job = make(database, REQUEST)
    with pytest.raises(Conflict, match=rf"used for another request in the last 24 hours \(job {job.id}\)"):
        keys(database).made_by(replace(REQUEST, digest="b" * 64))


def test_the_same_request_can_not_make_a_second_job(database: Database) -> None:
    make(database, REQUEST, "nginx")
    with pytest.raises(ConstraintViolated) as refused:
        make(database, REQUEST, "redis")
    assert (refused.value.constraint, jobs(database)) == ("uq_system_soft_idempotency_key", 1)


def test_of_many_at_the_same_time_one_makes_a_job(database: Database) -> None:
    some_servers(database)

    def attempt(number: int) -> int | None:
        try:
            return make(database, REQUEST, f"software-{number}").id
        except ConstraintViolated:
            return None

    with ThreadPoolExecutor(8) as pool:
        made = [number for number in pool.map(attempt, range(8)) if number is not None]
    assert (len(made), jobs(database)) == (1, 1)
    assert keys(database).made_by(REQUEST) == made[0]


def test_a_refused_job_leaves_its_key_free(database: Database) -> None:
    holder = make(database, replace(REQUEST, key="other"))
    with pytest.raises(Conflict, match=f"job {holder.id}"):
        make(database, REQUEST)
    assert keys(database).made_by(REQUEST) is None


def test_a_key_is_remembered_for_a_day_and_then_forgotten(database: Database) -> None:
    first = make(database, REQUEST)
    day = timedelta(hours=24)
    assert keys(database, NOW + day).made_by(REQUEST) == first.id
    assert keys(database, NOW + day + timedelta(seconds=1)).made_by(REQUEST) is None
    second = make(database, REQUEST, "redis", later(24 * 3600 + 1))
    assert keys(database, later(24 * 3600 + 1)).made_by(REQUEST) == second.id


def test_without_a_key_nothing_is_kept(database: Database) -> None:
    draft = a_draft()
    Records(database).create(draft, alike(draft, some_servers(database)), NOW)
    assert keys(database).made_by(REQUEST) is None
