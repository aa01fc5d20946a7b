"""Servers and engines that die, vanish, fill up or refuse while softops works on them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from softops.statuses import RecordStatus, ServerStatus
from tests.acceptance.services import MakeService, collect
from tests.acceptance.test_installs import software, start
from tests.acceptance.test_interruptions import begin
from tests.acceptance.test_running import page, run
from tests.acceptance.test_running import software as programs
from tests.faults.cases import OTHER, WEB, downloads, ended, failed, failure, has_image, install, retried, says
from tests.fleet import Fleet, Server, ServerSpec
from tests.waiting import wait_until

MB = 1_000_000
ALIVE = 45
"""Seconds in which ssh notices that a server is silent (3 x 10 s), and some to spare."""


@pytest.fixture
def ops(fleet: Fleet) -> Server:
    """A server on which one logs in as ops and becomes root with sudo."""
    if "ops1" not in [server.name for server in fleet.servers]:
        fleet.add(ServerSpec(name="ops1", user="ops"))
    return fleet.server("ops1")


@pytest.fixture
def small(fleet: Fleet) -> Server:
    """A server whose engine has 64 MB."""
    if "small" not in [server.name for server in fleet.servers]:
        fleet.add(ServerSpec(name="small", disk_mb=64, engine_options={"max-download-attempts": 1}))
    return fleet.server("small")


@contextmanager
def unplugged(server: Server) -> Iterator[None]:
    server.unplug()
    try:
        yield
    finally:
        server.plug()


def test_an_engine_killed_in_mid_pull_fails_on_its_server_alone(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("enginekill", "1.0", layers=[6 * MB])
    image = f"{fleet.slow.host}/enginekill:1.0"
    service = make_service(software("enginekill", image))
    got = collect(service)
    fleet.slow.rate = 3 * MB
    job = start(service, "enginekill", WEB, OTHER)
    wait_until(lambda: downloads(got, WEB) and downloads(got, OTHER))
    engine = fleet.server(WEB).engine
    engine.kill()
    try:
        records = ended(service, job.id)
    finally:
        engine.start()
    assert failure(records[WEB]) == failed("ENGINE_LOST", 1001), records[WEB].remark
    says(records[WEB], "connection to the Docker engine broke", "retry")
    assert records[OTHER].status is RecordStatus.SUCCESS, records[OTHER].remark
    assert not has_image(fleet, WEB, image)
    assert {name: one.status for name, one in retried(service, records[WEB]).items()} == {WEB: RecordStatus.SUCCESS}


@pytest.mark.parametrize("way", ["cable", "power", "sshd"])
def test_a_server_that_vanishes_in_mid_pull_is_named_as_such(
        fleet: Fleet, make_service: MakeService, way: str) -> None:
    name = f"vanish-{way}"
    fleet.registry.push(name, "1.0", layers=[6 * MB])
    service = make_service(software(name, f"{fleet.slow.host}/{name}:1.0"))
    got = collect(service)
    fleet.slow.rate = 3 * MB
    job = start(service, name, WEB, OTHER)
    wait_until(lambda: downloads(got, WEB) and downloads(got, OTHER))
    server = fleet.server(WEB)
    began = time.monotonic()
    {"cable": server.unplug, "power": server.power_off, "sshd": server.sshd.stop}[way]()
    try:
        records = ended(service, job.id)
    finally:
        {"cable": server.plug, "power": server.start, "sshd": server.sshd.start}[way]()
    assert time.monotonic() - began < ALIVE
    assert (records[WEB].status, records[WEB].code) == (RecordStatus.FAILED, 1001), records[WEB].remark
    assert records[WEB].reason == "SSH_LOST", records[WEB].remark
    says(records[WEB], "retry")
    assert records[OTHER].status is RecordStatus.SUCCESS, records[OTHER].remark
    assert retried(service, records[WEB])[WEB].status is RecordStatus.SUCCESS


def test_a_server_that_is_away_from_the_beginning_fails_in_time(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("away", "1.0", layers=[MB])
    service = make_service(software("away", fleet.registry.image("away", "1.0")))
    with unplugged(fleet.server(WEB)):
        # Whatever connection was warm notices it, too.
        records = install(service, "away", WEB, OTHER)
    assert records[WEB].code == 1001, records[WEB].remark
    assert records[WEB].reason in {"SSH_TIMEOUT", "SSH_LOST"}, records[WEB].remark
    assert records[OTHER].status is RecordStatus.SUCCESS
    assert retried(service, records[WEB])[WEB].status is RecordStatus.SUCCESS


def test_a_disk_that_is_too_small_is_told_before_the_pull(
        fleet: Fleet, make_service: MakeService, small: Server) -> None:
    fleet.registry.push("toolarge", "1.0", layers=[70 * MB])
    image = fleet.registry.image("toolarge", "1.0")
    record = install(make_service(software("toolarge", image)), "toolarge", "small")["small"]
    assert failure(record) == failed("SPACE_TOO_LITTLE", 1002), record.remark
    says(record, "/srv/docker", "docker image prune")


def test_a_disk_that_fills_up_during_the_pull_is_told_and_can_be_mended(
        fleet: Fleet, make_service: MakeService, small: Server) -> None:
    fleet.registry.push("fills", "1.0", layers=[35 * MB])
    image = fleet.registry.image("fills", "1.0")
    service = make_service(software("fills", image))
    # Room for the download, not for what is unpacked beside it.
    record = install(service, "fills", "small")["small"]
    assert failure(record) == failed("PULL_NO_SPACE", 1002), record.remark
    says(record, image, "docker image prune")
    assert not has_image(fleet, "small", image)
    small.run("mount", "-o", "remount,size=200m", "/srv/docker")
    try:
        assert retried(service, record)["small"].status is RecordStatus.SUCCESS
    finally:
        small.run("mount", "-o", "remount,size=64m", "/srv/docker")


def test_a_full_disk_under_the_apps_is_told(fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("fullopt", "1.0", layers=[MB])
    image = fleet.registry.image("fullopt", "1.0")
    service = make_service(software("fullopt", image))
    server = fleet.server(WEB)
    server.run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", "/opt")
    try:
        server.run("sh", "-c", "cat /dev/zero >/opt/all 2>/dev/null || true")
        record = install(service, "fullopt", WEB)[WEB]
    finally:
        server.run("umount", "/opt")
    assert failure(record) == failed("SERVER_DISK_FULL", 1002), record.remark
    says(record, "/opt/softops/apps/fullopt", "Free space")
    assert retried(service, record)[WEB].status is RecordStatus.SUCCESS


def test_a_changed_host_key_stops_everything_until_somebody_has_compared_it(
        fleet: Fleet, make_service: MakeService) -> None:
    fleet.registry.push("hostkey", "1.0", layers=[MB])
    service = make_service(software("hostkey", fleet.registry.image("hostkey", "1.0")))
    server, number = fleet.server(WEB), service.servers.choose(names=[WEB])[0].id
    known = fleet.known_hosts.read_text()
    server.sshd.stop()
    server.sshd.configure()
    server.sshd.start()
    try:
        records = install(service, "hostkey", WEB, OTHER)
        checked = service.checks.check(number)
        fleet.known_hosts.write_text("".join(f"{one.sshd.host_key}\n" for one in fleet.servers if one.spec.alive))
        repeated = retried(service, records[WEB])
    finally:
        fleet.known_hosts.write_text("".join(f"{one.sshd.host_key}\n" for one in fleet.servers if one.spec.alive))
    assert fleet.known_hosts.read_text() != known
    assert failure(records[WEB]) == failed("SSH_HOST_KEY", 1001), records[WEB].remark
    says(records[WEB], "Compare its fingerprint", "known_hosts")
    assert records[OTHER].status is RecordStatus.SUCCESS
    assert (checked.status, "host key" in (checked.message or "")) == (ServerStatus.OFFLINE, True)
    assert repeated[WEB].status is RecordStatus.SUCCESS


@contextmanager
def sudo_asks(server: Server, password: str) -> Iterator[None]:
    """sudo wants the password of ops, every time."""
    rule = server.path("etc/sudoers.d/ops")
    before = rule.read_text()
    server.run("chpasswd", stdin=f"ops:{password}\n")
    rule.write_text("Defaults timestamp_timeout=0\nops ALL=(ALL:ALL) ALL\n")
    try:
        yield
    finally:
        rule.write_text(before)


def test_sudo_that_needs_a_password_is_told_and_a_wrong_one_too(
        fleet: Fleet, make_service: MakeService, ops: Server) -> None:
    fleet.registry.push("sudo", "1.0", layers=[MB])
    service = make_service(software("sudo", fleet.registry.image("sudo", "1.0")))
    variables = service.settings.inventory_path / "host_vars/ops1.yml"
    variables.parent.mkdir()
    with sudo_asks(ops, "right horse"):
        without = install(service, "sudo", "ops1")["ops1"]
        variables.write_text("ansible_become_password: wrong horse\n")
        wrong = install(service, "sudo", "ops1")["ops1"]
        variables.write_text("ansible_become_password: right horse\n")
        right = install(service, "sudo", "ops1")["ops1"]
    for record in (without, wrong):
        assert failure(record) == failed("BECOME_FAILED", 1001), record.remark
        says(record, "becoming root does not", "ansible_become_password")
        assert "horse" not in str(record)
    assert right.status is RecordStatus.SUCCESS, right.remark


def test_a_disk_without_room_for_a_container_is_told_and_the_old_version_serves_again(
        fleet: Fleet, make_service: MakeService, small: Server) -> None:
    fleet.registry.push("noroom", "1.0", version_text="noroom 1.0")
    fleet.registry.push("noroom", "2.0", version_text="noroom 2.0")
    service = make_service(programs(fleet, "noroom", 18503, "1.0", "2.0"))
    assert run(service, "noroom", "1.0", "small").status is RecordStatus.SUCCESS
    small.docker("pull", fleet.registry.image("noroom", "2.0"))
    small.run("sh", "-c", "cat /dev/zero >/srv/docker/all 2>/dev/null || true")
    try:
        record = ended(service, begin(service, "noroom", "2.0", "small").id)["small"]
    finally:
        small.run("rm", "-f", "/srv/docker/all")
    assert (record.status, record.code) == (RecordStatus.FAILED, 1003), record.remark
    says(record, "/srv/docker", "Free space")
    again = retried(service, record)["small"]
    assert again.status is RecordStatus.SUCCESS, again.remark
    assert page(fleet, "small", 18503) == "noroom 2.0"
