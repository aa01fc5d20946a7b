"""Endpoints about users: the first admin, logins by cookie, users, tokens and sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.attempts import PER_ADDRESS, PER_NAME
from softops.auditchain import Outcome
from softops.rights import Role
from softops.service import Service
from softops.web.authentication import COOKIE
from tests.homes import make_home
from tests.integration.webserver import Served, served

PASSWORD = "correct-horse-battery"
OTHER = "another-horse-battery"


class World:
    """A server without users, and browsers that come to it."""

    def __init__(self, web: Served) -> None:
        self.web = web
        self.service = web.service
        self._clients: list[httpx.Client] = []

    def browser(self, **headers: str) -> httpx.Client:
        client = self.web.client(Origin=self.web.url, **headers)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()

    def set_up(self) -> httpx.Client:
        """A browser in which zoe, the first admin, is logged in."""
        browser = self.browser()
        answer = browser.post("/auth/setup", json={"token": self.service.accounts.setup_secret(), "name": "zoe",
                                                   "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return browser

    def log_in(self, name: str, password: str = PASSWORD) -> httpx.Client:
        browser = self.browser()
        assert data(browser.post("/auth/login", json={"name": name, "password": password}))["name"] == name
        return browser


def data(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(make_home(tmp_path).model_copy(update={"auth": "local"}))
    made.database.migrate()
    yield made
    made.trail.stop()
    made.database.close()


@pytest.fixture
def world(service: Service) -> Iterator[World]:
    with served(service) as web:
        made = World(web)
        yield made
        made.close()


def test_the_first_admin_is_made_in_the_browser_and_is_in(world: World) -> None:
    browser = world.browser()
    nobody = {"name": None, "role": None, "groups": None, "via": "nobody", "ways": ["password"]}
    assert data(browser.get("/auth/me")) == {**nobody, "setup": True}
    wrong = browser.post("/auth/setup", json={"token": "x", "name": "zoe", "password": PASSWORD})
    assert (wrong.status_code, COOKIE in wrong.cookies) == (401, False)
    browser = world.set_up()
    assert data(browser.get("/auth/me")) == {"name": "zoe", "role": "admin", "groups": None, "via": "cookie",
                                             "ways": ["password"], "setup": False}
    assert browser.get("/page").status_code == 200
    assert data(world.browser().get("/auth/me")) == {**nobody, "setup": False}
    again = world.browser().post("/auth/setup", json={"token": "x", "name": "eve", "password": PASSWORD})
    assert again.status_code == 409


@pytest.mark.parametrize(("public_url", "secure"), [("", False), ("https://ops.example.com", True)])
def test_the_cookie_is_for_no_script_and_no_other_page(tmp_path: Path, public_url: str, secure: bool) -> None:
    service = Service(make_home(tmp_path).model_copy(update={"auth": "local", "public_url": public_url}))
    service.database.migrate()
    service.accounts.add_user("zoe", PASSWORD, Role.ADMIN, None)
    with served(service) as web, web.client(Origin=public_url or web.url) as client:
        answer = client.post("/auth/login", json={"name": "zoe", "password": PASSWORD})
        head = answer.headers["set-cookie"]
        gone = client.post("/auth/logout").headers["set-cookie"]
    service.trail.stop()
    service.database.close()
    end = "Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
    name, _, rest = head.partition("; ")
    assert (name.partition("=")[0], len(name.partition("=")[2]), rest) == (COOKIE, 43, f"Max-Age=43200; {end}")
    assert gone == f"{COOKIE}=; Max-Age=0; {end}"




def test_logging_out_ends_the_session_and_not_only_the_cookie(world: World) -> None:
    browser = world.set_up()
    cookie = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    copied = world.browser(**cookie)
    assert copied.get("/page").status_code == 200
    assert data(browser.post("/auth/logout")) is True
    assert (browser.cookies.get(COOKIE), copied.get("/page").status_code) == (None, 401)
    assert data(browser.post("/auth/logout")) is True


def test_too_many_logins_are_429_and_say_how_long(world: World) -> None:
    world.set_up()
    browser = world.browser()
    tries = [browser.post("/auth/login", json={"name": "zoe", "password": "wrong-guess"}) for _ in range(PER_NAME + 1)]
    assert [one.status_code for one in tries] == [401] * PER_NAME + [429]
    wait = int(tries[-1].headers["retry-after"])
    assert 0 < wait <= 300
    assert tries[-1].json() == {"code": 429, "data": None, "message":
                                f"There were too many tries to log in. Wait {wait} s and try again."}
    assert {one.json()["message"] for one in tries[:-1]} == {
        "The name or the password is wrong. Try again; an admin can set a new password (`softops user password`)."}
    others = [browser.post("/auth/login", json={"name": f"n{number}", "password": "wrong-guess"}).status_code
              for number in range(PER_ADDRESS - PER_NAME + 1)]
    assert others[-1] == 429, "other names are no way around it"
    assert others[:-1] == [401] * (PER_ADDRESS - PER_NAME)


def test_a_page_of_somebody_else_logs_nobody_in(world: World) -> None:
    world.set_up()
    evil = world.web.client(Origin="http://evil.example")
    with evil:
        assert evil.post("/auth/login", json={"name": "zoe", "password": PASSWORD}).status_code == 403


def test_users_are_added_changed_and_removed_by_admins(world: World) -> None:
    zoe = world.set_up()
    added = data(zoe.post("/user", json={"name": "ann", "role": "operator", "groups": ["shop"]}))
    assert (added["name"], added["role"], added["groups"], added["disabled"]) == ("ann", "operator", ["shop"], False)
    ann = world.log_in("ann", added["password"])
    assert ann.get("/user/page").status_code == 403
    where = f"/user/{added['id']}"
    changed = data(zoe.post(where, json={"role": "viewer", "groups": None}))
    assert (changed["role"], changed["groups"], changed["password"]) == ("viewer", None, None)
    assert data(ann.get("/auth/me"))["role"] == "viewer"
    made = data(zoe.post(where, json={"newPassword": True}))["password"]
    assert ann.get("/page").status_code == 401
    ann = world.log_in("ann", made)
    assert data(ann.post("/auth/password", json={"old": made, "new": OTHER}))["name"] == "ann"
    assert ann.get("/page").status_code == 200
    world.log_in("ann", OTHER)
    assert data(zoe.post(where, json={"disabled": True}))["disabled"] is True
    assert ann.get("/page").status_code == 401
    assert [one["name"] for one in data(zoe.get("/user/page"))["records"]] == ["zoe", "ann"]
    assert data(zoe.delete(where))["name"] == "ann"
    assert zoe.delete(where).status_code == 404


@pytest.mark.parametrize(("body", "code", "reason"), [
    ({"name": "zoe"}, 409, "There is a user zoe already"), ({"name": "a b"}, 400, "That can't be a name"),
    ({"name": "ann", "password": "short"}, 400, "The password is too short"),
    ({"name": "ann-is-here", "password": "Ann-is-here"}, 400, "The password is the name"),
    ({"name": "ann", "password": "password1234"}, 400, "one of those that are tried first"),
    ({"name": "ann", "password": "x" * 2000}, 400, "The password is too long"),
    ({"name": "ann", "role": "admin", "groups": ["a"]}, 400, "An admin can't be limited"),
    ({"name": "ann", "role": "root"}, 400, "role")])
def test_what_can_be_no_user_is_refused_with_the_reason(world: World, body: Mapping[str, Any], code: int,
                                                        reason: str) -> None:
    answer = world.set_up().post("/user", json=body)
    assert (answer.status_code, reason in answer.json()["message"]) == (code, True), answer.text


def test_the_last_admin_can_t_be_lost(world: World) -> None:
    zoe = world.set_up()
    for answer in (zoe.delete("/user/1"), zoe.post("/user/1", json={"disabled": True}),
                   zoe.post("/user/1", json={"role": "viewer"})):
        assert (answer.status_code, answer.json()["message"]) == (
            409, "zoe is the last admin who can log in. Make another one first.")


def test_a_token_is_shown_once_and_ends_when_it_is_revoked(world: World) -> None:
    zoe = world.set_up()
    made = data(zoe.post("/token", json={"name": "ci", "role": "operator", "groups": ["shop"], "days": 7}))
    program = world.web.client(Authorization=f"Bearer {made['secret']}")
    with program:
        assert data(program.get("/auth/me")) == {"name": "zoe", "role": "operator", "groups": ["shop"],
                                                 "via": "token", "ways": ["password"], "setup": False}
        (row,) = data(zoe.get("/token/page"))["records"]
        assert {**row, "secret": made["secret"], "seenTime": None} == made
        assert program.post("/token", json={"name": "more", "role": "admin"}).status_code == 400
        assert data(zoe.delete(f"/token/{made['id']}"))["revokeTime"] is not None
        assert program.get("/page").status_code == 401


def test_everybody_sees_their_own_sessions_and_tokens_and_an_admin_all(world: World) -> None:
    zoe = world.set_up()
    data(zoe.post("/user", json={"name": "ann", "password": PASSWORD}))
    ann = world.log_in("ann")
    data(ann.post("/token", json={"name": "mine"}))
    (own,) = data(ann.get("/session/page"))["records"]
    assert (own["user"], own["address"]) == ("ann", "127.0.0.1")
    everybody = data(zoe.get("/session/page"))["records"]
    assert [one["user"] for one in everybody] == ["ann", "zoe"]
    assert ann.delete(f"/session/{everybody[1]['id']}").status_code == 404
    assert [one["user"] for one in data(zoe.get("/token/page"))["records"]] == ["ann"]
    assert data(zoe.delete(f"/session/{own['id']}"))["user"] == "ann"
    assert ann.get("/page").status_code == 401


def test_who_came_in_and_what_was_changed_is_in_the_audit_without_a_secret(world: World) -> None:
    zoe = world.set_up()
    secrets = [PASSWORD, data(zoe.post("/user", json={"name": "ann"}))["password"],
               data(zoe.post("/token", json={"name": "ci"}))["secret"], zoe.cookies[COOKIE]]
    world.browser().post("/auth/login", json={"name": "zoe", "password": OTHER})
    data(zoe.post("/user/2", json={"role": "operator", "password": OTHER}))
    entries = data(zoe.get("/audit/page", params={"size": 100, "whole": False}))["records"]
    told = {(one["action"], one["user"], one["outcome"]) for one in entries}
    assert told >= {("accounts.setup", "zoe", Outcome.SUCCESS), ("accounts.login", "zoe", Outcome.REFUSED),
                    ("users.add", "zoe", Outcome.SUCCESS), ("users.change", "zoe", Outcome.SUCCESS),
                    ("tokens.create", "zoe", Outcome.SUCCESS)}
    text = repr(entries)
    assert not any(secret in text for secret in (*secrets, OTHER))


def test_without_users_everything_answers_and_needs_none(tmp_path: Path) -> None:
    service = Service(make_home(tmp_path))
    service.database.migrate()
    with served(service) as web, web.client() as client:
        me = data(client.get("/auth/me"))
        assert me == {"name": "api", "role": "admin", "groups": None, "via": "open", "ways": ["none"], "setup": False}
        assert data(client.post("/auth/logout")) is True
        assert client.post("/auth/password", json={"old": OTHER, "new": OTHER}).status_code == 409
        assert client.post("/token", json={"name": "ci"}).status_code == 409
        data(client.post("/user", json={"name": "ann", "role": "admin"}))
        assert data(client.post("/token", json={"name": "ci", "user": "ann"}))["user"] == "ann"
    service.trail.stop()
    service.database.close()
