"""What goes wrong on real servers ends soon, with its own reason, code and sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from softops.events import StageReached
from tests.fleet.images import Image, build, digest
from tests.playbooks.conftest import Stage, finished

Push = Callable[..., dict[str, Any]]
MB = 1_000_000


@contextmanager
def engine_stopped(stage: Stage, name: str) -> Iterator[None]:
    engine = stage.fleet.server(name).engine
    engine.stop()
    try:
        yield
    finally:
        engine.start()


@contextmanager
def engine_frozen(stage: Stage, name: str) -> Iterator[None]:
    engine = stage.fleet.server(name).engine
    engine.freeze()
    try:
        yield
    finally:
        engine.thaw()


def until(true: Callable[[], bool], timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def stops_downloading(stage: Stage) -> bool:
    """Whether nothing comes through the slow road any more."""
    before = stage.fleet.slow.sent
    time.sleep(0.5)
    return stage.fleet.slow.sent == before


def test_an_engine_that_is_stopped_is_not_connected(stage: Stage, push: Push) -> None:
    with engine_stopped(stage, "web2"):
        played = stage.play("install", "web1,web2", push())
    assert (played.code, played.failure("web2")) == (2, ("ENGINE_DOWN", 1001))
    assert played.said("web1")["reason"] == "INSTALL_SUCCESS"


def test_an_engine_that_does_not_answer_is_not_connected(stage: Stage, push: Push) -> None:
    with engine_frozen(stage, "web2"):
        played = stage.play("install", "web2", push(), connectTimeout=1)
    assert played.failure("web2") == ("ENGINE_SILENT", 1001)


def test_an_engine_that_dies_during_the_pull_is_not_connected(stage: Stage, push: Push) -> None:
    stage.fleet.slow.rate = MB
    process = stage.start("install", "web2", push(layers=[8 * MB], host=stage.fleet.slow.host))
    before = stage.fleet.slow.sent
    until(lambda: stage.fleet.slow.sent > before + MB // 2)
    engine = stage.fleet.server("web2").engine
    engine.kill()
    try:
        assert finished(process).failure("web2") == ("ENGINE_LOST", 1001)
    finally:
        engine.start()


@pytest.mark.parametrize("name", ["web1", "ops1"])
def test_a_server_without_docker_says_so(stage: Stage, name: str) -> None:
    server = stage.fleet.server(name)
    commands = sorted(set(server.run("sh", "-c", "which -a docker | xargs -n 1 readlink -f").split()))
    for command in commands:
        server.run("mount", "--bind", "/dev/null", command)
    try:
        played = stage.play("inspect", name, {})
    finally:
        server.run("umount", *commands)
    assert played.failure(name) == ("ENGINE_NOT_INSTALLED", 1001)


def test_a_server_whose_cable_is_pulled_out_ends_its_pull_and_is_reached_again_later(stage: Stage, push: Push) -> None:
    software = push(layers=[6 * MB], host=stage.fleet.slow.host)
    stage.fleet.slow.rate = MB
    process = stage.start("install", "web2", software, idleTimeout=2)
    before = stage.fleet.slow.sent
    until(lambda: stage.fleet.slow.sent > before + MB)
    server = stage.fleet.server("web2")
    server.unplug()
    try:
        assert finished(process).failure("web2") == ("PULL_IDLE", 1002)
    finally:
        server.plug()
    stage.fleet.slow.resume()
    assert stage.play("install", "web2", software).said("web2")["reason"] == "INSTALL_SUCCESS"


def test_a_user_who_may_not_use_the_engine_is_not_connected(stage: Stage) -> None:
    played = stage.play("inspect", "ops1", {}, "-e", "ansible_become=false")
    assert (played.failure("ops1"), played.stats["ops1"]["failures"]) == (("ENGINE_DENIED", 1001), 1)


def test_a_server_without_sshd_is_unreachable(stage: Stage, push: Push) -> None:
    server = stage.fleet.server("web2")
    server.sshd.stop()
    try:
        played = stage.play("install", "web1,web2", push(), "--ssh-common-args", common_args(stage, "ControlPath=none"))
    finally:
        server.sshd.start()
    assert (played.failure("web2"), played.stats["web2"]["unreachable"]) == (("SSH_REFUSED", 1001), 1)
    assert played.said("web1")["reason"] == "INSTALL_SUCCESS"


def common_args(stage: Stage, *options: str) -> str:
    files = (f"UserKnownHostsFile={stage.fleet.known_hosts}", "GlobalKnownHostsFile=/dev/null")
    return " ".join(f"-o {option}" for option in (*options, *files, "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"))


@pytest.mark.parametrize(("option", "value", "reason"), [
    ("ansible_ssh_common_args", "-o ControlPath=none -o UserKnownHostsFile=/dev/null -o GlobalKnownHostsFile=/dev/null "
                                "-o StrictHostKeyChecking=yes", "SSH_HOST_KEY"),
    ("ansible_user", "nobody", "SSH_DENIED"),
    ("ansible_host", "no-such-server.invalid", "SSH_NAME"),
    ("ansible_connection", "paramiko_ssh", "CONNECTION_UNSUPPORTED"),
    ("docker_host", "10.0.0.1", "DOCKER_HOST_INVALID"),
    ("softops_docker_socket", "/nowhere/docker.sock", "ENGINE_DOWN"),
])
def test_a_wrong_inventory_is_told_apart(stage: Stage, option: str, value: str, reason: str) -> None:
    played = stage.play("inspect", "web1", {}, "-e", json.dumps({option: value}))
    assert played.failure("web1") == (reason, 1001)
    kind = "unreachable" if reason.startswith("SSH_") else "failures"
    assert played.stats["web1"][kind] == 1


def test_too_little_space_is_seen_before_the_pull(stage: Stage, push: Push) -> None:
    software = push(layers=[70 * MB])
    played = stage.play("install", "small,web1", software)
    assert played.failure("small") == ("SPACE_TOO_LITTLE", 1002)
    assert "/srv/docker has " in played.results["small"]["msg"]
    assert "need at least 71." in played.results["small"]["msg"]
    stages = [event.stage for event in played.events if isinstance(event, StageReached) and event.host == "small"]
    assert stages == ["connect", "space"]
    assert played.said("web1")["reason"] == "INSTALL_SUCCESS"


def test_a_disk_that_becomes_full_during_the_pull_says_so(stage: Stage, push: Push) -> None:
    played = stage.play("install", "small", push(layers=[70 * MB]), plainHttp=[])
    assert played.failure("small") == ("PULL_NO_SPACE", 1002)


@pytest.mark.parametrize("pinned", [True, False])
def test_an_image_that_is_not_in_the_registry_says_so(stage: Stage, push: Push, pinned: bool) -> None:
    software = push()
    wrong = {"digest": "sha256:" + "0" * 64} if pinned else {"image": software["image"] + ".9"}
    assert stage.play("install", "web1", software | wrong).failure("web1") == ("PULL_NO_IMAGE", 1002)


def test_a_manifest_that_is_not_what_the_catalog_demands_is_refused(stage: Stage, push: Push) -> None:
    software = push(pinned=True)
    value = software["digest"].partition(":")[2]
    blobs = stage.fleet.directory / "registry/storage/docker/registry/v2/blobs/sha256"
    with (blobs / value[:2] / value / "data").open("a") as stored:
        stored.write(" ")  # still a manifest, but another one
    played = stage.play("install", "web1", software)
    assert played.failure("web1") == ("PULL_DIGEST_MISMATCH", 1002)
    assert software["digest"] in played.results["web1"]["msg"]


def test_a_damaged_layer_is_refused(stage: Stage, push: Push) -> None:
    software = push()
    layer = build(layers=[123_000], text="damaged", seed="damaged-layer")
    name = software["image"].partition("/")[2].partition(":")[0]
    stage.fleet.registry.put(name, "2.0", layer)
    stage.fleet.registry.corrupt(layer.layers[-1].digest)
    played = stage.play("install", "web1", software | {"image": stage.fleet.registry.image(name, "2.0")})
    assert played.failure("web1") == ("PULL_CORRUPT", 1002)


def foreign(image: Image) -> Image:
    """The same image for a processor that no test machine has."""
    config = json.loads(image.config.data) | {"architecture": "s390x"}
    data = json.dumps(config).encode()
    moved = replace(image.config, data=data, digest=digest(data))
    body = json.dumps(json.loads(image.manifest.data) | {"config": moved.descriptor}).encode()
    return replace(image, config=moved, manifest=replace(image.manifest, data=body, digest=digest(body)))


def test_an_image_for_another_processor_is_refused_again_and_again(stage: Stage, push: Push) -> None:
    software = push()
    name = software["image"].partition("/")[2].partition(":")[0]
    stage.fleet.registry.put(name, "9.0", foreign(build(layers=[1000], text="foreign", seed="foreign")))
    software |= {"image": stage.fleet.registry.image(name, "9.0")}
    for _ in range(2):
        played = stage.play("install", "web1", software)
        assert played.failure("web1") == ("PULL_NO_PLATFORM", 1002)
        assert "linux/s390x" in played.results["web1"]["msg"]


def test_a_registry_that_refuses_the_server_says_so(stage: Stage, push: Push) -> None:
    software = push(host=stage.fleet.slow.host)
    stage.fleet.slow.refuse()
    assert stage.play("install", "web1", software).failure("web1") == ("PULL_NO_REGISTRY", 1002)


def test_a_registry_without_tls_that_the_engine_does_not_know_says_so(stage: Stage, push: Push) -> None:
    software = push()
    server = stage.fleet.server("web1")
    config = json.loads(server.path("etc/docker/daemon.json").read_text())
    server.engine.stop()
    try:
        server.path("etc/docker/daemon.json").write_text(json.dumps(config | {"insecure-registries": []}))
        server.engine.start()
        played = stage.play("install", "web1", software)
    finally:
        server.engine.stop()
        server.path("etc/docker/daemon.json").write_text(json.dumps(config))
        server.engine.start()
    assert played.failure("web1") == ("PULL_PLAIN_HTTP", 1002)


def test_a_silent_registry_ends_the_pull(stage: Stage, push: Push) -> None:
    software = push(layers=[3 * MB], host=stage.fleet.slow.host, pinned=True)
    stage.fleet.slow.rate = 2 * MB
    process = stage.start("install", "web1", software, idleTimeout=2)
    before = stage.fleet.slow.sent
    until(lambda: stage.fleet.slow.sent > before + MB // 2)
    stage.fleet.slow.stall()
    start = time.monotonic()
    played = finished(process)
    assert played.failure("web1") == ("PULL_IDLE", 1002)
    assert time.monotonic() - start < 6


def test_a_slow_pull_is_ended_and_the_engine_stops_downloading(stage: Stage, push: Push) -> None:
    software = push(layers=[8 * MB], host=stage.fleet.slow.host)
    stage.fleet.slow.rate = MB
    played = stage.play("install", "web1", software, timeout=2)
    assert played.failure("web1") == ("PULL_TIMEOUT", 1002)
    until(lambda: stops_downloading(stage))
    assert software["image"] not in stage.fleet.server("web1").docker("images", "--format", "{{.Repository}}:{{.Tag}}")


@pytest.mark.parametrize("name", ["web1", "ops1"])
def test_a_cancelled_server_stops_and_the_other_one_goes_on(stage: Stage, push: Push, name: str) -> None:
    software = push(layers=[6 * MB], host=stage.fleet.slow.host)
    stage.fleet.slow.rate = 2 * MB
    process = stage.start("install", f"{name},web2", software)
    before = stage.fleet.slow.sent
    until(lambda: stage.fleet.slow.sent > before + MB)
    (stage.directory / f"cancel-{name}").touch()
    played = finished(process)
    assert (played.said(name)["reason"], played.said("web2")["reason"]) == ("CANCELLED", "INSTALL_SUCCESS")
    until(lambda: stops_downloading(stage))


def test_a_directory_that_can_not_be_written_is_named(stage: Stage, push: Push) -> None:
    stage.fleet.server("web1").run("touch", "/opt/file")
    played = stage.play("install", "web1", push(), "-e", "softops_apps_dir=/opt/file/apps")
    assert played.failure("web1") == ("MANIFEST_FAILED", 500)
    assert "/opt/file" in played.results["web1"]["msg"]


def test_an_unreadable_input_is_named(stage: Stage) -> None:
    played = stage.by_hand("install", "web1", "-e", f"softops_input={stage.directory}/none.json")
    assert played.failure("web1") == ("INPUT_INVALID", 400)
