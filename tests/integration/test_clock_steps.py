"""The clock is set back or forward while a job runs: no job is lost, and nothing ends before it began."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from softops import owners
from softops.clock import utc_now
from softops.entities import Job, Record
from softops.jobs import JobDraft
from softops.service import Service
from softops.statuses import RecordStatus
from tests.factories import a_draft, create_job
from tests.homes import make_home
from tests.waiting import wait_until

WAITS = "ansible.builtin.wait_for: {path: %s, timeout: 60}"


class Clock:
    """A clock that can be set."""

    def __init__(self) -> None:
        self.step = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.step


class Stage:
    """A service whose jobs wait for a file."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.clock = Clock()
        self.gate = directory / "gate"
        settings = make_home(directory, task=WAITS % self.gate).model_copy(update={"database": database_url})
        self.service = Service(settings, self.clock)
        self.service.start()
        self.service.syncer.sync(self.service.repositories.named("catalog").id)

    def begin(self) -> Job:
        service = self.service
        job = service.installs.request("install", service.images.find("demo", "1.0"),
                                       service.servers.choose(names=["web1", "web2"]), user="t", parameters={})
        wait_until(lambda: all(one.status is RecordStatus.RUNNING for one in service.records.job_records(job.id)))
        return job

    def end(self, job: Job) -> tuple[Job, tuple[Record, ...]]:
        self.gate.touch()
        return self.service.installs.wait(job.id, 60), self.service.records.job_records(job.id)


@pytest.fixture
def stage(tmp_path: Path, database_url: str) -> Iterator[Stage]:
    made = Stage(tmp_path, database_url)
    try:
        yield made
    finally:
        made.gate.touch()
        made.service.stop()


@pytest.mark.parametrize("step", [timedelta(days=-400), timedelta(hours=2)])
def test_a_job_goes_on_and_its_times_stay_in_order(stage: Stage, step: timedelta) -> None:
    job = stage.begin()
    stage.clock.step = step
    # Two heartbeats and two looks under the new time.
    before = stage.service.records.job(job.id).lease_until
    wait_until(lambda: stage.service.records.job(job.id).lease_until != before)
    stage.service.worker.recover()
    ended, records = stage.end(job)
    assert (ended.status, {one.status for one in records}) == (RecordStatus.SUCCESS, {RecordStatus.SUCCESS})
    assert ended.start_time is not None
    for one in records:
        assert one.start_time is not None
        assert one.end_time is not None
        assert ended.end_time is not None
        assert ended.create_time <= ended.start_time <= one.start_time <= one.end_time <= ended.end_time


def test_a_job_that_was_made_before_the_step_begins_after_it(stage: Stage) -> None:
    service = stage.service
    stage.gate.touch()
    image, servers = service.images.find("demo", "1.0"), service.servers.choose(names=["web1"])
    draft = JobDraft(operation="install", soft_id=image.id, soft_name=image.name, version=image.version,
                     docker_image=image.docker_image, user="t")
    stage.clock.step = timedelta(hours=-1)
    job, _ = create_job(service.records, draft, servers, utc_now())
    ended, (record,) = stage.end(job)
    assert ended.status is RecordStatus.SUCCESS
    assert ended.start_time == record.start_time == record.end_time == ended.end_time == job.create_time


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1)])
def test_a_softops_elsewhere_whose_clock_is_wrong_takes_nobody_for_dead(
        stage: Stage, step: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    job = stage.begin()
    with monkeypatch.context() as patched:
        # For it, the process that runs the job is one of another host.
        patched.setattr(owners, "_host", lambda: "elsewhere-00000000")
        elsewhere = Service(stage.service.settings, lambda: utc_now() + step)
        for _ in range(3):
            assert elsewhere.worker.recover() == ()
    elsewhere.database.close()
    assert stage.end(job)[0].status is RecordStatus.SUCCESS


def test_a_new_job_of_the_same_software_begins_after_a_step(stage: Stage) -> None:
    job = stage.begin()
    stage.clock.step = timedelta(hours=-3)
    stage.end(job)
    again, _ = create_job(stage.service.records, a_draft(stage.service.images.find("demo", "1.0"), parameters={}),
                          stage.service.servers.choose(names=["web1"]), stage.clock())
    ended = stage.service.installs.wait(again.id, 60)
    assert ended.status is RecordStatus.SUCCESS
