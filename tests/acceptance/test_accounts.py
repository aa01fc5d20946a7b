"""The commands about users on a machine with a server, and from elsewhere with a login of one's own."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from softops.config import PROJECT
from tests.homes import make_home

SOFTOPS = [sys.executable, "-m", "softops"]


class Place:
    """A running server with users, the command line beside it, and one elsewhere."""

    def __init__(self, directory: Path) -> None:
        settings = make_home(directory)
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
        self.elsewhere = {**kept, "PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8", "HOME": str(directory / "person")}
        self.here = {**self.elsewhere, "SOFTOPS_HOME": str(settings.home), "SOFTOPS_CATALOG": settings.catalog,
                     "SOFTOPS_CATALOG_REF": "main", "SOFTOPS_PORT": "0", "HOME": str(directory)}
        (directory / "person").mkdir()
        self.kept = directory / "person/.config/softops/credentials.json"
        self.secrets: list[str] = []

    def run(self, *words: str, typed: str = "", environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        done = subprocess.run([*SOFTOPS, *words], env=dict(environment or self.here), input=typed, text=True,
                              capture_output=True, check=False, timeout=60, cwd="/")
        return done.returncode, done.stdout, done.stderr

    def say(self, *words: str, typed: str = "", environment: Mapping[str, str] | None = None) -> Any:
        code, out, errors = self.run(*words, "--json", typed=typed, environment=environment)
        assert code == 0, out + errors
        return json.loads(out)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with subprocess.Popen([*SOFTOPS, "serve"], env=made.here, stderr=subprocess.PIPE, text=True, cwd="/") as running:
        assert running.stderr is not None
        try:
            url = next(match[1] for line in running.stderr if (match := re.search(r"listens on (http://\S+)", line)))
            made.elsewhere["SOFTOPS_URL"] = url
            yield made
        finally:
            running.terminate()
            running.communicate(timeout=30)


def test_who_sits_at_the_server_adds_users_and_they_log_in_from_elsewhere(place: Place) -> None:
    added = place.say("user", "add", "zoe", "--role", "operator", "--group", "default")
    assert (added["name"], added["role"], added["groups"]) == ("zoe", "operator", ["default"])
    code, _, errors = place.run("list", environment=place.elsewhere)
    assert (code, "softops login" in errors) == (1, True)
    code, _, errors = place.run("login", typed="zoe\nnot-the-password\n", environment=place.elsewhere)
    assert (code, "The name or the password is wrong" in errors, place.kept.exists()) == (1, True, False)

    entered = place.say("login", typed=f"zoe\n{added['password']}\n", environment=place.elsewhere)
    assert entered == {"url": place.elsewhere["SOFTOPS_URL"], "user": "zoe", "role": "operator",
                       "path": str(place.kept)}
    assert stat.S_IMODE(place.kept.stat().st_mode) == 0o600
    (secret,) = json.loads(place.kept.read_text()).values()
    me = place.say("whoami", environment=place.elsewhere)
    assert (me["name"], me["role"], me["groups"], me["via"]) == ("zoe", "operator", ["default"], "token")
    assert place.run("list", environment=place.elsewhere)[0] == 0
    code, _, errors = place.run("user", "list", environment=place.elsewhere)
    assert (code, "zoe is operator and may not do this" in errors) == (1, True)
    assert place.say("session", "list") == [], "the login of the command line leaves no browser behind"

    assert place.say("logout", environment=place.elsewhere)["ended"] is True
    assert place.kept.read_text() == "{}"
    code, _, errors = place.run("list", environment={**place.elsewhere, "SOFTOPS_TOKEN": secret})
    assert (code, "The token is not valid" in errors) == (1, True), "it is revoked, not only forgotten"
    assert place.say("logout", environment=place.elsewhere)["ended"] is False


def test_users_and_tokens_are_changed_by_name_and_listed(place: Place) -> None:
    place.say("user", "add", "ann", "--role", "admin", "--password", typed="a-horse-and-a-battery\n")
    assert place.run("user", "add", "bob", "--password", typed="short\n")[0] == 2
    place.say("user", "add", "bob")
    changed = place.say("user", "change", "bob", "--role", "operator", "--group", "shop", "--disable")
    assert (changed["role"], changed["groups"], changed["disabled"]) == ("operator", ["shop"], True)
    assert place.say("user", "change", "bob", "--all-servers", "--enable")["groups"] is None
    assert len(place.say("user", "password", "bob")["password"]) == 20
    token = place.say("token", "create", "ci", "--user", "ann", "--role", "viewer", "--days", "7")
    program = {**place.elsewhere, "SOFTOPS_TOKEN": token["secret"]}
    assert place.say("whoami", environment=program)["role"] == "viewer"
    assert place.say("token", "revoke", str(token["id"]))["revokeTime"] is not None
    assert place.run("list", environment=program)[0] == 1
    (listed,) = place.say("token", "list")
    assert "secret" not in listed
    code, out, _ = place.run("user", "list")
    assert (code, re.search(r"ann\s+admin\s+all\s+active", out) is not None) == (0, True)
    code, _, errors = place.run("user", "remove", "ann")
    assert (code, "ann is the last admin" in errors) == (1, True)
    assert place.say("user", "remove", "bob")["name"] == "bob"
    code, _, errors = place.run("user", "remove", "bob")
    assert (code, "There is: ann (1)" in errors) == (2, True)


def test_without_a_login_one_is_nobody(place: Place) -> None:
    assert place.say("whoami", environment=place.elsewhere)["name"] is None
    assert place.say("whoami")["via"] == "socket"
