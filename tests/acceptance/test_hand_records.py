"""What a person runs with plain ansible-playbook is in the records too, and nobody is hindered where it can't be."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from softops.client import Address, Client
from softops.config import PROJECT
from tests.acceptance.services import clear
from tests.acceptance.test_running import CRASH, environment, page, software
from tests.demo.serving import Serving
from tests.fleet import Fleet
from tests.homes import commit
from tests.waiting import wait_until

NAME, PORT = "byhand", 18121


@pytest.fixture(scope="module")
def served(fleet: Fleet) -> Iterator[Serving]:
    """A softops of its own with two versions of a software, of which the second is broken."""
    fleet.registry.push(NAME, "1.0", version_text="byhand 1.0")
    fleet.registry.push(NAME, "2.0", command=CRASH)
    catalog = fleet.directory / "hand-catalog"
    commit(catalog, software(fleet, NAME, PORT, "1.0", "2.0"))
    with Serving(fleet, catalog=catalog, name="hand", port=0, sync_interval=0, language="en") as serving:
        assert serving.command("sync") == 0
        yield serving
    for server in ("web1", "web2"):
        clear(fleet, server)


@pytest.fixture
def client(served: Serving) -> Iterator[Client]:
    opened = Client(Address(url=served.url), lang="en")
    yield opened
    opened.close()


def words(fleet: Fleet, playbook: str, version: str, hosts: str, *more: str) -> list[str]:
    return [str(Path(sys.executable).with_name("ansible-playbook")), f"playbooks/{playbook}.yml",
            "-i", str(fleet.inventory()), "--limit", hosts, "-e", f"softops_name={NAME}",
            "-e", f"softops_version={version}", "-e", f"softops_catalog={fleet.directory / 'hand-catalog/catalog'}",
            "-e", '{"softops_parameters": {"PASSWORD": "hunter2hunter2"}}', *more]


def play(argv: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    return subprocess.run(argv, cwd=PROJECT, env={**kept, "LC_ALL": "C.UTF-8", **environ}, capture_output=True,
                          text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)


def last_id(client: Client) -> int:
    return max((int(job["id"]) for job in client.get("/job/page", size=1)["records"]), default=0)


def newest(client: Client) -> Mapping[str, Any]:
    found: Mapping[str, Any] = client.get(f"/job/{last_id(client)}")
    return found


def shown(job: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    # By server: which one begins first is up to Ansible.
    return sorted((record["systemSoftRecordServerName"], record["systemSoftRecordOperation"],
                   record["systemSoftRecordStatus"], record["systemSoftRecordReason"]) for record in job["records"])


def test_runs_by_hand_are_recorded_with_their_progress_and_ways_back(
        fleet: Fleet, served: Serving, client: Client) -> None:
    done = play(words(fleet, "start", "1.0", "web1,web2"), SOFTOPS_URL=served.url)
    assert done.returncode == 0, done.stdout + done.stderr
    job = newest(client)
    assert f"softops: recorded as job {job['id']}" in done.stdout
    assert (job["operation"], job["status"], job["softName"], job["version"]) == ("start", "SUCCESS", NAME, "1.0")
    assert shown(job) == [("web1", "start", "SUCCESS", "START_SUCCESS"), ("web2", "start", "SUCCESS", "START_SUCCESS")]
    seen = client.get(f"/job/{job['id']}/event")["events"]
    assert {"docker_start", "docker_progress", "docker_complete"} == {event["type"] for event in seen}
    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    assert "hunter2" not in str(client.get(f"/job/{job['id']}")) + str(seen) + done.stdout
    apps = client.get("/app/page", name=NAME)["records"]
    assert [(app["systemSoftAppServerName"], app["systemSoftAppState"], app["systemSoftAppRevision"])
            for app in apps] == [("web1", "RUNNING", 1), ("web2", "RUNNING", 1)]
    # What was started by hand goes on from there: softops knows its secret and can go back to it.
    broken = play(words(fleet, "start", "2.0", "web1"), SOFTOPS_URL=served.url)
    assert broken.returncode != 0
    assert shown(newest(client)) == [("web1", "start", "FAILED", "ROLLED_BACK")]
    assert page(fleet, "web1", PORT) == "byhand 1.0"
    assert served.command("start", f"{NAME}:1.0", "-s", "web1", "-p", "GREETING=again", "--json") == 0
    seen_now = environment(fleet, "web1", NAME)
    assert (seen_now["GREETING"], seen_now["PASSWORD"]) == ("again", "hunter2hunter2")
    for playbook, wanted in (("stop", "STOPPED"), ("remove", None)):
        assert play(words(fleet, playbook, "1.0", "web1"), SOFTOPS_URL=served.url).returncode == 0
        found = [app["systemSoftAppState"] for app in client.get("/app/page", name=NAME)["records"]
                 if app["systemSoftAppServerName"] == "web1"]
        assert found == ([wanted] if wanted else [])


def test_an_installation_by_hand_is_recorded(fleet: Fleet, served: Serving, client: Client) -> None:
    done = play(words(fleet, "install", "1.0", "web3"), SOFTOPS_URL=served.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert shown(newest(client)) == [("web3", "install", "SUCCESS", "INSTALL_SUCCESS")]


def offer_slowly(fleet: Fleet, version: str) -> None:
    """A version that comes at 100 kB/s until the slow road is resumed."""
    fleet.registry.push(NAME, version, layers=[3_000_000])
    files = software(fleet, NAME, PORT, "1.0", version)
    commit(fleet.directory / "hand-catalog", {
        path: text.replace(fleet.registry.image(NAME, version), f"{fleet.slow.host}/{NAME}:{version}")
        for path, text in files.items()})
    fleet.slow.rate = 100_000


def test_a_run_goes_on_in_the_records_when_softops_is_restarted(
        fleet: Fleet, served: Serving, client: Client) -> None:
    before = last_id(client)
    offer_slowly(fleet, "4.0")
    try:
        with subprocess.Popen(words(fleet, "install", "4.0", "web3"), cwd=PROJECT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "SOFTOPS_URL": served.url}) as run:
            wait_until(lambda: last_id(client) > before, 30)
            job = last_id(client)
            served.stop()
            fleet.slow.resume()
            served.start()
            out, _ = run.communicate(timeout=60)
    finally:
        fleet.slow.resume()
    assert (run.returncode, f"recorded as job {job}" in out) == (0, True), out
    assert shown(client.get(f"/job/{job}")) == [("web3", "install", "SUCCESS", "INSTALL_SUCCESS")]


def test_a_killed_run_is_recorded_as_interrupted(
        fleet: Fleet, served: Serving, client: Client, tmp_path: Path) -> None:
    before = last_id(client)
    offer_slowly(fleet, "3.0")
    try:
        with subprocess.Popen(words(fleet, "install", "3.0", "web3"), cwd=PROJECT, start_new_session=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "SOFTOPS_URL": served.url,
                                   "TMPDIR": str(tmp_path)}) as run:
            wait_until(lambda: last_id(client) > before, 30)
            # With the actions in its forks; they would go on to their own true end.
            whole = psutil.Process(run.pid)
            for process in (whole, *whole.children(recursive=True)):
                # Some of them end by themselves in between.
                with suppress(psutil.NoSuchProcess):
                    if "softops.handreport" not in process.cmdline():
                        process.kill()
        job = last_id(client)
        wait_until(lambda: bool(client.get(f"/job/{job}")["status"] != "RUNNING"), 30)
        assert shown(client.get(f"/job/{job}")) == [("web3", "install", "FAILED", "INTERRUPTED")]
        # Nobody else would take away what may hold secrets.
        wait_until(lambda: not list(tmp_path.glob("*.spool")), 10)
    finally:
        fleet.slow.resume()


@pytest.mark.parametrize("environ", [{}, {"SOFTOPS_URL": "http://127.0.0.1:9"}], ids=["not configured", "gone"])
def test_a_run_is_not_hindered_where_it_can_not_be_recorded(
        fleet: Fleet, served: Serving, client: Client, environ: Mapping[str, str]) -> None:
    before = last_id(client)
    done = play(words(fleet, "install", "1.0", "web2"), **environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_id(client) == before
    assert ("did not record" in done.stdout + done.stderr) is bool(environ)


def test_a_check_by_hand_leaves_no_record(fleet: Fleet, served: Serving, client: Client) -> None:
    before = last_id(client)
    done = play(words(fleet, "start", "1.0", "web3", "--check"), SOFTOPS_URL=served.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert last_id(client) == before
