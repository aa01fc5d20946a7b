"""The softops command starts, upgrades, takes back and removes real software where no server runs."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from softops.config import PROJECT
from tests.acceptance.conftest import Ended, Shell
from tests.demo.serving import SOFTOPS, Serving
from tests.fleet import Fleet
from tests.homes import commit

CRASH = ("sh", "-c", "echo about to give up >&2; exit 3")
WORDS = """\
apiVersion: softops/v1
name: words
versions:
  "1.0": {{image: "{registry}/words:1.0"}}
  "2.0": {{image: "{registry}/words:2.0"}}
service:
  ports: ["${{PORT}}:80"]
  env: {{PASSWORD: "${{PASSWORD}}"}}
params:
  - {{name: PORT, type: port, default: 18931}}
  - {{name: PASSWORD, type: secret}}
"""


@pytest.fixture
def alone(fleet: Fleet, tmp_path: Path) -> Iterator[Shell]:
    """A terminal with settings of its own and no server at its port."""
    fleet.registry.push("words", "1.0")
    fleet.registry.push("words", "2.0", command=CRASH)
    commit(tmp_path / "catalog", {"catalog/words/software.yml": WORDS.format(registry=fleet.registry.host)})
    serving = Serving(fleet, catalog=tmp_path / "catalog", name=tmp_path.name, port=0, language="en",
                      var=tmp_path / "var", settle_time=1)
    environment = {key: value for key, value in serving.environment.items() if key != "SOFTOPS_URL"}
    shell = Shell(environment={**environment, "LC_ALL": "C.UTF-8"})
    assert shell("sync").code == 0
    yield shell
    for name in ("web1", "web2"):
        docker = fleet.server(name).docker
        if ids := docker("ps", "-aq", "--filter", "label=io.softops.name=words").split():
            docker("rm", "-f", "-v", *ids)
        fleet.server(name).run("rm", "-rf", "/opt/softops/apps/words")


def on_terminal(shell: Shell, *words: str) -> tuple[int, str]:
    """The exit code, and everything that a terminal of 24 by 100 was sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*SOFTOPS, *words], cwd=PROJECT, stdin=theirs, stdout=theirs, stderr=theirs,
                          env={**shell.environment, "TERM": "xterm", "COLUMNS": "100", "LINES": "24"}) as process:
        os.close(theirs)
        sent = b""
        try:
            while chunk := os.read(ours, 65536):
                sent += chunk
        except OSError:
            # Linux says so when nobody has the other side any more.
            pass
        finally:
            os.close(ours)
    return process.returncode, sent.decode()


def start(shell: Shell, tmp_path: Path, *words: str) -> Ended:
    (tmp_path / "pw").write_text("never-seen-1\n")
    return shell("start", "words:1.0", *words, "-p", f"PASSWORD=@{tmp_path / 'pw'}")


def test_software_starts_in_waves_and_an_upgrade_that_fails_shows_what_the_container_said(
        alone: Shell, tmp_path: Path) -> None:
    started = start(alone, tmp_path, "-s", "web1", "-s", "web2", "--batch", "1", "--settle", "0")
    assert (started.code, started.err) == (0, "")
    assert "web1: Starting containers\n" in started.out
    assert "Wave 2 of 2 begins" in started.out
    assert "never-seen" not in started.out
    code, picture = on_terminal(alone, "upgrade", "words:2.0", "-s", "web1")
    assert code == 1
    for text in ("Waiting for health", "words-1", "1 FAILED", "last lines of the container:", "about to give up"):
        assert text in picture
    rows = alone("apps", "words", "--json").document
    assert [(row["systemSoftAppServerName"], row["systemSoftAppVersion"], row["systemSoftAppState"])
            for row in rows] == [("web1", "1.0", "RUNNING"), ("web2", "1.0", "RUNNING")]


def test_software_is_changed_taken_back_and_removed(alone: Shell, tmp_path: Path) -> None:
    assert start(alone, tmp_path, "-s", "web1").code == 0
    for words in (("start", "words", "-s", "web1", "-p", "PORT=18932"), ("rollback", "words")):
        assert (words, alone(*words).code) == (words, 0)
    history = alone("history", "words", "--json").document
    found = [(row["systemSoftRevisionNumber"], row["systemSoftRevisionParameters"], row["current"]) for row in history]
    assert found == [(3, {"PORT": 18931}, True), (2, {"PORT": 18932}, False), (1, {"PORT": 18931}, False)]
    assert alone("remove", "words", "--volumes", "--yes").code == 0
    assert alone("apps", "words").out == (
        "There is nothing on these servers. `softops start NAME` starts a software.\n")
