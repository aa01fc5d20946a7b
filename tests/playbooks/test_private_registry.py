"""Images of a registry that wants a login: engines get it with each request, and nothing of it stays anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from softops.masking import spellings
from tests.fleet import Fleet
from tests.fleet.registry import PASSWORD, USER, Registry
from tests.playbooks.apps import App
from tests.playbooks.conftest import PORTS, Played, Stage, own_name
from tests.playbooks.test_start_by_hand import Hand

LOGIN = {"user": USER, "password": PASSWORD}
VAULT_PASSWORD = "opens the vault"


@pytest.fixture(scope="module")
def private(fleet: Fleet) -> Iterator[Registry]:
    """A registry that lets in nobody without a login."""
    gateway = fleet.registry.host.partition(":")[0]
    with closing(Registry(run_id=fleet.run_id, directory=fleet.directory / "private", address=gateway, port=5002,
                          private=True)) as registry:
        registry.start()
        yield registry


@pytest.fixture
def software(private: Registry, request: pytest.FixtureRequest) -> dict[str, Any]:
    """An image of the test's own, as software for an input.json."""
    name = own_name(request)
    digest = private.push(name, "1.0", layers=(100_000,))
    return {"name": name, "version": "1.0", "image": private.image(name, "1.0"), "digest": None, "pushed": digest}


@pytest.fixture
def app(stage: Stage, private: Registry, request: pytest.FixtureRequest) -> Iterator[App]:
    """An app whose image is in the private registry."""
    made = App(stage=stage, name=own_name(request), port=next(PORTS), registry=private)
    made.push("1.0")
    stage.limits["plainHttp"].append(private.host)
    yield made
    made.act("remove", removeVolumes=True)


def left_on(stage: Stage, host: str) -> list[str]:
    """Files of the server in which the password stands in one of its spellings."""
    server = stage.fleet.server(host)
    places = ["/opt", "/run", "/root/.docker", server.docker("info", "--format", "{{.DockerRootDir}}").strip()]
    patterns = "\n".join(sorted(spellings(PASSWORD)))
    return server.run("sh", "-c", 'grep -raslF -f - -- "$@" || true', "sh", *places, stdin=patterns).split()


def said_in(played: Played) -> list[str]:
    """What the run has told with the password in it."""
    told = [*played.lines, json.dumps(dict(played.results), default=str), repr(played.events)]
    return [line for line in told if any(one in line for one in spellings(PASSWORD))]


def test_an_image_comes_with_the_login_and_nothing_of_it_stays(
        stage: Stage, private: Registry, software: dict[str, Any]) -> None:
    done = stage.play("install", "web1", software, logins={private.host: LOGIN},
                      plainHttp=[*stage.limits["plainHttp"], private.host])
    assert (done.code, done.said("web1")["digest"]) == (0, software["pushed"])
    assert any(getattr(event, "total", None) for event in done.events), "the registry has not said the size"
    assert (left_on(stage, "web1"), said_in(done)) == ([], [])


@pytest.mark.parametrize("login", [{}, {"user": USER, "password": "other"}], ids=["none", "wrong"])
def test_without_the_right_login_it_says_what_to_do(stage: Stage, private: Registry, software: dict[str, Any],
                                                    login: Mapping[str, str]) -> None:
    done = stage.play("install", "web1", software, logins={private.host: login} if login else {})
    assert done.failure("web1") == ("PULL_DENIED", 1002)
    assert "softops credential add" in done.results["web1"]["msg"]


def test_an_app_starts_without_compose_ever_logging_in(stage: Stage, private: Registry, app: App) -> None:
    stage.limits["logins"] = {private.host: LOGIN}
    done = app.run(app.order("1.0"))
    assert (done.code, app.serves()) == (0, "1.0")
    assert (left_on(stage, "web1"), said_in(done)) == ([], [])


def test_a_person_gives_the_login_in_a_file(app: App, private: Registry, tmp_path: Path) -> None:
    given = tmp_path / "login.json"
    given.write_text(json.dumps({"softops_registry_logins": {private.host: LOGIN}}))
    hand = Hand(app, tmp_path / "catalog")
    assert hand.start().failure("web1") == ("PULL_DENIED", 1002)
    done = hand.start("-e", f"@{given}")
    assert (done.code, app.serves()) == (0, "1.0")
    assert said_in(done) == []


def test_the_login_may_stand_in_the_inventory_encrypted(app: App, private: Registry, tmp_path: Path) -> None:
    inventory = app.stage.fleet.inventory(tmp_path / "inventory")
    key = tmp_path / "vault-password"
    key.write_text(VAULT_PASSWORD)
    (inventory / "group_vars").mkdir(exist_ok=True)
    secret = inventory / "group_vars/all/vault.yml"
    secret.parent.mkdir()
    secret.write_text(json.dumps({"registry_password": PASSWORD}))
    _vault("encrypt", key, secret)
    assert PASSWORD not in secret.read_text()
    login = {"user": USER, "password": "{{ registry_password }}"}
    (secret.parent / "logins.yml").write_text(json.dumps({"softops_registry_logins": {private.host: login}}))
    done = app.stage.apps("start", {"web1": [app.order("1.0")]}, "--vault-password-file", str(key),
                          inventory=inventory)
    assert (done.code, app.serves()) == (0, "1.0")
    assert said_in(done) == []


def _vault(verb: str, key: Path, path: Path) -> None:
    subprocess.run([str(Path(sys.executable).parent / "ansible-vault"), verb, "--vault-password-file", str(key),
                    str(path)], check=True, capture_output=True)
