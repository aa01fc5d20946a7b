"""Servers that vanish while software on them is started, upgraded, stopped or removed."""

from __future__ import annotations

import pytest

from softops.entities import Job
from softops.service import Service
from softops.statuses import AppState, RecordStatus
from tests.acceptance.services import MakeService
from tests.acceptance.test_interruptions import begin, patient, version_up
from tests.acceptance.test_running import page, run, state
from tests.acceptance.test_running import software as programs
from tests.faults.cases import WEB, ended, failed, failure, retried, says
from tests.fleet import Fleet
from tests.waiting import wait_until

ALIVE = 45
"""Seconds in which ssh notices that a server is silent (3 x 10 s), and some to spare."""


def upgrading(fleet: Fleet, service: Service, name: str) -> Job:
    """An upgrade of a running software on WEB to a version that takes its time to become healthy, half way."""
    assert run(service, name, "1.0", WEB).status is RecordStatus.SUCCESS
    job = begin(service, name, "2.0", WEB)
    wait_until(lambda: version_up(fleet, name) == "2.0", 60)
    return job


def slow_starter(fleet: Fleet, name: str, port: int) -> dict[str, str]:
    fleet.registry.push(name, "1.0", version_text=f"{name} 1.0")
    fleet.registry.push(name, "2.0", version_text=f"{name} 2.0",
                        command=("sh", "-c", "sleep 12; exec httpd -f -p 80 -h /www"))
    return patient(fleet, name, port, "1.0", "2.0")


def reaches(service: Service, job: Job, stage: str) -> bool:
    return any(event.payload.get("stage") == stage for event in service.records.events_after(job.id, 0))


@pytest.mark.parametrize("way", ["cable", "sshd"])
def test_a_server_that_is_away_for_a_moment_in_mid_upgrade_serves_the_old_version_again(
        fleet: Fleet, make_service: MakeService, way: str) -> None:
    name = f"moment-{way}"
    service = make_service(slow_starter(fleet, name, 18501))
    job = upgrading(fleet, service, name)
    server = fleet.server(WEB)
    {"cable": server.unplug, "sshd": server.sshd.stop}[way]()
    try:
        wait_until(lambda: reaches(service, job, "rollback"), ALIVE)
    finally:
        {"cable": server.plug, "sshd": server.sshd.start}[way]()
    record = ended(service, job.id)[WEB]
    assert failure(record) == failed("ROLLED_BACK", 1003), record.remark
    says(record, "1.0 serves again")
    assert (page(fleet, WEB, 18501), state(service, WEB, name)) == (f"{name} 1.0", ("1.0", AppState.RUNNING, 1))


@pytest.mark.timeout(240)
def test_a_server_that_stays_away_in_mid_upgrade_gets_the_old_version_back_when_it_returns(
        fleet: Fleet, make_service: MakeService) -> None:
    service = make_service(slow_starter(fleet, "gonelong", 18502))
    job = upgrading(fleet, service, "gonelong")
    server = fleet.server(WEB)
    server.power_off()
    try:
        record = ended(service, job.id, 120)[WEB]
        assert service.records.job_page(page=1, size=1).records[0].id == job.id
    finally:
        server.start()
    assert failure(record) == failed("START_UNKNOWN", 1001), record.remark
    says(record, "2.0", "not known", "brings back what ran before", "softops retry")
    wait_until(lambda: service.records.job_page(page=1, size=1).records[0].parent_id == job.id, 60)
    amended = service.records.job_page(page=1, size=1).records[0]
    assert ended(service, amended.id)[WEB].status is RecordStatus.SUCCESS
    assert (page(fleet, WEB, 18502), state(service, WEB, "gonelong")) == (
        "gonelong 1.0", ("1.0", AppState.RUNNING, 2))
    assert retried(service, record)[WEB].status is RecordStatus.SUCCESS
    assert (page(fleet, WEB, 18502), state(service, WEB, "gonelong")) == (
        "gonelong 2.0", ("2.0", AppState.RUNNING, 3))


@pytest.mark.timeout(240)
def test_a_server_that_stays_away_in_a_first_start_runs_nothing_of_it_when_it_returns(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("gonefirst", "2.0", command=("sh", "-c", "sleep 12; exec httpd -f -p 80 -h /www"))
    service = make_service(patient(fleet, "gonefirst", 18505, "2.0"))
    job = begin(service, "gonefirst", "2.0", WEB, operation="start")
    wait_until(lambda: version_up(fleet, "gonefirst") == "2.0", 60)
    server = fleet.server(WEB)
    server.unplug()
    try:
        record = ended(service, job.id, 120)[WEB]
    finally:
        server.plug()
    assert failure(record) == failed("START_UNKNOWN", 1001), record.remark
    wait_until(lambda: service.records.job_page(page=1, size=1).records[0].parent_id == job.id, 60)
    amended = service.records.job_page(page=1, size=1).records[0]
    assert ended(service, amended.id)[WEB].status is RecordStatus.SUCCESS
    assert version_up(fleet, "gonefirst") == ""
    removed = service.starts.operate("remove", "gonefirst", service.servers.choose(names=[WEB]), user="tester")
    assert ended(service, removed.id)[WEB].status is RecordStatus.SUCCESS


@pytest.mark.parametrize("operation", ["stop", "remove"])
def test_a_server_that_vanishes_when_software_is_to_stop_is_named_and_a_retry_does_it(
        fleet: Fleet, make_service: MakeService, operation: str) -> None:
    fleet.registry.push("halfstop", "1.0", version_text="halfstop 1.0")
    service = make_service(programs(fleet, "halfstop", 18504, "1.0"))
    assert run(service, "halfstop", "1.0", WEB).status is RecordStatus.SUCCESS
    chosen, server = service.servers.choose(names=[WEB]), fleet.server(WEB)
    job = service.starts.operate(operation, "halfstop", chosen, user="tester")
    wait_until(lambda: reaches(service, job, operation))
    server.sshd.stop()
    try:
        record = ended(service, job.id)[WEB]
    finally:
        server.sshd.start()
    if record.status is not RecordStatus.SUCCESS:  # else it was done before the connection broke
        assert record.code == 1001, record.remark
        assert (record.reason or "").startswith("SSH_"), record.remark
        assert retried(service, record)[WEB].status is RecordStatus.SUCCESS
    assert version_up(fleet, "halfstop") == ""
