"""Software that runs on real servers: started, upgraded, taken back, in waves; the records tell what is true."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest

from softops.entities import Job, Record
from softops.service import Service
from softops.starts import Wish
from softops.statuses import AppState, RecordStatus
from softops.waves import Strategy
from tests.acceptance.services import MakeService, collect
from tests.fleet import Fleet
from tests.waiting import wait_until

CRASH = ("sh", "-c", "echo about to give up >&2; exit 3")

SOFTWARE = """\
apiVersion: softops/v1
name: {name}
versions:
{versions}
service:
  ports: ["${{HTTP_PORT}}:80"]
  env: {{GREETING: "${{GREETING}}", PASSWORD: "${{PASSWORD}}"}}
  healthcheck: {{test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1/"], interval: 1s, retries: 2}}
params:
  - {{name: HTTP_PORT, type: port, default: {port}}}
  - {{name: GREETING, type: string, default: hello}}
  - {{name: PASSWORD, type: secret, generate: 24}}
"""
PAIR = """\
apiVersion: softops/v1
name: {name}
compose: compose.yml.j2
versions:
  "1.0": {{image: "{image}"}}
params:
  - {{name: HTTP_PORT, type: port, default: {port}}}
"""
PAIR_TEMPLATE = """\
services:
  web:
    image: {{{{ image }}}}
    ports: ["${{HTTP_PORT}}:80"]
    depends_on: {{db: {{condition: service_healthy}}}}
  db:
    image: {other}
    healthcheck: {{test: ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1/"], interval: 1s, retries: 5}}
    volumes: ["data:/data"]
volumes:
  data: {{}}
"""


def software(fleet: Fleet, name: str, port: int, *versions: str) -> dict[str, str]:
    listed = "\n".join(f'  "{version}": {{image: "{fleet.registry.image(name, version)}"}}' for version in versions)
    return {f"catalog/{name}/software.yml": SOFTWARE.format(name=name, versions=listed, port=port)}


def run(service: Service, name: str, version: str, *servers: str, operation: str = "start",
        strategy: Strategy | None = None, **parameters: Any) -> Job:
    image, chosen = service.images.find(name, version), service.servers.choose(names=servers)
    wish = Wish(user="tester", parameters=parameters, strategy=strategy)
    return service.installs.wait(service.starts.start(image, chosen, wish, operation=operation).id, 120)


def records(service: Service, job: Job) -> dict[str, Record]:
    return {record.server_name: record for record in service.records.job_records(job.id)}


def told(record: Record) -> str:
    """Everything about a record, for a message of a test that fails."""
    return f"{record.status} {record.reason} {record.reason_params} {record.log}"


def page(fleet: Fleet, server: str, port: int) -> str:
    with urllib.request.urlopen(f"http://{fleet.server(server).address}:{port}/", timeout=5) as answer:
        return str(answer.read().decode()).strip()


def environment(fleet: Fleet, server: str, name: str) -> dict[str, str]:
    """What the container of a software has in its environment."""
    docker = fleet.server(server).docker
    container = docker("ps", "-q", "--filter", f"label=io.softops.name={name}").strip()
    lines = json.loads(docker("inspect", "-f", "{{json .Config.Env}}", container))
    return dict(line.split("=", 1) for line in lines)


def state(service: Service, server: str, name: str) -> tuple[str, AppState, int | None]:
    app = next(app for app in service.apps.where(name) if app.server_name == server)
    return app.version, app.state, app.revision


def test_a_first_start_serves_with_literal_values_and_a_kept_secret(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("hello", "1.0", version_text="hello 1.0")
    service = make_service(software(fleet, "hello", 18101, "1.0"))
    got = collect(service)
    odd = "$HOME `id` {{ 7*7 }} \"q\" 'a' \\n 你好 # :"
    job = run(service, "hello", "1.0", "web1", GREETING=odd)
    record = records(service, job)["web1"]
    assert record.status is RecordStatus.SUCCESS, told(record)
    assert (page(fleet, "web1", 18101), state(service, "web1", "hello")) == ("hello 1.0", ("1.0", AppState.RUNNING, 1))
    seen = environment(fleet, "web1", "hello")
    password = seen["PASSWORD"]
    assert (seen["GREETING"], len(password)) == (odd, 24)
    assert not [message for message in got if password in str(message.payload)]
    assert "Healthy" in {message.payload.get("status") for message in got}
    # An upgrade to the same version with another port keeps the password.
    again = run(service, "hello", "1.0", "web1", HTTP_PORT=18102)
    assert again.status is RecordStatus.SUCCESS
    assert environment(fleet, "web1", "hello") == seen
    third = run(service, "hello", "1.0", "web1")
    assert (third.status, records(service, third)["web1"].changed) == (RecordStatus.SUCCESS, False)


def test_a_broken_version_never_replaces_the_one_that_serves(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("steady", "1.0", version_text="steady 1.0")
    fleet.registry.push("steady", "2.0", command=CRASH)
    service = make_service(software(fleet, "steady", 18103, "1.0", "2.0", "3.0"))
    assert run(service, "steady", "1.0", "web1").status is RecordStatus.SUCCESS
    failed = records(service, run(service, "steady", "2.0", "web1", operation="upgrade"))["web1"]
    assert (failed.status, failed.code, failed.reason) == (RecordStatus.FAILED, 1003, "ROLLED_BACK"), told(failed)
    assert "about to give up" in (failed.log or "")
    assert (page(fleet, "web1", 18103), state(service, "web1", "steady")) == (
        "steady 1.0", ("1.0", AppState.RUNNING, 1))
    missing = records(service, run(service, "steady", "3.0", "web1", operation="upgrade"))["web1"]
    assert (missing.status, missing.code) == (RecordStatus.FAILED, 1002), told(missing)
    assert page(fleet, "web1", 18103) == "steady 1.0"


def test_an_upgrade_can_be_taken_back_by_hand(fleet: Fleet, make_service: MakeService) -> None:
    for version in ("1.0", "2.0"):
        fleet.registry.push("back", version, version_text=f"back {version}")
    service = make_service(software(fleet, "back", 18104, "1.0", "2.0"))
    assert run(service, "back", "1.0", "web1", GREETING="first").status is RecordStatus.SUCCESS
    upgraded = records(service, run(service, "back", "2.0", "web1", operation="upgrade", GREETING="second"))["web1"]
    assert upgraded.status is RecordStatus.SUCCESS, told(upgraded)
    assert (page(fleet, "web1", 18104), state(service, "web1", "back")) == ("back 2.0", ("2.0", AppState.RUNNING, 2))
    job = service.starts.rollback("back", service.servers.choose(names=["web1"]), Wish(user="tester"))
    record = records(service, service.installs.wait(job.id, 60))["web1"]
    assert record.status is RecordStatus.SUCCESS, told(record)
    assert (page(fleet, "web1", 18104), state(service, "web1", "back")) == ("back 1.0", ("1.0", AppState.RUNNING, 3))
    assert record.parameters["GREETING"] == "first"


def test_a_cancelled_upgrade_goes_back_by_itself(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("change", "1.0", version_text="change 1.0")
    # Serves something else, so that the health check never succeeds.
    fleet.registry.push("change", "2.0", command=("httpd", "-f", "-p", "81", "-h", "/www"))
    files = software(fleet, "change", 18114, "1.0", "2.0")
    files = {path: text.replace("retries: 2", "retries: 1000") for path, text in files.items()}
    service = make_service(files)
    assert run(service, "change", "1.0", "web1", "web2").status is RecordStatus.SUCCESS
    got = collect(service)
    job = service.starts.start(service.images.find("change", "2.0"), service.servers.choose(names=["web1", "web2"]),
                               Wish(user="tester"), operation="upgrade")
    wait_until(lambda: {one.payload["serverName"] for one in list(got)
                        if one.payload.get("stage") == "health"} == {"web1", "web2"}, 40)
    service.installs.cancel_job(job.id)
    ended = records(service, service.installs.wait(job.id, 60))
    assert {name: record.status for name, record in ended.items()} == dict.fromkeys(
        ("web1", "web2"), RecordStatus.CANCELLED), [told(one) for one in ended.values()]
    assert [page(fleet, name, 18114) for name in ended] == ["change 1.0"] * 2
    assert state(service, "web1", "change") == ("1.0", AppState.RUNNING, 1)


def test_a_way_back_without_its_image_is_refused_before_anything_stops(
        fleet: Fleet, make_service: MakeService) -> None:
    digest = fleet.registry.push("lost", "1.0", version_text="lost 1.0")
    fleet.registry.push("lost", "2.0", version_text="lost 2.0")
    service = make_service(software(fleet, "lost", 18111, "1.0", "2.0"))
    assert run(service, "lost", "1.0", "web1").status is RecordStatus.SUCCESS
    assert run(service, "lost", "2.0", "web1", operation="upgrade").status is RecordStatus.SUCCESS
    started = fleet.server("web1").docker("ps", "-q", "--filter", "label=io.softops.name=lost")
    fleet.server("web1").docker("image", "prune", "-af")
    fleet.registry.delete("lost", digest)
    job = service.starts.rollback("lost", service.servers.choose(names=["web1"]), Wish(user="tester"))
    record = records(service, service.installs.wait(job.id, 60))["web1"]
    assert (record.status, record.code, record.changed) == (RecordStatus.FAILED, 1002, False), told(record)
    assert page(fleet, "web1", 18111) == "lost 2.0"
    assert fleet.server("web1").docker("ps", "-q", "--filter", "label=io.softops.name=lost") == started


def test_two_containers_start_in_their_order(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("pair", "1.0", version_text="pair 1.0")
    fleet.registry.push("pairdb", "1.0")
    files = {"catalog/pair/software.yml": PAIR.format(name="pair", image=fleet.registry.image("pair", "1.0"),
                                                      port=18105),
             "catalog/pair/compose.yml.j2": PAIR_TEMPLATE.format(other=fleet.registry.image("pairdb", "1.0"))}
    service = make_service(files)
    record = records(service, run(service, "pair", "1.0", "web1"))["web1"]
    assert record.status is RecordStatus.SUCCESS, told(record)
    assert page(fleet, "web1", 18105) == "pair 1.0"
    job = service.starts.operate("remove", "pair", service.servers.choose(names=["web1"]), user="tester")
    assert service.installs.wait(job.id, 60).status is RecordStatus.SUCCESS
    assert service.apps.where("pair") == ()
    assert "pair_data" in fleet.server("web1").docker("volume", "ls", "-q").split()
    # The data that was kept can still be removed.
    for changed in (True, False):
        job = service.starts.operate("remove", "pair", service.servers.choose(names=["web1"]), user="tester",
                                     remove_volumes=True)
        gone = records(service, service.installs.wait(job.id, 60))["web1"]
        assert (gone.status, gone.changed) == (RecordStatus.SUCCESS, changed), told(gone)
        assert "pair_data" not in fleet.server("web1").docker("volume", "ls", "-q").split()


def test_stopping_and_starting_again(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("pause", "1.0", version_text="pause 1.0")
    service = make_service(software(fleet, "pause", 18106, "1.0"))
    assert run(service, "pause", "1.0", "web1").status is RecordStatus.SUCCESS
    servers = service.servers.choose(names=["web1"])
    for operation, wanted in (("restart", AppState.RUNNING), ("stop", AppState.STOPPED)):
        job = service.installs.wait(service.starts.operate(operation, "pause", servers, user="tester").id, 60)
        assert job.status is RecordStatus.SUCCESS, told(records(service, job)["web1"])
        assert state(service, "web1", "pause") == ("1.0", wanted, 1)
    with pytest.raises(OSError, match=r"refused|reset"):
        page(fleet, "web1", 18106)
    assert run(service, "pause", "1.0", "web1").status is RecordStatus.SUCCESS
    assert page(fleet, "web1", 18106) == "pause 1.0"


def test_a_bad_canary_stops_the_waves_and_a_retry_goes_on(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("waves", "1.0", version_text="waves 1.0")
    fleet.registry.push("waves", "2.0", command=CRASH)
    service = make_service(software(fleet, "waves", 18107, "1.0", "2.0"))
    assert run(service, "waves", "1.0", "web1", "web2", "web3").status is RecordStatus.SUCCESS
    job = run(service, "waves", "2.0", "web1", "web2", "web3", operation="upgrade",
              strategy=Strategy(canary=1, batch=1, settle=0))
    ended = records(service, job)
    assert {name: (record.status, record.reason) for name, record in ended.items()} == {
        "web1": (RecordStatus.FAILED, "ROLLED_BACK"), "web2": (RecordStatus.CANCELLED, "WAVES_STOPPED"),
        "web3": (RecordStatus.CANCELLED, "WAVES_STOPPED")}
    assert [page(fleet, name, 18107) for name in ended] == ["waves 1.0"] * 3
    fleet.registry.push("waves", "2.0", version_text="waves 2.0")
    service.syncer.refresh(service.images.find("waves", "2.0").id)
    good = run(service, "waves", "2.0", "web1", "web2", "web3", operation="upgrade",
               strategy=Strategy(canary=1, batch=1, settle=1))
    assert good.status is RecordStatus.SUCCESS, [told(one) for one in records(service, good).values()]
    assert [record.wave for record in records(service, good).values()] == [1, 2, 3]
    assert [page(fleet, name, 18107) for name in ended] == ["waves 2.0"] * 3


def test_a_breach_can_take_back_what_was_changed(fleet: Fleet, make_service: MakeService) -> None:
    for version in ("1.0", "2.0"):
        fleet.registry.push("undo", version, version_text=f"undo {version}")
    service = make_service(software(fleet, "undo", 18108, "1.0", "2.0"))
    assert run(service, "undo", "1.0", "web1", "web2").status is RecordStatus.SUCCESS
    # Something foreign on web2 has the port that the new version is to have.
    blocker = fleet.server("web2").docker(
        "run", "-d", "-p", "18109:80", fleet.registry.image("undo", "1.0")).strip()
    try:
        job = run(service, "undo", "2.0", "web1", "web2", operation="upgrade", HTTP_PORT=18109,
                  strategy=Strategy(canary=1, settle=0, on_failure="rollback"))
        ended = records(service, job)
        assert {name: record.status for name, record in ended.items()} == {
            "web1": RecordStatus.SUCCESS, "web2": RecordStatus.FAILED}, [told(one) for one in ended.values()]
        undone = service.records.job_page(page=1, size=1).records[0]
        assert (undone.operation, undone.parent_id) == ("rollback", job.id)
        assert service.installs.wait(undone.id, 60).status is RecordStatus.SUCCESS
        assert [page(fleet, name, 18108) for name in ("web1", "web2")] == ["undo 1.0"] * 2
    finally:
        fleet.server("web2").docker("rm", "-f", blocker)


def test_a_wave_waits_for_an_approval(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("approved", "1.0")
    service = make_service(software(fleet, "approved", 18110, "1.0"))
    image, servers = service.images.find("approved", "1.0"), service.servers.choose(names=["web1", "web2"])
    job = service.starts.start(image, servers, Wish(
        user="tester", strategy=Strategy(canary=1, approval=True, settle=0)))
    wait_until(lambda: service.records.job(job.id).waiting == "approval", 60)
    assert [record.status for record in service.records.job_records(job.id)] == [
        RecordStatus.SUCCESS, RecordStatus.PENDING]
    service.installs.cancel_job(job.id)
    assert service.installs.wait(job.id, 60).status is RecordStatus.CANCELLED
    # A repetition goes on where the job ended, with the servers that are left.
    again = service.installs.retry(job.id, user="tester")
    assert [record.server_name for record in service.records.job_records(again.id)] == ["web2"]
    assert service.installs.wait(again.id, 60).status is RecordStatus.SUCCESS


def test_an_approved_wave_goes_on(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("allowed", "1.0")
    service = make_service(software(fleet, "allowed", 18112, "1.0"))
    image, servers = service.images.find("allowed", "1.0"), service.servers.choose(names=["web1", "web2"])
    job = service.starts.start(image, servers, Wish(
        user="tester", strategy=Strategy(canary=1, approval=True, settle=0)))
    wait_until(lambda: service.records.job(job.id).waiting == "approval", 60)
    service.installs.approve(job.id)
    assert service.installs.wait(job.id, 60).status is RecordStatus.SUCCESS


def test_a_killed_container_is_seen_within_two_seconds(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("seen", "1.0")
    service = make_service(software(fleet, "seen", 18113, "1.0"))
    assert run(service, "seen", "1.0", "web1").status is RecordStatus.SUCCESS
    web1 = service.servers.choose(names=["web1"])[0].id

    def states() -> set[tuple[str, str | None]]:
        return {(one.state, one.health) for one in service.containers.on(web1) if one.soft_name == "seen"}

    wait_until(lambda: states() == {("running", "healthy")}, 10)
    container = fleet.server("web1").docker("ps", "-q", "--filter", "label=io.softops.name=seen").strip()
    fleet.server("web1").docker("kill", container)
    wait_until(lambda: {state for state, _ in states()} == {"exited"}, 2)
