"""installs.py and worker.py: jobs through real SQL and real ansible-playbook, without any engine."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softops.entities import FinalState, Job, Record
from softops.errors import BadRequest, Conflict
from softops.jobs import JobDraft
from softops.messages import Message
from softops.owners import this_process
from softops.records import Records
from softops.service import Service
from softops.statuses import RecordStatus
from tests.factories import create_job
from tests.homes import SOFTWARE, make_home
from tests.waiting import wait_until

SLEEP = "ansible.builtin.command: {argv: [sleep, '60']}"
FAIL_ON_WEB2 = "ansible.builtin.assert: {that: inventory_hostname != 'web2', fail_msg: broken by hand}"
ROOT = Path(__file__).resolve().parents[2]

MakeService = Callable[..., Service]


@pytest.fixture
def make_service(tmp_path: Path) -> Iterator[MakeService]:
    with ExitStack() as stack:
        def make(task: str = "ansible.builtin.ping:", **home: Any) -> Service:
            service = Service(make_home(tmp_path, task=task, **home))
            service.start()
            stack.callback(service.stop)
            service.syncer.sync(service.repositories.named("catalog").id)
            return service

        yield make


def request(service: Service, operation: str = "install", servers: Sequence[str] = ("web1", "web2")) -> Job:
    image, chosen = service.images.find("demo", "1.0"), service.servers.choose(names=servers)
    return service.installs.request(operation, image, chosen,
                                    user="tester", parameters={})


def ends(records: Sequence[Record]) -> dict[str, tuple[RecordStatus, str | None]]:
    return {record.server_name: (record.status, record.reason) for record in records}


def collect(service: Service) -> list[Message]:
    got: list[Message] = []
    service.hub.subscribe(got.extend)
    return got


def test_a_job_has_one_record_per_server_and_ends_with_them(make_service: MakeService) -> None:
    service = make_service()
    job = service.installs.wait(request(service).id, 30)
    records = service.records.job_records(job.id)
    assert job.status is RecordStatus.SUCCESS
    assert ends(records) == {"web1": (RecordStatus.SUCCESS, "INSTALL_SUCCESS"),
                             "web2": (RecordStatus.SUCCESS, "INSTALL_SUCCESS")}
    assert {record.remark for record in records} == {"Installed."}
    assert job.command == ("ansible-playbook playbooks/install.yml --limit web1,web2 "
                           "-e softops_name=demo -e softops_version=1.0 "
                           f"-e softops_catalog={service.settings.catalog_url}/catalog")


def test_one_failing_server_does_not_fail_the_others(make_service: MakeService) -> None:
    service = make_service(FAIL_ON_WEB2)
    job = service.installs.wait(request(service).id, 30)
    assert job.status is RecordStatus.FAILED
    assert ends(service.records.job_records(job.id)) == {
        "web1": (RecordStatus.SUCCESS, "INSTALL_SUCCESS"), "web2": (RecordStatus.FAILED, "TASK_FAILED")}


def test_watchers_get_numbered_milestones_that_are_also_stored(make_service: MakeService) -> None:
    service = make_service(FAIL_ON_WEB2)
    got = collect(service)
    job = service.installs.wait(request(service).id, 30)
    told = [(message.payload["seq"], message.payload["type"], message.payload["serverName"]) for message in got]
    assert told == [(1, "docker_start", "web1"), (2, "docker_start", "web2"), (3, "docker_complete", "web1"),
                    (4, "docker_error", "web2"), (5, "docker_complete", "web2")]
    stored = service.records.events_after(job.id, 0)
    assert [event.payload for event in stored] == [message.payload for message in got]
    assert [event.seq for event in service.records.events_after(job.id, 3)] == [4, 5]


def test_a_busy_server_is_refused_with_its_holder_and_nothing_is_written(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    first = request(service, servers=["web1"])
    with pytest.raises(Conflict) as caught:
        request(service, servers=["web2", "web1"])
    assert caught.value.reason == "SERVER_BUSY"
    assert caught.value.params["job"] == first.id
    assert service.records.page(page=1, size=10).total == 1
    service.installs.cancel_job(first.id)


def test_a_running_job_is_cancelled_within_seconds(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    got = collect(service)
    job = request(service)
    wait_until(lambda: bool(got))
    service.installs.cancel_job(job.id)
    job = service.installs.wait(job.id, 30)
    assert job.status is RecordStatus.CANCELLED
    assert set(ends(service.records.job_records(job.id)).values()) == {(RecordStatus.CANCELLED, "CANCELLED")}
    assert [message.payload["type"] for message in got[-2:]] == ["docker_complete", "docker_complete"]
    assert [message.payload["success"] for message in got[-2:]] == [False, False]
    with pytest.raises(Conflict):
        service.installs.cancel_job(job.id)


def test_a_job_that_others_took_for_lost_is_not_worked_on_any_longer(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    got = collect(service)
    job = request(service)
    wait_until(lambda: bool(got))
    lost = FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED", code=500)
    for record in service.records.job_records(job.id):
        service.records.finish_record(record.id, lost, service.clock(), "en")
    service.records.finish_job(job.id, service.clock())
    wait_until(lambda: not any(thread.name.startswith("job-") for thread in threading.enumerate()), 30)
    assert set(ends(service.records.job_records(job.id)).values()) == {(RecordStatus.FAILED, "INTERRUPTED")}


def test_a_job_that_waits_is_cancelled_at_once(make_service: MakeService) -> None:
    service = make_service(SLEEP, hosts=("web1", "web2", "web3"))
    running = [request(service, servers=[name]) for name in ("web1", "web2")]
    waiting = request(service, servers=["web3"])
    assert service.installs.cancel_job(waiting.id).status is RecordStatus.CANCELLED
    for job in running:
        service.installs.cancel_job(job.id)


def test_cancelling_every_record_cancels_the_job(make_service: MakeService) -> None:
    service = make_service(SLEEP)
    got = collect(service)
    job = request(service)
    wait_until(lambda: bool(got))
    for record in service.records.job_records(job.id):
        service.installs.cancel_record(record.id)
    assert service.installs.wait(job.id, 30).status is RecordStatus.CANCELLED


def test_retry_is_for_the_servers_that_did_not_succeed(make_service: MakeService) -> None:
    service = make_service(FAIL_ON_WEB2)
    job = service.installs.wait(request(service).id, 30)
    again = service.installs.retry(job.id, user="tester")
    assert again.retry_of == job.id
    assert [record.server_name for record in service.records.job_records(again.id)] == ["web2"]
    with pytest.raises(Conflict):
        service.installs.retry(again.id, user="tester")


def test_a_job_without_servers_is_refused(make_service: MakeService) -> None:
    service = make_service()
    with pytest.raises(BadRequest):
        service.installs.request("install", service.images.find("demo", "1.0"), [], user="tester", parameters={})


def test_a_secret_is_not_taken_at_an_installation(make_service: MakeService) -> None:
    entry = SOFTWARE + "params:\n  - {name: KEY, type: secret}\n"
    service = make_service(catalog={"catalog/demo/software.yml": entry})
    with pytest.raises(BadRequest, match="secret"):
        service.installs.request("install", service.images.find("demo"), service.servers.all(), user="tester",
                                 parameters={"KEY": "s3cret"})
    assert service.records.page(page=1, size=10).total == 0


def test_stopping_ends_running_jobs_as_interrupted(tmp_path: Path) -> None:
    settings = make_home(tmp_path, task=SLEEP)
    service = Service(settings)
    service.start()
    service.syncer.sync(service.repositories.named("catalog").id)
    got = collect(service)
    job = request(service)
    wait_until(lambda: bool(got))
    service.stop()
    again = Service(settings)
    assert ends(again.records.job_records(job.id)) == {"web1": (RecordStatus.FAILED, "INTERRUPTED"),
                                                       "web2": (RecordStatus.FAILED, "INTERRUPTED")}
    again.database.close()


def test_a_job_of_a_killed_process_ends_as_interrupted_at_the_next_start(tmp_path: Path) -> None:
    settings = make_home(tmp_path, task=SLEEP)
    code = ("import sys\nfrom pathlib import Path\nfrom softops.config import Settings\n"
            "from softops.service import Service\nfrom tests.integration.test_worker import request\n"
            "service = Service(Settings.model_validate_json(sys.argv[1]))\nservice.start()\n"
            "service.syncer.sync(service.repositories.named('catalog').id)\n"
            "service.hub.subscribe(lambda messages: print('started', flush=True))\nrequest(service)\n")
    with subprocess.Popen([sys.executable, "-c", code, settings.model_dump_json()], stdout=subprocess.PIPE,
                          cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"started\n"
        process.kill()
    service = Service(settings)
    service.start()
    try:
        (job,) = service.records.job_page(page=1, size=10).records
        assert service.installs.wait(job.id, 30).status is RecordStatus.FAILED
        # What this home's playbook does says nothing in check mode.
        assert ends(service.records.job_records(job.id)) == {"web1": (RecordStatus.FAILED, "INTERRUPTED_UNSEEN"),
                                                             "web2": (RecordStatus.FAILED, "INTERRUPTED_UNSEEN")}
        assert [event.type for event in service.records.events_after(job.id, 0)][-1] == "docker_complete"
        retried = service.installs.retry(job.id, user="tester")
        assert len(service.records.job_records(retried.id)) == 2
    finally:
        service.stop()


def test_who_runs_only_his_own_jobs_leaves_those_of_others_waiting(make_service: MakeService) -> None:
    service = make_service(SLEEP, hosts=("web1", "web2", "web3"))
    jobs = [request(service, servers=[name]) for name in ("web1", "web2", "web3")]
    code = ("import sys, threading\nfrom softops import worker\nfrom softops.config import Settings\n"
            "from softops.service import Service\nworker.LOOK = 0.05\n"
            "service = Service(Settings.model_validate_json(sys.argv[1]), takes_all=False)\nservice.start()\n"
            "threading.Event().wait(1)\nservice.stop()\n")
    subprocess.run([sys.executable, "-c", code, service.settings.model_dump_json()], check=True, cwd=ROOT)
    assert service.records.job(jobs[2].id).status is RecordStatus.PENDING
    for job in jobs:
        service.installs.cancel_job(job.id)


def test_a_job_that_waited_for_a_command_that_was_killed_is_interrupted(make_service: MakeService) -> None:
    service = make_service()
    host = this_process().rsplit("_", 2)[0]
    image, (server,) = service.images.find("demo", "1.0"), service.servers.choose(names=["web1"])
    draft = JobDraft(operation="install", soft_id=image.id, soft_name=image.name, version=image.version,
                     docker_image=image.docker_image, user="tester")
    def make(keeper: str, name: str) -> Job:
        records = Records(service.database, keeper=keeper)
        return create_job(records, replace(draft, soft_name=name), [server], service.clock())[0]

    kept, gone = make(this_process(), "kept"), make(f"{host}_999999999_1", "gone")
    wait_until(lambda: service.records.job(gone.id).status.final)
    assert service.records.job_records(gone.id)[0].reason == "INTERRUPTED"
    assert service.records.job(kept.id).status is RecordStatus.PENDING
