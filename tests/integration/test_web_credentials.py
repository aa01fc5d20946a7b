"""The endpoints about credentials: what goes in never comes out, and what can't be right is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softops.locations import HUB
from softops.logins import Login
from softops.service import Service
from tests.homes import make_home
from tests.integration.webserver import Served, served

SECRET = "pl@nted/ü+="


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Served]:
    service = Service(make_home(tmp_path))
    service.start()
    with served(service) as running:
        yield running
    service.stop()


def post(web: Served, **body: Any) -> Any:
    with web.client() as client:
        answer = client.post("/credential", json=body)
    assert SECRET not in answer.text
    return answer.json()


def test_a_login_is_kept_listed_without_its_password_and_forgotten(web: Served) -> None:
    kept = post(web, kind="registry", name="https://Index.docker.io/v1/", user="ci", password=SECRET)["data"]
    assert (kept["kind"], kept["name"], kept["user"]) == ("registry", HUB, "ci")
    assert web.service.credentials.login(HUB) == Login(user="ci", password=SECRET)
    with web.client() as client:
        assert client.get("/credential/page?kind=registry").json()["data"]["records"] == [kept]
        assert client.get("/credential/page?kind=repository").json()["data"]["total"] == 0
        assert client.delete(f"/credential/{kept['id']}").json()["data"] == kept
        assert client.delete(f"/credential/{kept['id']}").json()["code"] == 404


@pytest.mark.parametrize(("body", "code", "words"), [
    ({"kind": "registry", "name": "nginx", "user": "ci", "password": SECRET}, 400, "no registry"),
    ({"kind": "registry", "name": "r.example.com", "user": "ci"}, 400, "either"),
    ({"kind": "registry", "name": "r.example.com", "user": "a:b", "password": SECRET}, 400, "colon"),
    ({"kind": "registry", "name": "r.example.com", "user": "ci", "password": f"{SECRET}\n"}, 400, "one line"),
    ({"kind": "registry", "name": "r.example.com", "privateKey": SECRET}, 400, "either"),
    ({"kind": "registry", "name": "r.example.com", "user": "ci", "password": SECRET, "knownHosts": "x"}, 400, "either"),
    ({"kind": "repository", "name": "team", "user": "ci", "password": SECRET}, 404, "team"),
    ({"kind": "repository", "name": "catalog", "user": "ci", "password": SECRET}, 400, "nowhere else"),
    ({"kind": "server", "name": "x", "user": "ci", "password": SECRET}, 400, "kind"),
])
def test_what_can_not_be_right_is_refused_and_not_told(web: Served, body: dict[str, str], code: int,
                                                       words: str) -> None:
    answer = post(web, **body)
    assert (answer["code"], words in answer["message"]) == (code, True), answer
    assert web.service.credentials.page(page=1, size=9).total == 0
