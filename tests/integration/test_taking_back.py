"""rollout.py and worker.py: jobs in waves whose process, database or servers fail them half way."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from softops.config import PROJECT
from softops.entities import FinalState, Job
from softops.owners import this_process
from softops.rollout import LOOK
from softops.service import Service
from softops.statuses import RecordStatus
from softops.waves import Strategy
from tests.conftest import migrate
from tests.factories import FAILED, NOW, some_servers
from tests.homes import make_home
from tests.integration.desk import DONE, GIVEN, Desk, open_desk
from tests.integration.mariadb import MariaDB
from tests.waiting import wait_until

BACK = Strategy(canary=1, on_failure="rollback")
HERE = this_process().rsplit("_", 2)[0]
"""This host, as owners are named after it."""

WAITING = """\
import sys, time
from softops.config import Settings
from softops.errors import DatabaseError
from softops.service import Service
from softops.waves import Strategy

service = Service(Settings.model_validate_json(sys.argv[1]))
service.start()
service.syncer.sync(service.repositories.named("catalog").id)
job = service.installs.request("install", service.images.find("demo", "1.0"), service.servers.all(), user="tester",
                               parameters={}, strategy=Strategy(canary=1, settle=0, approval=True))
while service.records.job(job.id).waiting != "approval":
    time.sleep(0.05)
print("waits", flush=True)
sys.stdin.readline()
waits = None
while waits is None:
    try:
        waits = service.records.job(job.id).waiting or "nothing"
    except DatabaseError:
        time.sleep(0.1)
service.installs.approve(job.id)
print(waits, service.installs.wait(job.id, 30).status, flush=True)
service.stop()
"""
"""A job that waits for an approval, and gets it once a line comes."""


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with open_desk(tmp_path, database_url) as opened:
        yield opened


def left_behind(desk: Desk, *finals: FinalState | None) -> Job:
    """An upgrade on web1, web2 ... whose process is gone; `finals` is how far it got on each."""
    servers = [f"web{number}" for number in range(1, len(finals) + 1)]
    desk.run("shop:1.0", *servers, parameters=GIVEN)
    job = desk.start("shop:2.0", *servers, operation="upgrade", strategy=BACK)
    records = desk.service.records
    records.claim(job.id, owner=f"{HERE}_999999999_1", now=NOW, lease=desk.lease)
    for record, final in zip(records.start_records(job.id, NOW), finals, strict=True):
        if final is not None:
            records.finish_record(record.id, final, NOW, "en")
    return job


def recover(desk: Desk, job: Job) -> Job:
    """The job of a dead process once it has ended, worked on as a thread of the worker would."""
    desk.service.worker.recover()
    desk.service.worker._take(job.id)
    return desk.service.records.job(job.id)


def newest(desk: Desk) -> Job:
    return desk.service.records.job_page(page=1, size=1).records[0]


def test_what_a_dead_process_was_about_to_take_back_is_taken_back(desk: Desk) -> None:
    job = left_behind(desk, DONE, FAILED)
    recover(desk, job)
    undone = newest(desk)
    assert (undone.parent_id, undone.operation, undone.version) == (job.id, "rollback", "1.0")
    assert [one.server_name for one in desk.service.records.job_records(undone.id)] == ["web1"]
    desk.service.worker.recover()
    assert newest(desk).id == undone.id


def test_that_softops_died_is_no_reason_to_take_anything_back(desk: Desk) -> None:
    job = left_behind(desk, DONE, None)
    ended = recover(desk, job)
    assert (ended.status, newest(desk).id) == (RecordStatus.FAILED, job.id)


def test_a_busy_server_does_not_keep_the_others_from_being_taken_back(desk: Desk) -> None:
    some_servers(desk.service.database, "web1", "web2", "web3")
    job = left_behind(desk, DONE, DONE, FAILED)
    busy = desk.starts.operate("restart", "shop", desk.servers("web1"), user="zoe")
    recover(desk, job)
    undone = newest(desk)
    assert (undone.parent_id, undone.id > busy.id) == (job.id, True)
    assert [one.server_name for one in desk.service.records.job_records(undone.id)] == ["web2"]


def test_a_job_that_waits_outlives_its_database(tmp_path: Path) -> None:
    with MariaDB(tmp_path / "m") as server:
        migrate(server.url)
        settings = make_home(tmp_path).model_copy(update={"database": server.url}).model_dump_json()
        with subprocess.Popen([sys.executable, "-c", WAITING, settings], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True, cwd=PROJECT) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == "waits\n"
            server.kill()
            # Long enough for the job to look whether it may go on.
            threading.Event().wait(3 * LOOK)
            server.start()
            words, _ = process.communicate("approve\n", timeout=60)
    assert words == "approval SUCCESS\n"


def test_nobody_has_to_approve_a_wave_of_which_nothing_is_left(tmp_path: Path) -> None:
    service = Service(make_home(tmp_path, hosts=("web1", "web2", "web3")))
    service.start()
    try:
        service.syncer.sync(service.repositories.named("catalog").id)
        job = service.installs.request("install", service.images.find("demo", "1.0"), service.servers.all(),
                                       user="tester", parameters={},
                                       strategy=Strategy(batch=1, settle=0, approval=True))
        wait_until(lambda: service.records.job(job.id).waiting == "approval", 30)
        _, second, third = service.records.job_records(job.id)
        service.installs.cancel_record(third.id)
        service.installs.cancel_record(second.id)
        assert service.installs.wait(job.id, 30).status is RecordStatus.CANCELLED
    finally:
        service.stop()
    assert [(one.status, one.reason) for one in service.records.job_records(job.id)] == [
        (RecordStatus.SUCCESS, "INSTALL_SUCCESS"), *[(RecordStatus.CANCELLED, "CANCELLED")] * 2]


def test_a_wave_that_was_cancelled_is_passed_over(tmp_path: Path) -> None:
    service = Service(make_home(tmp_path, hosts=("web1", "web2", "web3")))
    service.start()
    try:
        service.syncer.sync(service.repositories.named("catalog").id)
        job = service.installs.request("install", service.images.find("demo", "1.0"), service.servers.all(),
                                       user="tester", parameters={},
                                       strategy=Strategy(batch=1, settle=0, approval=True))
        wait_until(lambda: service.records.job(job.id).waiting == "approval", 30)
        service.installs.cancel_record(service.records.job_records(job.id)[1].id)
        wait_until(lambda: service.records.job(job.id).wave == 3, 30)
        wait_until(lambda: service.records.job(job.id).waiting == "approval", 30)
        service.installs.approve(job.id)
        assert service.installs.wait(job.id, 30).status is RecordStatus.CANCELLED
        assert [one.status for one in service.records.job_records(job.id)] == [
            RecordStatus.SUCCESS, RecordStatus.CANCELLED, RecordStatus.SUCCESS]
    finally:
        service.stop()
