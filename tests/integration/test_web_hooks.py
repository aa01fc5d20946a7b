"""web/webhooks.py: git servers are heard where a secret is set, and nobody else is."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.service import Service
from softops.webhooks import signature
from tests.homes import SOFTWARE, commit, make_home
from tests.integration.webserver import Served, served
from tests.waiting import wait_until

SECRET = "correct horse battery"
PUSH = b'{"ref": "refs/heads/main"}'


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hooks")


@pytest.fixture(scope="module")
def service(directory: Path) -> Iterator[Service]:
    service = Service(make_home(directory))
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


@pytest.fixture
def repository(web: Served, directory: Path, request: pytest.FixtureRequest) -> str:
    """The name of a repository of its own with a webhook."""
    name = str(request.node.name)[:90]
    with web.client() as client:
        added = client.post("/repository", json={
            "name": name, "url": str(directory / "catalog"), "ref": "main", "path": "catalog", "interval": 0,
            "webhookSecret": SECRET})
    assert (added.status_code, added.json()["data"]["webhook"]) == (200, True)
    return name


def github(body: bytes = PUSH, delivery: str = "d-1", secret: str = SECRET) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-GitHub-Event": "push", "X-GitHub-Delivery": delivery, "X-Hub-Signature-256": f"sha256={mac}",
            "Content-Type": "application/json"}


def send(web: Served, repository: str, headers: dict[str, str], body: bytes = PUSH) -> httpx.Response:
    with web.client(**headers) as client:
        return client.post(f"/webhook/{repository}", content=body)


def state(web: Served, name: str) -> Any:
    return web.service.repositories.named(name)


def test_a_push_is_answered_at_once_and_synced(web: Served, directory: Path, repository: str) -> None:
    wanted = commit(directory / "catalog", {"catalog/demo/software.yml": SOFTWARE + "# more\n"})
    answer = send(web, repository, github())
    assert (answer.status_code, answer.json()) == (202, {
        "code": 202, "message": f"{repository} is synced now.", "data": {"repository": repository, "syncs": True}})
    wait_until(lambda: state(web, repository).commit == wanted, timeout=30)


def test_what_was_here_before_is_answered_and_left(web: Served, repository: str) -> None:
    assert send(web, repository, github()).status_code == 202
    for delivery in ("d-1", "d-2"):
        again = send(web, repository, github(delivery=delivery))
        assert (again.status_code, again.json()["data"]["syncs"]) == (200, False)
        assert "has been here before" in again.json()["message"]


def test_each_forge_and_a_script_are_heard(web: Served, repository: str) -> None:
    now = int(time.time())
    for headers in (github(),
                    {"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": SECRET, "X-Gitlab-Event-UUID": "u-1"},
                    {"X-Softops-Timestamp": str(now), "X-Softops-Signature": signature(SECRET, now, PUSH)}):
        assert send(web, repository, headers).status_code == 202
    body = b'{"ref": "refs/heads/main", "after": "c0ffee"}'
    mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    gitea = {"X-Gitea-Event": "push", "X-Gitea-Delivery": "g-1", "X-Gitea-Signature": mac}
    assert send(web, repository, gitea, body).status_code == 202


def test_a_push_to_another_branch_is_left_alone(web: Served, repository: str) -> None:
    body = b'{"ref": "refs/heads/feature"}'
    answer = send(web, repository, github(body), body)
    assert (answer.status_code, answer.json()["data"]["syncs"]) == (200, False)
    assert "follows main, and this push was to refs/heads/feature" in answer.json()["message"]
    assert state(web, repository).sync_time is None


def test_a_forged_webhook_is_refused_and_syncs_nothing(web: Served, repository: str) -> None:
    for headers in (github(secret="x" * 20), {"X-GitHub-Event": "push"}, {"X-Gitlab-Token": "x" * 20}):
        answer = send(web, repository, headers)
        assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (403, 403, None)
    assert state(web, repository).sync_time is None


def test_a_repository_is_heard_by_its_id_too(web: Served, repository: str) -> None:
    assert send(web, str(state(web, repository).id), github()).status_code == 202


def test_without_a_secret_there_is_no_such_path(web: Served, repository: str) -> None:
    number = state(web, repository).id
    with web.client() as client:
        off = client.post(f"/repository/{number}/webhook", json={"webhookSecret": ""})
        nothing = client.post("/nothing/at-all", content=PUSH)
    assert (off.status_code, off.json()["data"]["webhook"]) == (200, False)
    for name in (repository, str(number), "nowhere", "999"):
        answer = send(web, name, github())
        assert answer.status_code == nothing.status_code == 404
        path = "/api/system/soft/nothing/at-all"
        assert answer.json() == json.loads(nothing.text.replace(path, f"/api/system/soft/webhook/{name}"))


def test_the_secret_is_set_and_never_shown(web: Served, repository: str) -> None:
    number = state(web, repository).id
    with web.client() as client:
        shown = client.post(f"/repository/{number}/webhook", json={"webhookSecret": "another secret 1234"})
        everything = [shown, client.get("/repository/page?size=100"), client.get(f"/repository/{number}")]
        short = client.post(f"/repository/{number}/webhook", json={"webhookSecret": "short"})
    assert shown.json()["data"] == {
        "repositoryId": number, "repository": repository, "webhook": True,
        "url": f"http://127.0.0.1:8080/api/system/soft/webhook/{repository}"}
    assert not any(secret in answer.text for answer in everything for secret in (SECRET, "another secret 1234"))
    assert (short.status_code, "at least 16" in short.json()["message"]) == (400, True)
    assert send(web, repository, github()).status_code == 403
    assert send(web, repository, github(secret="another secret 1234")).status_code == 202


def test_a_change_without_a_secret_leaves_it(web: Served, directory: Path, repository: str) -> None:
    with web.client() as client:
        changed = client.post("/repository", json={"name": repository, "url": str(directory / "catalog"),
                                                   "ref": "main", "path": "catalog", "interval": 0}).json()["data"]
    assert changed["webhook"] is True


def test_what_is_said_to_be_too_large_is_refused_unread(web: Served, repository: str) -> None:
    head = (f"POST /api/system/soft/webhook/{repository} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"X-Hub-Signature-256: sha256=0\r\nContent-Length: {4 * 1024 * 1024 + 1}\r\n\r\n")
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_what_is_not_signed_is_refused_unread(web: Served, repository: str) -> None:
    head = (f"POST /api/system/soft/webhook/{repository} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Content-Length: 1000000\r\n\r\n")
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as line:
        line.sendall(head.encode())
        assert line.recv(65536).startswith(b"HTTP/1.1 403 ")
