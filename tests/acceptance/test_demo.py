"""`make demo`: everything ends as it has to, and nothing is left, however the demo ends."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from softops.config import PROJECT
from tests.acceptance.conftest import read_until
from tests.fleet.commands import MARK, OWNED

ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")} | {
    "LC_ALL": "C.UTF-8", "PYTHONPATH": str(PROJECT)}


def begin(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-m", "tests.demo", *words], cwd=PROJECT, text=True, env=ENVIRONMENT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            start_new_session=True)


def run_ids(process: subprocess.Popen[str]) -> set[str]:
    """The ids of the fleets that descendants of the process work for."""
    return {value for pid in family(process.pid) for value in marked(pid)}


def family(pid: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                yield int(entry.name)
                yield from family(int(entry.name))


def marked(pid: int) -> set[str]:
    try:
        items = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return set()
    return {item.partition("=")[2] for item in items if item.partition("=")[0] in {MARK, OWNED}}


def left_of(run_id: str) -> list[str]:
    """What is still there of a fleet: processes, links, directories."""
    processes = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()
                 and run_id in marked(int(entry.name))]
    links = [path.name for path in Path("/sys/class/net").iterdir() if run_id in path.name]
    directories = [str(path) for path in Path("/var/tmp").glob(f"softops-fleet*{run_id}*")]
    return processes + links + directories


def wait_until_nothing_is_left(run_id: str) -> None:
    deadline = time.monotonic() + 30
    while left := left_of(run_id):
        assert time.monotonic() < deadline, left
        threading.Event().wait(0.1)


COMMANDS = """\
sync
refresh hello counter
install hello:1.0 --group default
records
start hello:1.0 --group default
upgrade hello:1.1 --group default --canary 1 --settle 1
upgrade hello:2.0 --group default --canary 1
ps
history hello --server web1
diff hello 1.0 1.1
plan
apply
plan
"""


def test_once_shows_everything_and_ends_with_success() -> None:
    process = begin("--once")
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    lines = output.splitlines()
    assert [line.removeprefix("$ softops ") for line in lines if line.startswith("$ softops ")] == (
        COMMANDS.splitlines())
    assert any(line.startswith("catalog: OK at ") and "5 added" in line for line in lines)
    served = [line.rpartition("/  ")[2] for line in lines if line.startswith("  http://")]
    assert served == ["hello 1.0"] * 2 + ["hello 1.1"] * 4
    (failed, cancelled) = (line for line in lines if " 2.0  " in line and " upgrade " in line)
    assert "FAILED" in failed
    assert failed.endswith("was rolled back: 1.1 serves again.")
    assert "CANCELLED" in cancelled
    assert "  there is no /etc/hello.conf" in lines
    assert [line for line in lines if line.startswith("(exit code")] == ["(exit code 1)", "(exit code 2)"]
    assert any(line.startswith("Nothing to do on 2 servers.") for line in lines)
    assert lines[-1] == "Nothing is left."


@pytest.mark.parametrize(("number", "moment"), [
    (signal.SIGTERM, "web1: started"), (signal.SIGINT, "web1: started"), (signal.SIGINT, "Its page on both servers:")])
def test_a_demo_that_is_ended_at_any_moment_leaves_nothing(number: signal.Signals, moment: str) -> None:
    process = begin()
    read_until(process, moment)
    (run_id,) = run_ids(process)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert output.splitlines()[-1] == "Nothing is left."
    assert left_of(run_id) == []


def test_a_demo_that_is_killed_while_its_software_serves_leaves_nothing_either() -> None:
    process = begin()
    read_until(process, "Its page on both servers:")
    (run_id,) = run_ids(process)
    process.kill()
    process.communicate(timeout=60)
    wait_until_nothing_is_left(run_id)
