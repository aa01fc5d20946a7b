"""web/: no change, login or refusal without an entry in the audit, and none with a secret in it."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from softops.audit import AuditFilter
from softops.auditchain import AuditEntry, Outcome
from softops.errors import DatabaseError
from softops.rights import Caller, Role, Via
from softops.service import Service
from softops.web.audited import action_of, is_audited
from softops.web.endpoint import Endpoint
from softops.web.table import ENDPOINTS
from tests.factories import some_images
from tests.homes import make_home
from tests.integration.webserver import Served, served

API = "/api/system/soft"
PASSWORD = "correct-horse-battery"
CHANGES = [endpoint for endpoint in ENDPOINTS if endpoint.method != "GET"]


class World:
    """A server with users, and what its audit says."""

    def __init__(self, web: Served, tokens: dict[str, str]) -> None:
        self.web = web
        self.service = web.service
        self.tokens = tokens
        self._seen = 0

    def bring_in(self, name: str) -> None:
        """Give a user a token."""
        user = self.service.accounts.users.named(name)
        caller = Caller(name=name, role=user.role, via=Via.SOCKET, user_id=user.id)
        _, self.tokens[name] = self.service.accounts.create_token(caller, "test", user=name)

    def ask(self, who: str | None, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {self.tokens[who]}"} if who is not None else {}
        return httpx.request(method, f"{self.web.url}{API}{path}", json=body, headers={**given, **headers},
                             trust_env=False, timeout=30)

    def news(self) -> list[AuditEntry]:
        """The entries since the last time."""
        entries = [entry for entry in self.service.audit.export(AuditFilter()) if entry.id > self._seen]
        self._seen += len(entries)
        return entries


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = make_home(tmp_path_factory.mktemp("audit")).model_copy(update={"auth": "local"})
    service = Service(settings)
    service.database.migrate()
    service.read_servers()
    some_images(service.database)
    with served(service) as web:
        world = World(web, {})
        for name, role in (("ann", Role.ADMIN), ("vic", Role.VIEWER)):
            service.accounts.add_user(name, PASSWORD, role, None)
            world.bring_in(name)
        yield world
    service.trail.stop()
    service.database.close()


@pytest.fixture
def world(running: World) -> World:
    running.news()
    return running


def told(entry: AuditEntry) -> tuple[str, str, str, str, Outcome, int]:
    return entry.user, entry.role, entry.via, entry.action, entry.outcome, entry.code


def a_path(endpoint: Endpoint) -> str:
    return re.sub(r"\{\w+\}", "987654", endpoint.path.removeprefix(API))


@pytest.mark.parametrize("endpoint", CHANGES, ids=lambda one: f"{one.method} {one.path}")
def test_no_endpoint_that_changes_something_goes_without_an_entry(world: World, endpoint: Endpoint) -> None:
    # One of them logs out.
    world.bring_in("ann")
    world.ask("ann", endpoint.method, a_path(endpoint))
    world.bring_in("ann")

    actions = {entry.action for entry in world.news()}
    assert (action_of(endpoint) in actions) is is_audited(endpoint)


def test_endpoints_have_names_of_their_own() -> None:
    names = [action_of(endpoint) for endpoint in ENDPOINTS]

    assert sorted(names) == sorted(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+\.[a-z_]+", name)] == []
    # Whoever adds to it has to say why there.
    assert [action_of(endpoint) for endpoint in ENDPOINTS if endpoint.audited is False] == ["report.lines"]


def test_a_change_is_written_down_before_and_after_it_is_made(world: World) -> None:
    body = {"name": "other", "url": "https://bob:hunter2@git.invalid/x.git", "ref": "main"}

    answer = world.ask("ann", "POST", "/repository", body, **{"X-Request-Id": "abc"})

    assert answer.status_code == 200
    begun, done = world.news()
    assert told(begun) == ("ann", "admin", "token", "repositories.add", Outcome.BEGUN, 0)
    assert told(done) == ("ann", "admin", "token", "repositories.add", Outcome.SUCCESS, 200)
    assert (done.begun_id, begun.request, done.request, done.address) == (begun.id, "abc", "abc", "127.0.0.1")
    assert (begun.target, begun.before, begun.after) == (
        "name=other", None, {**body, "url": "https://***@git.invalid/x.git"})


def test_what_was_there_before_is_written_down_too(world: World) -> None:
    body = {"name": "moving", "url": "https://u:hunter2@git.invalid/a.git", "ref": "main"}
    made = world.ask("ann", "POST", "/repository", body).json()["data"]
    world.ask("ann", "POST", "/repository", {**body, "url": "https://git.invalid/b.git", "webhookSecret": "w" * 20})
    world.ask("ann", "DELETE", f"/repository/{made['id']}")

    entries = world.news()
    ends = [entry for entry in entries if entry.outcome is Outcome.SUCCESS]
    shown = {"name": "moving", "url": "https://git.invalid/a.git", "ref": "main", "path": "", "interval": 60,
             "status": "NEVER", "commit": None, "webhook": False}
    moved = {**shown, "url": "https://git.invalid/b.git", "webhook": True}
    assert [(entry.action, entry.before, entry.after) for entry in ends] == [
        ("repositories.add", None, shown), ("repositories.add", shown, moved),
        ("repositories.remove", moved, {"retired": 0})]
    assert "www" not in repr(entries)
    assert entries[2].after == {**body, "url": "https://git.invalid/b.git", "webhookSecret": "***"}


def test_logins_good_and_bad_and_logouts_are_written_down(world: World) -> None:
    wrong = httpx.post(f"{world.web.url}{API}/auth/login", json={"name": "vic", "password": "wrong-hunter2"},
                       trust_env=False)
    right = httpx.post(f"{world.web.url}{API}/auth/login", json={"name": "vic", "password": PASSWORD}, trust_env=False)
    out = world.ask(None, "POST", "/auth/logout", Cookie=right.headers["Set-Cookie"].partition(";")[0],
                    Origin=world.web.url)
    assert [one.status_code for one in (wrong, right, out)] == [401, 200, 200]

    entries = world.news()
    assert [told(entry) for entry in entries] == [
        ("vic", "", "nobody", "accounts.login", Outcome.REFUSED, 401),
        ("vic", "", "nobody", "accounts.login", Outcome.SUCCESS, 200),
        ("vic", "viewer", "cookie", "accounts.logout", Outcome.SUCCESS, 200)]
    assert "hunter2" not in repr(entries)
    assert PASSWORD not in repr(entries)


def test_what_becomes_of_a_user_is_written_down(world: World) -> None:
    made = world.ask("ann", "POST", "/user", {"name": "uma", "role": "viewer"}).json()["data"]
    world.ask("ann", "POST", f"/user/{made['id']}", {"role": "operator", "groups": ["shop"], "newPassword": True})
    token = world.ask("ann", "POST", "/token", {"name": "ci", "user": "uma", "role": "viewer"}).json()["data"]

    entries = world.news()
    ends = [entry for entry in entries if entry.outcome is Outcome.SUCCESS]
    before = {"name": "uma", "role": "viewer", "groups": None, "disabled": False}
    assert [(entry.action, entry.before) for entry in ends] == [
        ("users.add", None), ("users.change", before), ("tokens.create", None)]
    assert ends[1].after == {**before, "role": "operator", "groups": ["shop"], "newPassword": True}
    secrets = [made["password"], token["secret"]]
    assert [len(secret) > 10 and secret not in repr(entries) for secret in secrets] == [True, True]


def test_what_is_refused_by_the_work_itself_is_written_down(world: World) -> None:
    assert world.ask("ann", "POST", "/job/4711/cancel").status_code == 404

    begun, done = world.news()
    assert told(done) == ("ann", "admin", "token", "jobs.cancel", Outcome.REFUSED, 404)
    assert (done.target, done.begun_id, "4711" in done.message) == ("jobId=4711", begun.id, True)


def test_what_can_not_be_read_is_written_down_once(world: World) -> None:
    assert world.ask("ann", "POST", "/repository", {"odd": 1}).status_code == 400

    assert [told(entry) for entry in world.news()] == [
        ("ann", "admin", "token", "repositories.add", Outcome.REFUSED, 400)]


def test_who_may_not_is_written_down_also_where_nothing_would_change(world: World) -> None:
    assert world.ask("vic", "POST", "/job/1/cancel").status_code == 403
    assert world.ask("vic", "GET", "/audit/page").status_code == 403
    assert world.ask(None, "GET", "/page").status_code == 401
    assert world.ask(None, "POST", "/install", {"name": "x"}).status_code == 401

    vic, nobody = ("vic", "viewer", "token"), ("-", "", "nobody")
    assert [told(entry) for entry in world.news()] == [
        (*vic, "jobs.cancel", Outcome.REFUSED, 403), (*vic, "audit.page", Outcome.REFUSED, 403),
        (*nobody, "software.page", Outcome.REFUSED, 401), (*nobody, "software.install", Outcome.REFUSED, 401)]


def test_reading_leaves_no_entry(world: World) -> None:
    assert world.ask("vic", "GET", "/page").status_code == 200
    assert world.ask("vic", "GET", "/job/1").status_code == 404

    assert world.news() == []


def test_who_is_turned_away_from_the_live_channel_is_written_down(world: World) -> None:
    with pytest.raises(InvalidStatus):
        connect(world.web.live, proxy=None).close()
    assert httpx.get(f"{world.web.url}/healthz", headers={"Host": "evil.example"}, trust_env=False).status_code == 403

    assert [told(entry)[3:] for entry in world.news()] == [
        ("live.connect", Outcome.REFUSED, 401), ("request", Outcome.REFUSED, 403)]


def test_strangers_can_not_fill_the_audit(running: World) -> None:
    with served(running.service) as web:
        running.news()
        with httpx.Client(base_url=f"{web.url}{API}", trust_env=False) as client:
            assert {client.get("/page").status_code for _ in range(100)} == {401}

    assert len(running.news()) == 20


def test_secrets_never_get_into_it(world: World) -> None:
    secret = "correct horse hunter2"
    world.ask("ann", "POST", "/start", {"name": "demo", "parameters": {"ANY": secret}})
    world.ask("ann", "POST", "/credential", {"kind": "registry", "name": "r.example:5000", "user": "u",
                                             "password": secret})
    world.ask("ann", "POST", "/credential", {"kind": "registry", "name": "r.example:5000", "user": "u",
                                             "password": secret, "odd": secret})

    entries = world.news()
    assert "hunter2" not in repr(entries)
    kept = next(entry for entry in entries if entry.action == "credentials.put")
    assert kept.after == {"kind": "registry", "name": "r.example:5000", "user": "u", "password": "***"}
    for path in world.service.settings.var_dir.glob("softops.db*"):
        assert b"hunter2" not in path.read_bytes()


def test_pages_exports_and_looks(world: World) -> None:
    page = world.ask("ann", "GET", "/audit/page?target=name%3Dother&outcome=success&whole=false").json()["data"]
    [row] = page["records"]
    assert (page["total"], row["user"], row["target"], row["outcome"]) == (1, "ann", "name=other", "success")

    export = world.ask("ann", "GET", "/audit/export?user=ann")
    assert export.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    lines = [json.loads(line) for line in export.text.split("\n")[:-1]]
    assert {line["user"] for line in lines} == {"ann"}
    assert row in lines

    verdict = world.ask("ann", "GET", "/audit/verify").json()
    assert (verdict["data"]["whole"], verdict["data"]["guarded"], verdict["data"]["breaks"]) == (True, True, [])
    assert world.ask("ann", "GET", "/audit/page?from=2024-13-01").status_code == 400
    assert world.ask("ann", "GET", "/audit/page?to=2001-01-01").json()["data"]["total"] == 0


def test_what_can_not_be_written_down_is_not_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def append(_: object) -> AuditEntry:
        raise DatabaseError("DATABASE_FAILED", database="db", problem="gone")

    with monkeypatch.context() as patched:
        patched.setattr(world.service.audit, "append", append)
        answer = world.ask("ann", "POST", "/repository", {"name": "never", "url": "https://git.invalid/never.git"})

    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert "never" not in [one.name for one in world.service.repositories.all()]
    world.service.trail.stop()
    assert [told(entry)[3:] for entry in world.news()] == [("repositories.add", Outcome.FAILED, 503)]


KILLED = """
import os, signal, sys
from pathlib import Path
from softops.service import Service
from softops.web import repositories
from tests.homes import make_home
from tests.integration.webserver import served
import httpx
settings = make_home(Path(sys.argv[1]))
service = Service(settings)
service.database.migrate()
service.syncer.place = lambda **_: os.kill(os.getpid(), signal.SIGKILL)
with served(service) as web:
    httpx.post(web.url + "/api/system/soft/repository", json={"name": "half", "url": "https://git.invalid/h.git"})
"""


def test_what_was_cut_off_by_a_kill_is_there_as_begun(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL

    with sqlite3.connect(f"file:{tmp_path}/home/var/softops.db?mode=ro", uri=True) as database:
        found = database.execute("SELECT system_soft_audit_action, system_soft_audit_target, system_soft_audit_outcome "
                                 "FROM system_soft_audit").fetchall()
    database.close()
    assert found == [("repositories.add", "name=half", "begun")]
