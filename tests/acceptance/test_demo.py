"""`make demo`: its main job succeeds, and nothing is left, however it ends."""

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


def test_once_does_the_main_job_and_ends_with_success() -> None:
    process = begin("--once")
    output, _ = process.communicate(timeout=110)
    assert process.returncode == 0, output
    lines = output.splitlines()
    assert {"web1: SUCCESS", "web2: SUCCESS"} <= set(lines)
    assert [line.removeprefix("$ softops ") for line in lines if line.startswith("$ ")] == [
        "sync", "refresh hello counter", "install hello:1.0 --group default", "records"]
    assert any(line.startswith("catalog: OK at ") and "4 added" in line for line in lines)
    assert lines[-1] == "Nothing is left."


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_ended_in_mid_install_leaves_nothing(number: signal.Signals) -> None:
    process = begin()
    read_until(process, "web1: started")
    (run_id,) = run_ids(process)
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert output.splitlines()[-1] == "Nothing is left."
    assert left_of(run_id) == []


def test_a_demo_that_is_killed_leaves_nothing_either() -> None:
    process = begin()
    read_until(process, "web1: started")
    (run_id,) = run_ids(process)
    process.kill()
    process.communicate(timeout=60)
    wait_until_nothing_is_left(run_id)
