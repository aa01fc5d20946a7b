"""prepare.yml: Docker Compose on a server that has none, from the machine that runs the playbook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fleet.server import PLUGIN
from tests.playbooks.apps import App, ended
from tests.playbooks.conftest import Stage

OFFLINE = ("-e", "softops_offline=true")


@pytest.fixture(params=["web1", "ops1"])
def bare(stage: Stage, request: pytest.FixtureRequest) -> Iterator[str]:
    """A server without Compose."""
    server = stage.fleet.server(request.param)
    server.remove_compose()
    yield request.param
    server.remove_compose()
    server.add_compose()


def test_compose_is_put_where_it_is_missing_and_left_where_it_is(stage: Stage, bare: str) -> None:
    server = stage.fleet.server(bare)
    assert stage.by_hand("prepare", bare, *OFFLINE, "--check").changed == {bare: True}
    assert not server.path(PLUGIN).exists()
    assert stage.by_hand("prepare", bare, *OFFLINE).changed == {bare: True}
    assert server.run("stat", "-c", "%U %a", f"/{PLUGIN}") == "root 755\n"
    assert "Docker Compose version" in server.docker("compose", "version")
    assert stage.by_hand("prepare", bare, *OFFLINE).changed == {bare: False}


def test_another_file_in_its_place_is_replaced(stage: Stage, bare: str) -> None:
    server = stage.fleet.server(bare)
    server.path(PLUGIN).write_text("#!/bin/sh\nexit 1\n")
    server.path(PLUGIN).chmod(0o755)
    assert stage.by_hand("prepare", bare, *OFFLINE).changed == {bare: True}
    assert "Docker Compose version" in server.docker("compose", "version")


def test_a_start_names_the_remedy_and_works_after_it(app: App) -> None:
    app.server.remove_compose()
    try:
        played = app.run(app.order("1.0"))
        assert played.failure("web1") == ("COMPOSE_MISSING", 1003)
        assert "playbooks/prepare.yml" in played.results["web1"]["msg"]
        assert (ended(played).changed, app.containers()) == (False, {})
        assert app.stage.by_hand("prepare", "web1", *OFFLINE).code == 0
        assert app.run(app.order("1.0")).code == 0
        assert app.serves() == "1.0"
    finally:
        app.server.remove_compose()
        app.server.add_compose()


def test_a_server_without_docker_and_without_packages_says_so(stage: Stage) -> None:
    server = stage.fleet.server("web2")
    commands = sorted(set(server.run("sh", "-c", "which -a docker | xargs -n 1 readlink -f").split()))
    for command in commands:
        server.run("mount", "--bind", "/dev/null", command)
    try:
        played = stage.by_hand("prepare", "web2", *OFFLINE)
    finally:
        server.run("umount", *commands)
    assert played.code == 2
    assert "Docker Engine is not on this server" in played.results["web2"]["msg"]
