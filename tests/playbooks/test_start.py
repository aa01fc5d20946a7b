"""start.yml on real servers: what runs afterwards, and that nothing is done twice."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from softops.events import ContainersChanged, StageReached
from tests.playbooks.apps import App, ended
from tests.playbooks.conftest import Played, Stage

PASSWORD = {"name": "PASSWORD", "type": "secret"}


def stages(played: Played) -> list[str]:
    return [event.stage for event in played.events if isinstance(event, StageReached)]


def test_a_software_is_started_and_starting_it_again_changes_nothing(app: App) -> None:
    order = app.order("1.0")
    assert app.run(order, "--check").changed == {"web1": True}
    assert app.containers() == {}
    played = app.run(order)
    assert (played.code, played.changed, app.serves()) == (0, {"web1": True}, "1.0")
    end = ended(played)
    assert (end.software, end.outcome, end.reason, end.digest, end.changed) == (
        app.name, "success", "START_SUCCESS", app.digests["1.0"], True)
    assert stages(played)[-4:] == ["manifest", "write", "up", "health"]
    told = [one for event in played.events if isinstance(event, ContainersChanged) for one in event.containers]
    assert {one.id for one in told} == {f"{app.name}-1"}
    assert told[-1].status == "Healthy"
    for words in ((), ("--check",), ()):
        again = app.run(order, *words)
        assert (again.changed, stages(again), ended(again).reason) == ({"web1": False}, [], "ALREADY_RUNNING")


def test_a_person_finds_plain_files_that_compose_understands(app: App) -> None:
    app.run(app.order("1.0", params=[PASSWORD], values={"PASSWORD": "geheim-123"},
                      service={"env": {"PASSWORD": "${PASSWORD}"}}))
    folder = f"/opt/softops/apps/{app.name}"
    modes = app.server.run("sh", "-c", f"cd {folder} && stat -c '%n %a' compose.yml .env revision.json")
    assert modes.split("\n") == ["compose.yml 644", ".env 600", "revision.json 644", ""]
    assert "Up" in app.server.run("sh", "-c", f"cd {folder} && docker compose ps")
    assert json.loads(app.file("installed/1.0.json"))["digest"] == app.digests["1.0"]
    revision = json.loads(app.file("revision.json"))
    assert (revision["version"], revision["state"], revision["commit"]) == ("1.0", "running", "4f2c")
    assert "geheim-123" not in json.dumps(revision) + app.file("compose.yml") + app.file("installed/1.0.json")


def test_an_upgrade_serves_the_new_version_and_keeps_the_way_back(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    assert app.run(app.order("2.0")).changed == {"web1": True}
    assert app.serves() == "2.0"
    assert json.loads(app.file("previous/revision.json"))["version"] == "1.0"
    assert len(app.containers()) == 1


def test_another_value_makes_a_new_container_and_a_removed_container_comes_back(app: App) -> None:
    service = {"env": {"X": "${X}"}}
    params = [{"name": "X", "type": "string"}]
    first = app.order("1.0", service=service, params=params, values={"X": "one"})
    app.run(first)
    assert app.run(app.order("1.0", service=service, params=params, values={"X": "two"})).changed == {"web1": True}
    app.server.docker("rm", "--force", *app.containers())
    again = app.order("1.0", service=service, params=params, values={"X": "two"})
    assert app.run(again, "--check").changed == {"web1": True}
    assert app.run(again).changed == {"web1": True}
    assert app.serves() == "1.0"
    app.server.docker("stop", *app.containers())
    assert app.run(again).changed == {"web1": True}


NASTY = "a $HOME ${X} $$ {{ 7*7 }} \"double\" 'single' \\n \\ back `id` $(id) #no 中文\nsecond line\ttab"


def test_values_are_literal_in_the_container(app: App) -> None:
    """Also those whose names mean something to the shell that starts Compose."""
    values = {"EDITOR": NASTY, "TZ": NASTY, "X": NASTY, "LONG": "x" * 90_000}
    order = app.order("1.0", service={"env": {name: f"${{{name}}}" for name in values}}, values=values,
                      params=[{"name": name, "type": "secret"} for name in values])
    assert app.run(order).code == 0
    env = json.loads(app.server.docker("inspect", *app.containers()))[0]["Config"]["Env"]
    assert {line.partition("=")[0]: line.partition("=")[2] for line in env if line.split("=")[0] in values} == values
    assert app.run(order).changed == {"web1": False}


def test_a_secret_is_told_by_nothing(app: App) -> None:
    """Neither by the files that all can read nor by Ansible at its most talkative, nor by the difference."""
    def order(value: str) -> dict[str, Any]:
        return app.order("1.0", params=[PASSWORD], values={"PASSWORD": value},
                         service={"env": {"PASSWORD": "${PASSWORD}"}})
    process = app.stage.start_apps("start", {"web1": [order("first-geheim")]}, "-vvv")
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "geheim" not in output
    process = app.stage.start_apps("start", {"web1": [order("second-geheim")]}, "-vvv", "--check", "--diff")
    output, _ = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "geheim" not in output
    assert "PASSWORD=***" in output
    assert "a secret has another value" in output


def test_the_difference_is_shown_before_and_with_the_change(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    for words in (("--check", "--diff"), ("--diff",)):
        diff = app.run(app.order("2.0"), *words).results["web1"]["diff"]
        assert [one["before_header"] for one in diff] == [f"/opt/softops/apps/{app.name}/compose.yml"]
        assert f"{app.name}:1.0@" in diff[0]["before"]
        assert f"{app.name}:2.0@" in diff[0]["after"]


TWO = """
services:
  db:
    image: {{ image }}
    healthcheck: {test: ["CMD", "test", "-e", "/tmp/ready"], interval: 300ms, retries: 30}
    command: ["sh", "-c", "mkdir -p /tmp; sleep 1; touch /tmp/ready; exec httpd -f -p 80 -h /www"]
  migrate:
    image: {{ image }}
    command: ["true"]
    depends_on: {db: {condition: service_healthy}}
  web:
    image: {{ image }}
    ports: ["%d:80"]
    depends_on:
      db: {condition: service_healthy}
      migrate: {condition: service_completed_successfully}
"""


def test_several_containers_wait_for_each_other(app: App) -> None:
    order = app.order("1.0", template=TWO % app.port)
    played = app.run(order)
    assert (played.code, app.serves()) == (0, "1.0")
    assert app.containers() == {f"{app.name}-db-1": "running", f"{app.name}-migrate-1": "exited",
                                f"{app.name}-web-1": "running"}
    assert app.run(order).changed == {"web1": False}


def test_an_unprivileged_user_becomes_root_where_the_inventory_says_so(app: App) -> None:
    app.host = "ops1"
    try:
        order = app.order("1.0")
        assert app.run(order).changed == {"ops1": True}
        assert app.serves() == "1.0"
        assert app.run(order).changed == {"ops1": False}
    finally:
        app.act("remove")
        app.host = "web1"


def test_apps_of_a_server_are_started_in_order_and_what_needs_a_failed_one_is_not_begun(app: App) -> None:
    needy = app.order("1.0")
    needy |= {"name": f"{app.name}-c", "entry": needy["entry"] | {"requires": [f"{app.name}.b"]}}
    orders = [app.order("1.0"), app.order("1.0") | {"name": f"{app.name}.b", "compose": "services: nonsense\n"}, needy]
    played = app.stage.apps("start", {"web1": orders})
    assert played.code == 2
    assert [(one["software"], one["outcome"], one["reason"]) for one in played.said("web1")["apps"]] == [
        (app.name, "success", "START_SUCCESS"), (f"{app.name}.b", "failed", "COMPOSE_FAILED"),
        (f"{app.name}-c", "failed", "REQUIRED_FAILED")]
    assert app.serves() == "1.0"
    app.run(app.order("1.0") | {"name": f"{app.name}.b", "action": "remove"}, playbook="remove")


def test_a_server_that_was_not_meant_is_refused(stage: Stage, app: App) -> None:
    app.run(app.order("1.0"), "--check")
    played = stage.apps("start", {"web1": []}, "--limit", "web2")
    assert played.failure("web2") == ("APP_NOT_ORDERED", 400)


@pytest.mark.parametrize("playbook", ["stop", "restart", "remove"])
def test_operations_are_told_what_they_are_about(app: App, playbook: str) -> None:
    app.run(app.order("1.0"))
    end = ended(app.act(playbook))
    assert (end.software, end.outcome, end.changed) == (app.name, "success", True)


OLD_COMPOSE = """#!/bin/sh
case "$*" in *"--progress json"*) echo 'unsupported --progress value "json"' >&2; exit 1;; esac
exec /usr/local/lib/docker/cli-plugins/docker-compose "$@"
"""


def test_a_server_with_an_older_compose_works_as_well(app: App) -> None:
    plugin = app.server.path("root/.docker/cli-plugins/docker-compose")
    plugin.parent.mkdir(parents=True)
    plugin.write_text(OLD_COMPOSE)
    plugin.chmod(0o755)
    try:
        played = app.run(app.order("1.0"))
        assert (played.code, app.serves()) == (0, "1.0")
        told = [one.status for event in played.events if isinstance(event, ContainersChanged)
                for one in event.containers]
        assert told[-1] == "Healthy"
        assert "Starting" in told
    finally:
        shutil.rmtree(plugin.parents[1])
