"""The main job on real servers: what watchers see is live, what the records say is true."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from softops.config import PROJECT
from softops.entities import Job, Record
from softops.messages import Message
from softops.service import Service
from softops.statuses import RecordStatus, ServerStatus
from tests.acceptance.services import MakeService, collect, settings_for
from tests.fleet import Fleet
from tests.fleet.server import ServerSpec
from tests.waiting import wait_until

MB = 1024 * 1024


def software(name: str, image: str, extra: str = "", digest: str | None = None) -> dict[str, str]:
    pinned = f', digest: "{digest}"' if digest else ""
    return {f"catalog/{name}/software.yml":
            f'apiVersion: softops/v1\nname: {name}\nversions:\n  "1.0": {{image: "{image}"{pinned}}}\n{extra}'}


def start(service: Service, name: str, *servers: str, operation: str = "install") -> Job:
    return service.installs.request(operation, service.images.find(name), service.servers.choose(names=servers),
                                    user="tester", parameters={})


def install(service: Service, name: str, *servers: str, operation: str = "install") -> dict[str, Record]:
    job = service.installs.wait(start(service, name, *servers, operation=operation).id, 60)
    return {record.server_name: record for record in service.records.job_records(job.id)}


def downloading(got: list[Message], *servers: str) -> bool:
    seen = {message.payload["serverName"] for message in list(got)
            if message.payload.get("status") == "Downloading" and message.payload["current"]}
    return seen >= set(servers)


def test_an_install_shows_every_layer_on_every_server_and_ends_true(fleet: Fleet, make_service: MakeService) -> None:
    digest = fleet.registry.push("live", "1.0", layers=[3 * MB, 2 * MB])
    fleet.slow.rate = 8 * MB
    service = make_service(software("live", f"{fleet.slow.host}/live:1.0"))
    got = collect(service)
    records = install(service, "live", "web1", "web2")
    wanted = (RecordStatus.SUCCESS, digest, "Installed.")
    ended = {name: (record.status, record.digest, record.remark) for name, record in records.items()}
    assert ended == {"web1": wanted, "web2": wanted}
    for name in ("web1", "web2"):
        mine = [message.payload for message in got if message.payload["serverName"] == name]
        assert [mine[0]["type"], mine[-1]["type"], mine[-1]["success"]] == ["docker_start", "docker_complete", True]
        done = {payload["id"] for payload in mine if payload.get("status") == "Pull complete"}
        moved = {payload["id"] for payload in mine if payload.get("status") == "Downloading"}
        assert len(done) >= 3
        assert moved <= done
        assert mine[-1]["total"] >= 5 * MB
        assert fleet.server(name).docker("image", "inspect", "-f", "{{index .RepoDigests 0}}",
                                         f"{fleet.slow.host}/live:1.0").strip().endswith(digest)


def test_milestones_are_numbered_without_a_gap_and_replayed_from_sql(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("gapless", "1.0", layers=[MB])
    service = make_service(software("gapless", fleet.registry.image("gapless", "1.0")))
    got = collect(service)
    records = install(service, "gapless", "web1", "web2", "web3")
    job_id = records["web1"].job_id
    milestones = [message.payload for message in got if message.milestone]
    assert [payload["seq"] for payload in milestones] == list(range(1, len(milestones) + 1))
    assert [event.payload for event in service.records.events_after(job_id, 0)] == milestones
    seqs = [message.payload["seq"] for message in got]
    assert seqs == sorted(seqs)


def test_a_second_install_changes_nothing_and_succeeds(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("again", "1.0", layers=[MB])
    service = make_service(software("again", fleet.registry.image("again", "1.0")))
    first, second = install(service, "again", "web1"), install(service, "again", "web1")
    assert second["web1"].status is RecordStatus.SUCCESS
    assert second["web1"].digest == first["web1"].digest


def test_an_image_that_is_not_there_fails_with_1002_and_the_pull_of_others_is_not_hurt(
        fleet: Fleet, make_service: MakeService) -> None:
    service = make_service(software("missing", fleet.registry.image("missing", "9.9")))
    got = collect(service)
    record = install(service, "missing", "web1")["web1"]
    assert (record.status, record.code) == (RecordStatus.FAILED, 1002)
    assert record.remark
    assert "missing:9.9" in record.remark
    assert [message.payload["type"] for message in got] == ["docker_start", "docker_error", "docker_complete"]
    assert got[1].payload["error"] == record.remark


def test_a_digest_that_git_pins_is_enforced(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("pinned", "1.0", layers=[MB], version_text="good")
    wrong = "sha256:" + "0" * 64
    service = make_service(software("pinned", fleet.registry.image("pinned", "1.0"), digest=wrong))
    record = install(service, "pinned", "web1")["web1"]
    assert (record.status, record.code) == (RecordStatus.FAILED, 1002)


def test_a_stopped_engine_fails_with_1001_and_a_check_says_so(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("dead", "1.0", layers=[MB])
    service = make_service(software("dead", fleet.registry.image("dead", "1.0")))
    server = service.servers.choose(names=["web3"])[0]
    assert service.checks.check(server.id).status is ServerStatus.ONLINE
    fleet.server("web3").engine.stop()
    try:
        record = install(service, "dead", "web3")["web3"]
        checked = service.checks.check(server.id)
    finally:
        fleet.server("web3").engine.start()
    assert (record.status, record.code) == (RecordStatus.FAILED, 1001)
    assert checked.status is ServerStatus.OFFLINE
    assert checked.message
    assert service.checks.check(server.id).engine_version


def test_a_dead_link_ends_with_1002_and_a_sentence(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("stalled", "1.0", layers=[4 * MB])
    service = make_service(software("stalled", f"{fleet.slow.host}/stalled:1.0"), pull_idle_timeout=3)
    fleet.slow.stall()
    record = install(service, "stalled", "web1")["web1"]
    assert (record.status, record.code) == (RecordStatus.FAILED, 1002)
    assert record.reason == "PULL_IDLE"


def test_cancelling_a_job_in_mid_pull_leaves_no_process(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("cancelled", "1.0", layers=[20 * MB])
    fleet.slow.rate = MB
    service = make_service(software("cancelled", f"{fleet.slow.host}/cancelled:1.0"))
    got = collect(service)
    job = start(service, "cancelled", "web1", "web2")
    wait_until(lambda: downloading(got, "web1", "web2"))
    service.installs.cancel_job(job.id)
    job = service.installs.wait(job.id, 30)
    assert job.status is RecordStatus.CANCELLED
    assert {record.status for record in service.records.job_records(job.id)} == {RecordStatus.CANCELLED}
    assert children() == []


def test_cancelling_one_record_lets_the_other_server_finish(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("half", "1.0", layers=[6 * MB])
    fleet.slow.rate = 2 * MB
    service = make_service(software("half", f"{fleet.slow.host}/half:1.0"))
    got = collect(service)
    job = start(service, "half", "web1", "web2")
    wait_until(lambda: downloading(got, "web1", "web2"))
    first, second = service.records.job_records(job.id)
    service.installs.cancel_record(first.id)
    service.installs.wait(job.id, 60)
    assert service.records.record(first.id).status is RecordStatus.CANCELLED
    assert service.records.record(second.id).status is RecordStatus.SUCCESS


def test_a_value_that_looks_like_a_template_stays_what_it_is(
        fleet: Fleet, make_service: MakeService, tmp_path: Path) -> None:
    marker = tmp_path / "MARKER"
    value = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    fleet.registry.push("literal", "1.0", layers=[MB])
    extra = "service:\n  env: {EVIL: " + json.dumps(value) + "}\n"
    service = make_service(software("literal", fleet.registry.image("literal", "1.0"), extra))
    assert install(service, "literal", "web1")["web1"].status is RecordStatus.SUCCESS
    manifest = json.loads(fleet.ssh(fleet.server("web1"), "cat", "/opt/softops/apps/literal/installed/1.0.json"))
    assert manifest["entry"]["service"]["env"]["EVIL"] == value
    assert not marker.exists()


def test_nineteen_good_servers_and_an_unreachable_one(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("many", "1.0", layers=[MB])
    settings = settings_for(fleet, tmp_path, software("many", fleet.registry.image("many", "1.0")))
    twenty_names(settings.inventory_path)
    service = Service(settings)
    service.start()
    try:
        service.syncer.sync(service.repositories.named("catalog").id)
        names = [server.name for server in service.servers.all()]
        records = install(service, "many", *names)
    finally:
        service.stop()
    assert len(records) == 20
    failed = [record for record in records.values() if record.status is not RecordStatus.SUCCESS]
    assert [(record.server_name, record.status, record.code) for record in failed] == [
        ("gone", RecordStatus.FAILED, 1001)]


def twenty_names(inventory: Path) -> None:
    """Rewrite an inventory so that it has nineteen names for the real servers and one where nothing is."""

    path = inventory / "hosts.yml"
    data = yaml.safe_load(path.read_text())
    real = list(data["all"]["hosts"].values())
    hosts = {f"n{number}": real[number % len(real)] for number in range(19)}
    hosts["gone"] = {**real[0], "ansible_host": "127.0.0.77", "ansible_port": 1}
    path.write_text(yaml.safe_dump({"all": {"vars": data["all"]["vars"], "hosts": hosts}}))


def test_a_kill_in_mid_pull_is_told_at_the_next_start_and_can_be_retried(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("killed", "1.0", layers=[20 * MB])
    fleet.slow.rate = 2 * MB
    settings = settings_for(fleet, tmp_path, software("killed", f"{fleet.slow.host}/killed:1.0"))
    code = ("import sys\nfrom softops.config import Settings\nfrom softops.service import Service\n"
            "from tests.acceptance.test_installs import start\n"
            "service = Service(Settings.model_validate_json(sys.argv[1]))\nservice.start()\n"
            "service.syncer.sync(service.repositories.named('catalog').id)\n"
            "service.hub.subscribe(lambda messages: [print(m.payload.get('status'), flush=True) for m in messages])\n"
            "start(service, 'killed', 'web1', 'web2')\n")
    with subprocess.Popen([sys.executable, "-c", code, settings.model_dump_json()], stdout=subprocess.PIPE,
                          cwd=PROJECT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == b"Downloading\n":
                break
        process.kill()
    fleet.slow.resume()
    service = Service(settings)
    service.start()
    try:
        job = service.installs.wait(service.records.job_page(page=1, size=10).records[0].id, 30)
        ended = {record.server_name: (record.status, record.reason) for record in service.records.job_records(job.id)}
        assert ended == dict.fromkeys(("web1", "web2"), (RecordStatus.FAILED, "INTERRUPTED_UNDONE"))
        retried = service.installs.wait(service.installs.retry(job.id, user="tester").id, 60)
        assert retried.status is RecordStatus.SUCCESS
    finally:
        service.stop()


def test_a_server_with_a_small_disk_is_told_before_the_pull(fleet: Fleet, make_service: MakeService) -> None:
    if "small" not in [server.name for server in fleet.servers]:
        fleet.add(ServerSpec(name="small", disk_mb=40))
    fleet.registry.push("large", "1.0", layers=[60 * MB])
    service = make_service(software("large", fleet.registry.image("large", "1.0")))
    record = install(service, "large", "small")["small"]
    assert (record.status, record.code, record.reason) == (RecordStatus.FAILED, 1002, "SPACE_TOO_LITTLE")
    assert record.remark
    assert "MB" in record.remark


def children() -> list[str]:
    """The command lines of this process's living descendants that work for a playbook."""
    listed = subprocess.run(["ps", "-e", "-o", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    family, grew = {str(os.getpid())}, True
    while grew:
        more = {pid for pid, parent, _ in rows if parent in family} - family
        family |= more
        grew = bool(more)
    return [args for pid, _, args in rows if pid in family and "ansible-playbook" in args]
