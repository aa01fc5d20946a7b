"""Work that is cut short: cancelled, killed or stopped half way; afterwards records, apps and servers say the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

from softops.config import PROJECT
from softops.entities import Job
from softops.service import Service
from softops.starts import Wish
from softops.statuses import AppState, RecordStatus
from softops.waves import Strategy
from tests.acceptance.services import MakeService
from tests.acceptance.test_running import page, records, run, software, state, told
from tests.fleet import Fleet
from tests.waiting import wait_until

SILENT = ("sleep", "300")
"""The command of an image that serves nothing, so that its health check fails."""
UPGRADE = """\
import sys, threading
from softops.config import Settings
from softops.service import Service
from softops.starts import Wish

service = Service(Settings.model_validate_json(sys.argv[1]))
service.start()
service.hub.subscribe(lambda messages: [print(one.payload.get("stage") or one.payload["type"], flush=True)
                                        for one in messages])
service.starts.start(service.images.find(sys.argv[2], "2.0"), service.servers.choose(names=["web1"]),
                     Wish(user="tester"), operation="upgrade")
threading.Event().wait(100)
"""
"""A process that upgrades a software on web1 and says how far that is."""


def begin(service: Service, name: str, version: str, *servers: str, operation: str = "upgrade",
          strategy: Strategy | None = None) -> Job:
    return service.starts.start(service.images.find(name, version), service.servers.choose(names=servers),
                                Wish(user="tester", strategy=strategy), operation=operation)


def patient(fleet: Fleet, name: str, port: int, *versions: str) -> dict[str, str]:
    """Software whose health check fails for long before that counts."""
    return {path: text.replace("retries: 2", "retries: 200")
            for path, text in software(fleet, name, port, *versions).items()}


def version_up(fleet: Fleet, name: str) -> str:
    """The version whose container is up on web1."""
    return fleet.server("web1").docker("ps", "--filter", f"label=io.softops.name={name}", "--format",
                                       '{{.Label "io.softops.version"}}').strip()


def test_a_cancelled_job_brings_back_what_served_before(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("halt", "1.0", version_text="halt 1.0")
    fleet.registry.push("halt", "2.0", command=SILENT)
    service = make_service(patient(fleet, "halt", 18301, "1.0", "2.0"))
    assert run(service, "halt", "1.0", "web1").status is RecordStatus.SUCCESS
    job = begin(service, "halt", "2.0", "web1")
    wait_until(lambda: version_up(fleet, "halt") == "2.0", 60)
    service.installs.cancel_job(job.id)
    assert service.installs.wait(job.id, 60).status is RecordStatus.CANCELLED
    assert (page(fleet, "web1", 18301), state(service, "web1", "halt")) == ("halt 1.0", ("1.0", AppState.RUNNING, 1))


def test_softops_that_is_stopped_brings_back_what_served_before(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("shut", "1.0", version_text="shut 1.0")
    fleet.registry.push("shut", "2.0", command=SILENT)
    files = patient(fleet, "shut", 18302, "1.0", "2.0")
    service = make_service(files)
    assert run(service, "shut", "1.0", "web1").status is RecordStatus.SUCCESS
    job = begin(service, "shut", "2.0", "web1")
    wait_until(lambda: version_up(fleet, "shut") == "2.0", 60)
    service.stop()
    assert page(fleet, "web1", 18302) == "shut 1.0"
    again = make_service(files)
    record = records(again, job)["web1"]
    assert (record.status, record.reason) == (RecordStatus.FAILED, "INTERRUPTED"), told(record)
    assert state(again, "web1", "shut") == ("1.0", AppState.RUNNING, 1)


def test_stopping_softops_between_waves_takes_nothing_back(fleet: Fleet, make_service: MakeService) -> None:
    for version in ("1.0", "2.0"):
        fleet.registry.push("calm", version, version_text=f"calm {version}")
    files = software(fleet, "calm", 18303, "1.0", "2.0")
    service = make_service(files)
    assert run(service, "calm", "1.0", "web1", "web2").status is RecordStatus.SUCCESS
    job = begin(service, "calm", "2.0", "web1", "web2", strategy=Strategy(
        canary=1, approval=True, settle=0, on_failure="rollback"))
    wait_until(lambda: service.records.job(job.id).waiting == "approval", 60)
    service.stop()
    again = make_service(files)
    assert {name: (one.status, one.reason) for name, one in records(again, job).items()} == {
        "web1": (RecordStatus.SUCCESS, "UPGRADE_SUCCESS"), "web2": (RecordStatus.FAILED, "INTERRUPTED")}
    retried = again.installs.retry(job.id, user="tester")
    assert again.installs.wait(retried.id, 60).status is RecordStatus.SUCCESS
    assert [page(fleet, name, 18303) for name in ("web1", "web2")] == ["calm 2.0"] * 2


def test_a_cancel_while_health_is_looked_at_takes_nothing_back(fleet: Fleet, make_service: MakeService) -> None:
    for version in ("1.0", "2.0"):
        fleet.registry.push("look", version, version_text=f"look {version}")
    service = make_service(software(fleet, "look", 18304, "1.0", "2.0"))
    assert run(service, "look", "1.0", "web1", "web2").status is RecordStatus.SUCCESS
    job = begin(service, "look", "2.0", "web1", "web2", strategy=Strategy(
        canary=1, settle=1, on_failure="rollback"))
    # The look at the first wave hangs.
    wait_until(lambda: service.records.job(job.id).waiting == "settle", 60)
    fleet.server("web1").engine.freeze()
    try:
        wait_until(lambda: bool(list(service.settings.var_dir.glob("runs/*/*/tmp/*"))), 20)
        service.installs.cancel_job(job.id)
        ended = service.installs.wait(job.id, 60)
    finally:
        fleet.server("web1").engine.thaw()
    assert ended.status is RecordStatus.CANCELLED
    assert {name: (one.status, one.reason) for name, one in records(service, job).items()} == {
        "web1": (RecordStatus.SUCCESS, "UPGRADE_SUCCESS"), "web2": (RecordStatus.CANCELLED, "CANCELLED")}
    assert service.records.job_page(page=1, size=1).records[0].id == job.id
    assert page(fleet, "web1", 18304) == "look 2.0"


def test_cancelling_one_software_lets_the_other_on_the_same_server_go_on(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("needed", "1.0", command=("sh", "-c", "sleep 5; exec httpd -f -p 80 -h /www"))
    fleet.registry.push("needing", "1.0")
    files = patient(fleet, "needed", 18305, "1.0") | {path: text + "requires: [needed]\n" for path, text in software(
        fleet, "needing", 18306, "1.0").items()}
    service = make_service(files)
    job = service.starts.start(service.images.find("needing", "1.0"), service.servers.choose(names=["web1"]),
                               Wish(user="tester", with_required=True))
    wait_until(lambda: version_up(fleet, "needed") == "1.0", 60)
    needed, needing = service.records.job_records(job.id)
    service.installs.cancel_record(needing.id)
    service.installs.wait(job.id, 60)
    assert {one.soft_name: one.status for one in service.records.job_records(job.id)} == {
        "needed": RecordStatus.SUCCESS, "needing": RecordStatus.CANCELLED}
    assert service.records.record(needed.id).reason == "START_SUCCESS"


@pytest.mark.parametrize("moment", ["docker_start", "write", "up", "health", "docker_complete"])
def test_a_retry_after_softops_was_killed_sets_everything_right(
        fleet: Fleet, make_service: MakeService, moment: str) -> None:
    name = f"killed-{moment.replace('_', '-')}"
    for version in ("1.0", "2.0"):
        fleet.registry.push(name, version, version_text=f"{name} {version}")
    files = software(fleet, name, 18307, "1.0", "2.0")
    service = make_service(files)
    assert run(service, name, "1.0", "web1").status is RecordStatus.SUCCESS
    service.stop()
    with subprocess.Popen([sys.executable, "-c", UPGRADE, service.settings.model_dump_json(), name], text=True,
                          stdout=subprocess.PIPE, cwd=PROJECT) as process:
        assert process.stdout is not None
        assert any(line == f"{moment}\n" for line in process.stdout)
        process.kill()
    again = make_service(files)
    job = again.installs.wait(again.records.job_page(page=1, size=1).records[0].id, 30)
    if job.status is not RecordStatus.SUCCESS:
        assert records(again, job)["web1"].reason in {"INTERRUPTED_BACK", "INTERRUPTED_RUNS"}
        assert (page(fleet, "web1", 18307), state(again, "web1", name)) == (
            f"{name} 1.0", ("1.0", AppState.RUNNING, 1)), told(records(again, job)["web1"])
        retried = again.installs.wait(again.installs.retry(job.id, user="tester").id, 60)
        assert retried.status is RecordStatus.SUCCESS, told(records(again, retried)["web1"])
    assert (page(fleet, "web1", 18307), state(again, "web1", name)) == (f"{name} 2.0", ("2.0", AppState.RUNNING, 2))
    back = again.starts.rollback(name, again.servers.choose(names=["web1"]), Wish(user="tester"))
    assert again.installs.wait(back.id, 60).status is RecordStatus.SUCCESS
    assert page(fleet, "web1", 18307) == f"{name} 1.0"
