"""What a start of unknown end leaves on a server is set right once the server is reached again, and only then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from softops.amends import UNKNOWN, Amends
from softops.entities import FinalState, Job
from softops.statuses import RecordStatus
from tests.factories import FAILED
from tests.integration.desk import GIVEN, Desk, open_desk

LOST = FinalState(status=RecordStatus.FAILED, reason=UNKNOWN, code=1001)


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with open_desk(tmp_path, database_url) as opened:
        yield opened


def amends(desk: Desk, *names: str) -> Amends:
    """Where the servers of these names have just been reached."""
    engines = desk.service.engines
    engines._looked = {server.id: (time.monotonic(), True) for server in (desk.servers(*names) if names else ())}
    return Amends(records=desk.service.records, starts=desk.starts, engines=engines)


def newest(desk: Desk) -> Job:
    return desk.service.records.job_page(page=1, size=1).records[0]


def test_what_ran_before_comes_back_where_the_server_does(desk: Desk) -> None:
    desk.run("shop:1.0", "web1", "web2", parameters=GIVEN)
    job = desk.start("shop:2.0", "web1", "web2", operation="upgrade")
    desk.end(job, LOST)
    amends(desk).make()
    assert newest(desk).id == job.id
    amends(desk, "web2").make()
    made = newest(desk)
    assert (made.parent_id, made.operation, made.version, made.user) == (job.id, "rollback", "1.0", "zoe")
    assert [one.server_name for one in desk.service.records.job_records(made.id)] == ["web2"]
    amends(desk, "web2").make()
    assert newest(desk).id == made.id


def test_a_first_start_is_stopped(desk: Desk) -> None:
    job = desk.start("cache:1.0", "web1")
    desk.end(job, LOST)
    amends(desk, "web1").make()
    made = newest(desk)
    assert (made.parent_id, made.operation, made.soft_name) == (job.id, "stop", "cache")


def test_what_was_stopped_before_is_stopped_again(desk: Desk) -> None:
    desk.run("cache:1.0", "web1")
    desk.end(desk.starts.operate("stop", "cache", desk.servers("web1"), user="zoe"))
    job = desk.start("cache:1.1", "web1", operation="start")
    desk.end(job, LOST)
    amends(desk, "web1").make()
    made = newest(desk)
    assert (made.parent_id, made.operation) == (job.id, "stop")


def test_whoever_asks_for_something_else_meanwhile_is_quicker(desk: Desk) -> None:
    desk.run("cache:1.0", "web1")
    lost = desk.start("cache:1.1", "web1", operation="upgrade")
    desk.end(lost, LOST)
    retried = desk.service.installs.retry(lost.id, user="max")
    amends(desk, "web1").make()
    assert newest(desk).id == retried.id
    desk.end(retried, FAILED)
    amends(desk, "web1").make()
    assert newest(desk).id == retried.id


def test_another_failure_is_nothing_to_amend(desk: Desk) -> None:
    desk.run("cache:1.0", "web1")
    job = desk.start("cache:1.1", "web1", operation="upgrade")
    desk.end(job, FAILED)
    amends(desk, "web1").make()
    assert newest(desk).id == job.id
