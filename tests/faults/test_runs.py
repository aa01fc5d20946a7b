"""Runs that go wrong by themselves: playbooks that hang, modules that print what nobody can read, no room for a run,
an Ansible that is killed; cancels at every moment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from softops.entities import Job, Record
from softops.errors import Conflict
from softops.processes import TOKEN
from softops.service import Service
from softops.statuses import AppState, RecordStatus
from tests.acceptance.services import MakeService, collect
from tests.acceptance.test_installs import software, start
from tests.acceptance.test_interruptions import SILENT, begin, patient, version_up
from tests.acceptance.test_running import page, run, state
from tests.faults.cases import OTHER, WEB, downloads, ended, failed, failure, has_image, retried, says
from tests.faults.controller import controller
from tests.fleet import Fleet
from tests.homes import make_home
from tests.waiting import wait_until

MB = 1_000_000
DEAF = "ansible.builtin.command: {argv: [sh, -c, 'trap \"\" TERM HUP INT; while :; do sleep 600; done']}"
NOISE = """\
#!/usr/bin/python3
import os, sys
# {result}
os.write(1, b"x" * 3_000_000 + bytes([0, 255, 254, 10]) + b"\\xed\\xa0\\x80 caf\\xe9\\n")
os.write(2, b"\\0" * 1000 + bytes(range(256)))
sys.exit(3)
"""


@contextmanager
def home(directory: Path, task: str, module: str = "", **settings: Any) -> Iterator[Service]:
    """A service whose playbooks do `task` on this machine."""
    made = make_home(directory, task=task).model_copy(update={"auth": "none", **settings})
    if module:
        (made.home / "playbooks/library").mkdir()
        (made.home / "playbooks/library/noise.py").write_text(module)
    service = Service(made)
    service.start()
    try:
        service.syncer.sync(service.repositories.named("catalog").id)
        yield service
    finally:
        service.stop()


def carriers() -> list[str]:
    """The processes of runs that live."""
    mark = f"{TOKEN}=".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes() and os.getsid(int(entry.name)) == int(entry.name):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
        except OSError:
            continue
    return found


@pytest.mark.parametrize("limits", [{"idle_timeout": 5}, {"job_timeout": 10}], ids=["idle", "total"])
def test_a_playbook_that_hangs_is_ended_and_says_so(tmp_path: Path, limits: dict[str, int]) -> None:
    with home(tmp_path, DEAF, **limits) as service:
        began = time.monotonic()
        records = ended(service, start(service, "demo", "web1", "web2").id)
        assert time.monotonic() - began < 40
        assert {failure(one) for one in records.values()} == {failed("RUN_TIMEOUT", 500)}
        says(records["web1"], "SOFTOPS_JOB_TIMEOUT", "SOFTOPS_IDLE_TIMEOUT")
        wait_until(lambda: not any(str(tmp_path) in line for line in carriers()))
        assert list(service.settings.var_dir.glob("runs/*/*")) == []
        (service.settings.home / "playbooks/install.yml").write_text(
            "- {name: Try, hosts: all, gather_facts: false, tasks: [{name: Ping, ansible.builtin.ping: {}}]}\n")
        again = retried(service, records["web1"])
        assert {one.status for one in again.values()} == {RecordStatus.SUCCESS}


def test_a_module_that_prints_megabytes_of_rubbish_fails_with_a_sentence(tmp_path: Path) -> None:
    with home(tmp_path, "noise:", NOISE) as service:
        got = collect(service)
        records = ended(service, start(service, "demo", "web1", "web2").id)
        assert {failure(one) for one in records.values()} == {failed("TASK_FAILED", 500)}
        for record in records.values():
            assert len(record.remark or "") < 20_000
            assert "\0" not in (record.remark or "")
        assert max(len(str(message.payload)) for message in got) < 100_000
        events = service.records.events_after(records["web1"].job_id, 0)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))


@pytest.mark.parametrize(("rubbish", "outcome"), [
    ("x\\\\0y", (RecordStatus.SUCCESS, "INSTALL_SUCCESS")),
    # Ansible itself takes no half characters.
    ("x\\\\377y\\\\351", (RecordStatus.FAILED, "TASK_FAILED"))], ids=["NUL", "bad UTF-8"])
def test_a_task_that_prints_megabytes_of_rubbish_ends(
        tmp_path: Path, rubbish: str, outcome: tuple[RecordStatus, str]) -> None:
    words = f"head -c 3000000 /dev/zero | tr '\\\\0' x; printf '{rubbish}'"
    with home(tmp_path, f'ansible.builtin.shell: "{words}"') as service:
        records = ended(service, start(service, "demo", "web1", "web2").id)
        assert {(one.status, one.reason) for one in records.values()} == {outcome}, records["web1"].remark
        assert len(records["web1"].remark or "") < 20_000


def test_no_room_for_runs_ends_jobs_and_nothing_else(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("room", "1.0", layers=[20 * MB])
    fleet.registry.push("roomy", "1.0", layers=[MB])
    files = software("room", f"{fleet.slow.host}/room:1.0") | software("roomy", fleet.registry.image("roomy", "1.0"))
    with controller(fleet, "room", files, tmp_path, runs=small_disk) as made:
        assert made.ended(made.install("roomy", WEB))[WEB].status is RecordStatus.SUCCESS
        runs = made.settings.var_dir / "runs"
        fill(runs / "full")
        record = made.ended(made.install("room", WEB))[WEB]
        assert failure(record) == failed("RUN_DIRECTORY", 500), record.remark
        says(record, str(runs), "Free space there and retry")
        assert answers(made.serving.url)
        (runs / "full").unlink()
        # This time there is room at first, and none any more while the image comes.
        fleet.slow.rate = MB
        before = fleet.slow.sent
        job = made.install("room", WEB)
        wait_until(lambda: fleet.slow.sent > before + MB, 60)
        fill(runs / "full")
        fleet.slow.rate = None
        record = made.ended(job)[WEB]
        assert answers(made.serving.url)
        assert failure(record) == failed("RUN_NO_ROOM", 500), record.remark
        says(record, str(runs), "softops retry")
        (runs / "full").unlink()
        assert made.retry(job)[WEB].status is RecordStatus.SUCCESS


@contextmanager
def small_disk(directory: Path) -> Iterator[None]:
    """A disk of 3 MB of its own at `directory`."""
    directory.mkdir(parents=True, mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(directory)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def fill(path: Path) -> None:
    """Take all the room there is."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            return


def answers(url: str) -> bool:
    for path in ("/healthz", "/api/system/soft/page", "/api/system/soft/record/page"):
        with urllib.request.urlopen(url + path, timeout=10) as answer:
            assert answer.status == 200
    return True


def ansible_of(service: Service) -> int:
    """The pid of ansible-playbook in the only run there is."""
    mark = f"{TOKEN}=".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            if (b"ansible-playbook" in words and mark in (entry / "environ").read_bytes()
                    and str(service.settings.var_dir).encode() in words
                    and os.getsid(int(entry.name)) == int(entry.name)):
                return int(entry.name)
        except OSError:
            continue
    return 0


def test_an_ansible_that_is_killed_in_mid_pull_fails_and_leaves_nothing(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("slain", "1.0", layers=[20 * MB])
    image = f"{fleet.slow.host}/slain:1.0"
    service = make_service(software("slain", image))
    got = collect(service)
    fleet.slow.rate = MB
    job = start(service, "slain", WEB)
    wait_until(lambda: downloads(got, WEB), 60)
    os.kill(ansible_of(service), signal.SIGKILL)
    record = ended(service, job.id)[WEB]
    fleet.slow.resume()
    assert failure(record) == failed("RUN_BROKEN", 500), record.remark
    assert not has_image(fleet, WEB, image)
    assert retried(service, record)[WEB].status is RecordStatus.SUCCESS


def test_an_ansible_that_is_killed_in_mid_upgrade_lets_the_old_version_serve(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("felled", "1.0", version_text="felled 1.0")
    fleet.registry.push("felled", "2.0", command=SILENT)
    service = make_service(patient(fleet, "felled", 18411, "1.0", "2.0"))
    assert run(service, "felled", "1.0", WEB).status is RecordStatus.SUCCESS
    job = begin(service, "felled", "2.0", WEB)
    wait_until(lambda: version_up(fleet, "felled") == "2.0", 60)
    os.kill(ansible_of(service), signal.SIGKILL)
    record = ended(service, job.id)[WEB]
    assert failure(record) == failed("INTERRUPTED_BACK", 1003), record.remark
    says(record, "version 1.0 was brought back")
    assert (page(fleet, WEB, 18411), state(service, WEB, "felled")) == ("felled 1.0", ("1.0", AppState.RUNNING, 1))


@pytest.mark.parametrize("moment", ["at once", "docker_start"])
def test_a_cancel_before_there_is_a_process_changes_nothing(
        fleet: Fleet, make_service: MakeService, moment: str) -> None:
    name = f"unborn-{moment.replace(' ', '-').replace('_', '-')}"
    fleet.registry.push(name, "1.0", layers=[MB])
    image = fleet.registry.image(name, "1.0")
    service = make_service(software(name, image))
    if moment == "docker_start":
        # Its watchers hear of a run before its process is there.
        service.hub.subscribe(lambda messages: [service.installs.cancel_job(one.payload["jobId"]) for one in messages
                                                if one.payload["type"] == "docker_start"])
    job = start(service, name, WEB, OTHER)
    if moment == "at once":
        service.installs.cancel_job(job.id)
    records = ended(service, job.id, 30)
    assert {(one.status, one.reason) for one in records.values()} == {(RecordStatus.CANCELLED, "CANCELLED")}
    assert not has_image(fleet, WEB, image)


def test_a_cancel_in_mid_pull_is_heard_once_and_refused_after_the_end(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("twice", "1.0", layers=[20 * MB])
    image = f"{fleet.slow.host}/twice:1.0"
    service = make_service(software("twice", image))
    got = collect(service)
    fleet.slow.rate = MB
    job = start(service, "twice", WEB)
    wait_until(lambda: downloads(got, WEB), 60)
    for _ in range(2):
        service.installs.cancel_job(job.id)
    record = ended(service, job.id, 30)[WEB]
    assert (record.status, record.reason) == (RecordStatus.CANCELLED, "CANCELLED")
    for again in (lambda: service.installs.cancel_job(job.id), lambda: service.installs.cancel_record(record.id)):
        with pytest.raises(Conflict):
            again()
    assert service.records.record(record.id) == record
    assert [message.payload["type"] for message in got].count("docker_complete") == 1
    fleet.slow.resume()
    assert not has_image(fleet, WEB, image)
    assert retried(service, record)[WEB].status is RecordStatus.SUCCESS


def test_of_two_installs_at_once_the_second_is_told_who_holds_the_server(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("both", "1.0", layers=[4 * MB])
    service = make_service(software("both", f"{fleet.slow.host}/both:1.0"))
    fleet.slow.rate = 2 * MB
    made: list[Job] = []
    refused: list[Conflict] = []

    def ask() -> None:
        try:
            made.append(start(service, "both", WEB))
        except Conflict as exc:
            refused.append(exc)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (1, 3)
    records: dict[str, Record] = ended(service, made[0].id)
    for one in refused:
        assert one.reason == "SERVER_BUSY"
        assert (one.params["server"], one.params["job"], one.params["record"]) == (WEB, made[0].id, records[WEB].id)
    assert records[WEB].status is RecordStatus.SUCCESS
    assert replace(records[WEB]) == service.records.record(records[WEB].id)
