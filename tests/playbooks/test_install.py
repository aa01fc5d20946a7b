"""install.yml and pull.yml on real servers over SSH, with what softops gives them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from softops.events import LayersChanged, StageReached
from tests.playbooks.conftest import Stage

Push = Callable[..., dict[str, Any]]
WEB = {"web1", "web2"}


def manifest(stage: Stage, server: str, software: Mapping[str, Any]) -> Any:
    path = f"/opt/softops/apps/{software['name']}/installed/{software['version']}.json"
    return json.loads(stage.fleet.server(server).run("cat", path))


def images(stage: Stage, server: str) -> set[str]:
    return set(stage.fleet.server(server).docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines())


@pytest.mark.parametrize("pinned", [True, False])
def test_an_install_converges_and_every_step_says_truly_what_changes(stage: Stage, push: Push, pinned: bool) -> None:
    first, second = push("1.0", pinned=pinned), push("2.0", pinned=pinned, layers=[100_000, 400_000])

    def run(software: dict[str, Any], *words: str) -> dict[str, bool]:
        played = stage.play("install", "web1,web2", software, *words)
        assert (played.code, set(played.results)) == (0, WEB)
        return played.changed

    everywhere, nowhere = dict.fromkeys(WEB, True), dict.fromkeys(WEB, False)
    assert run(first, "--check") == everywhere
    assert first["image"] not in images(stage, "web1")
    assert run(first) == everywhere
    assert run(first, "--check") == nowhere
    assert run(first) == nowhere
    assert run(second, "--check") == everywhere
    assert run(second) == everywhere
    assert run(first) == nowhere
    for name in WEB:
        assert {first["image"], second["image"]} <= images(stage, name)


def test_the_result_and_the_server_say_what_is_installed(stage: Stage, push: Push) -> None:
    software = push(pinned=True)
    played = stage.play("install", "web1", software | {"entry": {"name": "x", "params": []}})
    image = json.loads(stage.fleet.server("web1").docker("image", "inspect", software["image"]))[0]
    assert played.said("web1") == {"reason": "INSTALL_SUCCESS", "code": 200, "params": {}, "digest": software["pushed"],
                                   "imageId": image["Id"], "size": image["Size"], "layers": 4}
    assert manifest(stage, "web1", software) == {
        "name": software["name"], "version": "1.0", "image": software["image"], "digest": software["pushed"],
        "commit": "4f2c", "repository": "catalog", "parameters": {}, "entry": {"name": "x", "params": []}}


def test_progress_is_told_by_stage_and_layer_until_every_layer_is_done(stage: Stage, push: Push) -> None:
    software = push(layers=[2_000_000, 3_000_000], host=stage.fleet.slow.host)
    stage.fleet.slow.rate = 5_000_000
    played = stage.play("install", "web1", software)
    stages = [event for event in played.events if isinstance(event, StageReached)]
    assert [event.stage for event in stages] == ["connect", "space", "pull", "verify", "manifest"]
    assert 5_000_000 < (stages[2].total or 0) < 7_000_000
    told = [event for event in played.events if isinstance(event, LayersChanged)]
    last = {layer.id: layer for event in told for layer in event.layers}
    assert {layer.done for layer in last.values()} == {True}
    assert sum(layer.current or 0 for layer in last.values()) == stages[2].total
    assert "Downloading" in {layer.status for event in told for layer in event.layers}
    seconds = told[-1].at - told[0].at
    for layer_id in last:
        reports = [layer for event in told for layer in event.layers if layer.id == layer_id]
        # Ten a second, and the last state, which does not wait for its turn.
        assert len(reports) <= 10 * seconds + 2


def test_only_missing_layers_count(stage: Stage, push: Push) -> None:
    stage.play("pull", "web1", push("1.0", layers=[1_000_000, 200_000]))
    played = stage.play("pull", "web1", push("2.0", layers=[1_000_000, 300_000]))
    totals = [event.total for event in played.events if isinstance(event, StageReached) and event.stage == "pull"]
    assert len(totals) == 1
    assert 300_000 < (totals[0] or 0) < 310_000


def test_a_pull_leaves_no_note(stage: Stage, push: Push) -> None:
    software = push()
    assert stage.play("pull", "web1", software).said("web1")["reason"] == "PULL_SUCCESS"
    assert software["name"] not in stage.fleet.server("web1").run("sh", "-c", "ls /opt/softops/apps || true")


def test_a_pinned_digest_wins_over_a_tag_that_has_moved(stage: Stage, push: Push) -> None:
    pinned = push(pinned=True)
    moved = push(layers=[50_000])
    assert moved["pushed"] != pinned["pushed"]
    assert stage.play("install", "web1", moved).said("web1")["digest"] == moved["pushed"]
    assert stage.play("install", "web1", pinned).said("web1")["digest"] == pinned["pushed"]
    assert stage.play("install", "web1", moved).changed == {"web1": True}
    digests = json.loads(stage.fleet.server("web1").docker("image", "inspect", moved["image"]))[0]["RepoDigests"]
    assert digests == [f"{moved['image'].rpartition(':')[0]}@{moved['pushed']}"]


def test_values_stay_what_they_are_and_are_never_run(stage: Stage, push: Push) -> None:
    marker = stage.directory / "MARKER"
    template = f"{{{{ lookup('pipe', 'touch {marker}') }}}}"
    nasty = {"env": {"X": template, "Y": f"$(touch {marker}) `touch {marker}` ' \" %", template: "key"}}
    software = push() | {"entry": nasty}
    played = stage.play("install", "web1,web2", software)
    assert played.code == 0
    for name in WEB:
        assert manifest(stage, name, software)["entry"] == nasty
        assert not stage.fleet.server(name).path(str(marker)).exists()
    assert not marker.exists()


def test_an_unprivileged_user_becomes_root_where_the_inventory_says_so(stage: Stage, push: Push) -> None:
    software = push()
    assert stage.play("install", "ops1", software).changed == {"ops1": True}
    path = f"/opt/softops/apps/{software['name']}/installed/1.0.json"
    assert stage.fleet.server("ops1").run("stat", "-c", "%U %a", path) == "root 644\n"
    assert stage.play("install", "ops1", software).changed == {"ops1": False}


def test_a_dead_server_does_not_hold_up_the_others(stage: Stage, push: Push) -> None:
    played = stage.play("install", "web1,web2,dead", push())
    assert played.code == 4
    assert {host: stats["unreachable"] for host, stats in played.stats.items()} == {"web1": 0, "web2": 0, "dead": 1}
    assert played.failure("dead") == ("SSH_TIMEOUT", 1001)
    assert {played.said(name)["reason"] for name in WEB} == {"INSTALL_SUCCESS"}


def test_an_engine_is_looked_at(stage: Stage) -> None:
    played = stage.play("inspect", "ops1,small", {})
    said = played.said("small")
    assert set(said) == {"reason", "code", "params", "engineVersion", "apiVersion", "architecture", "os", "freeBytes",
                         "rootDir", "images", "containers"}
    assert (said["os"], said["rootDir"], said["containers"]) == ("linux", "/srv/docker", 0)
    assert 0 < said["freeBytes"] < 64 * 2**20 < played.said("ops1")["freeBytes"]
    assert played.changed == {"ops1": False, "small": False}
