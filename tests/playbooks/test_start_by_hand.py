"""start.yml as a person runs it: from a catalog directory, with parameters, told in sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.playbooks.apps import App
from tests.playbooks.conftest import Played


class Hand:
    """Runs playbooks for the app as software of a catalog of its own."""

    def __init__(self, app: App, catalog: Path) -> None:
        self.app = app
        self.catalog = catalog
        folder = catalog / app.name
        folder.mkdir(parents=True)
        image = app.images.image(app.name, "1.0")
        (folder / "software.yml").write_text(
            f"apiVersion: softops/v1\nname: {app.name}\nversions:\n  \"1.0\": {{image: \"{image}\"}}\n"
            "service:\n  ports: [\"${PORT}:80\"]\n  env: {PASSWORD: \"${PASSWORD}\"}\n"
            "  healthcheck: {test: [CMD, wget, -q, -O-, \"http://127.0.0.1/\"], interval: 500ms, retries: 3}\n"
            "params:\n  - {name: PORT, type: port, default: 8080}\n  - {name: PASSWORD, type: secret}\n")

    def play(self, playbook: str, *words: str) -> Played:
        registries = {"softops_insecure_registries": self.app.stage.limits["plainHttp"]}
        return self.app.stage.by_hand(playbook, "web1", "-e", f"softops_catalog={self.catalog}",
                                      "-e", f"softops_name={self.app.name}", "-e", json.dumps(registries), *words)

    def start(self, *words: str, **parameters: object) -> Played:
        given = {"softops_parameters": {"PORT": self.app.port, "PASSWORD": "geheim"} | parameters}
        return self.play("start", "-e", json.dumps(given), *words)


@pytest.fixture
def hand(app: App, tmp_path: Path) -> Hand:
    return Hand(app, tmp_path / "catalog")


def test_a_software_is_started_stopped_and_removed_by_hand(hand: Hand) -> None:
    played = hand.start()
    assert (played.code, played.changed, hand.app.serves()) == (0, {"web1": True}, "1.0")
    sentences = [line for line in played.lines if line.startswith(f"web1: {hand.app.name}: ")]
    assert any(line.endswith("writing compose.yml and .env") for line in sentences)
    assert any(line.endswith("container " + hand.app.name + "-1: Healthy") for line in sentences)
    assert sentences[-1].endswith(": Started.")
    assert hand.start().changed == {"web1": False}
    assert [hand.play("stop").changed["web1"] for _ in range(2)] == [True, False]
    assert hand.start().changed == {"web1": True}
    assert hand.play("restart").changed == {"web1": True}
    assert [hand.play("remove", "-e", "softops_remove_volumes=true").changed["web1"] for _ in range(2)] == [True, False]


def test_values_are_data_for_ansible_and_compose(hand: Hand) -> None:
    password = 'My $shop {{ x }} {% y'
    assert hand.start(PASSWORD=password).code == 0
    (container,) = hand.app.containers()
    env = hand.app.server.docker("exec", container, "env")
    assert f"PASSWORD={password}" in env.splitlines()


def test_parameters_are_checked_before_a_server_is_touched(hand: Hand) -> None:
    assert hand.start(PORT="many").failure("web1")[1] == 400
    assert hand.start(OTHER="x").failure("web1") == ("PARAMETER_UNKNOWN", 400)
    assert hand.play("start").failure("web1") == ("PARAMETER_MISSING", 400)
    assert hand.app.containers() == {}


def test_a_failure_is_told_with_the_last_lines(hand: Hand) -> None:
    hand.app.push("1.0", ("sh", "-c", "echo I was here; exit 7"))
    played = hand.start()
    assert played.failure("web1") == ("CONTAINER_EXITED", 1003)
    assert f"web1: {hand.app.name} | I was here" in played.lines
    assert "geheim" not in "\n".join(played.lines)


@pytest.mark.parametrize("playbook", ["stop", "restart", "remove"])
def test_what_is_meant_has_to_be_said(hand: Hand, playbook: str) -> None:
    assert hand.play(playbook, "-e", "softops_name=").failure("web1") == ("APP_NAME_MISSING", 400)


def test_an_engine_without_its_server_runs_no_apps(hand: Hand) -> None:
    played = hand.start("-e", f"docker_host=unix://{hand.app.server.path('run/docker.sock')}",
                        "-e", "ansible_connection=local")
    assert played.failure("web1") == ("APP_NEEDS_SHELL", 1001)
