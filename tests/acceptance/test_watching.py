"""Watching an install on a terminal, and while its server goes away."""

import os
import pty
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from softops.config import PROJECT
from tests.acceptance.conftest import GONE, MB, SLOW, Shell, read_until
from tests.demo.serving import SOFTOPS, Serving
from tests.fleet import Fleet
from tests.homes import commit


def typed_on_a_terminal(shell: Shell, *words: str) -> tuple[int, str]:
    """Exit code and all output of a command whose output is a terminal of 100 x 30."""
    leader, follower = pty.openpty()
    os.set_blocking(leader, True)
    environment = {**shell.environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    process = subprocess.Popen([*SOFTOPS, *words], cwd=PROJECT, env=environment, stdin=follower, stdout=follower,
                               stderr=follower)
    os.close(follower)
    said = b""
    # Reading a terminal that everybody has left is an error, not an end.
    with suppress(OSError):
        while data := os.read(leader, 65536):
            said += data
    os.close(leader)
    return process.wait(60), said.decode()


def test_a_terminal_shows_bars_that_move(shell: Shell, fleet: Fleet) -> None:
    fleet.server("web3").run("sh", "-c", f"docker image rm -f {fleet.slow.host}/slow:1.0 || true")
    fleet.slow.rate = 4 * MB
    try:
        code, said = typed_on_a_terminal(shell, "install", "slow", "--server", "web3")
    finally:
        fleet.slow.resume()
    assert code == 0
    pictures = said.split("install slow 1.0 on web3")
    assert len(pictures) > 10
    assert any("Downloading" in picture and "━" in picture and " % " in picture for picture in pictures)
    assert "SUCCESS" in pictures[-1]
    assert "\x1b[?25h" in pictures[-1], "the cursor is shown again"


@pytest.fixture
def restarted(fleet: Fleet, tmp_path: Path) -> Iterator[tuple[Serving, Shell]]:
    """A server of its own that a test may end, and a terminal."""
    fleet.registry.push("slow", "1.0", layers=[6 * MB, 4 * MB])
    commit(tmp_path / "catalog", {"catalog/slow/software.yml": SLOW.format(registry=fleet.slow.host),
                                  "catalog/gone/software.yml": GONE.format(registry=fleet.slow.host)})
    with Serving(fleet, catalog=tmp_path / "catalog", name=tmp_path.name, port=0, sync_interval=0,
                 language="en") as serving:
        shell = Shell(environment={**serving.environment, "LC_ALL": "C.UTF-8"})
        assert shell("sync").code == 0
        yield serving, shell
    fleet.slow.resume()


def test_a_server_that_starts_again_tells_the_watcher_how_the_job_ended(
        restarted: tuple[Serving, Shell], fleet: Fleet) -> None:
    serving, shell = restarted
    fleet.server("web2").run("sh", "-c", f"docker image rm -f {fleet.slow.host}/slow:1.0 || true")
    fleet.slow.rate = MB
    watching = shell.begin("install", "slow", "--server", "web2")
    read_until(watching, "web2: started")
    serving.process.kill()
    serving.process.wait()
    serving.start()
    output, errors = watching.communicate(timeout=60)
    assert (watching.returncode, errors.splitlines()) == (
        1, ["The connection to softops is lost; trying again ...", "The connection to softops is back."])
    assert "web2: FAILED: softops was killed in the middle of this." in output
