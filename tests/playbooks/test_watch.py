"""watch.yml and dialbook.py: softops dials engines by itself the way Ansible reaches them, and no password is told."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from softops.config import PROJECT
from softops.dialbook import DialBook
from softops.entities import Server
from softops.errors import SoftopsError
from softops.playbooks import PullLimits
from softops.runner import RunLimits, Runner
from tests.playbooks.conftest import Stage
from tests.playbooks.test_ways import PASSWORD, inventory, pat, server
from tests.waiting import wait_until

__all__ = ["pat", "server"]


def book(stage: Stage, hosts: Path) -> DialBook:
    limits = RunLimits(home=PROJECT, runs=stage.directory / "runs", owner="tests", inventory=hosts, forks=5,
                       idle_timeout=60, job_timeout=60)
    return DialBook(runner=Runner(limits), limits=PullLimits(idle_timeout=20, timeout=60, connect_timeout=5),
                    home=PROJECT, place=stage.directory / "places")


def a_server(name: str, number: int = 1) -> Server:
    return Server(id=number, name=name, address="")


@pytest.fixture
def agent(stage: Stage) -> Iterator[Path]:
    """The socket of an ssh-agent without keys."""
    socket = stage.fleet.directory / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    wait_until(socket.exists)
    yield socket
    process.terminate()
    process.wait(10)
    socket.unlink(missing_ok=True)


def test_one_run_tells_the_ways_to_all_servers(stage: Stage) -> None:
    known = book(stage, stage.fleet.inventory())
    servers = [a_server(name, number) for number, name in enumerate(("web1", "ops1", "dead", "nowhere"))]
    known.learn(servers)
    # From here on nothing needs Ansible or its run.
    assert list((stage.directory / "places").iterdir()) == []
    for reachable in servers[:2]:
        for _ in range(2):
            with known.open(reachable) as engine:
                assert engine.listed() == []
    with pytest.raises(SoftopsError) as dead:
        known.open(servers[2])
    assert dead.value.code == 1001
    with pytest.raises(SoftopsError) as nowhere:
        known.open(servers[3])
    assert nowhere.value.reason == "DIAL_UNKNOWN"


def test_passwords_are_given_and_never_told(stage: Stage, pat: dict[str, Any]) -> None:
    hosts = inventory(stage, "pat", pat)
    known = book(stage, hosts)
    known.learn([a_server("pat")])
    way = known.way(a_server("pat"))
    assert way is not None
    assert (way.renew, PASSWORD in repr(way)) == (True, False)
    with known.open(a_server("pat")) as engine:
        assert engine.listed() == []
    played = stage.play("watch", "pat", {}, "-vvv", inventory=hosts)
    assert PASSWORD not in f"{played.lines} {played.results}"


def test_where_only_ansible_has_the_key_only_ansible_asks(
        stage: Stage, agent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_SSH_AGENT", str(agent))
    web1 = stage.fleet.server("web1")
    known = book(stage, inventory(stage, "web1", {
        "ansible_connection": "ssh", "ansible_host": web1.address, "ansible_user": "root",
        "ansible_ssh_private_key": stage.fleet.key.read_text(),
        "ansible_control_path_dir": str(stage.directory / "cp"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={stage.fleet.known_hosts}"}))
    with pytest.raises(SoftopsError) as caught:
        known.open(a_server("web1"))
    assert caught.value.reason == "DIAL_TEMPORARY", caught.value
    way = known.way(a_server("web1"))
    assert way is not None
    assert way.containers == ()
