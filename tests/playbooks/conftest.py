"""Real servers to be broken and mended, and real runs of the playbooks on them."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from softops.events import RunEvent, parse_line
from softops.processes import TOKEN
from tests.fleet import Fleet, ServerSpec
from tests.playbooks.apps import App

PROJECT = Path(__file__).resolve().parents[2]
RUN = "token-of-this-run"
PORTS = itertools.count(8000)
"""Ports of servers, each for one test."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """What came of a run."""

    code: int
    results: Mapping[str, Mapping[str, Any]]
    """The last result by host."""
    stats: Mapping[str, Mapping[str, int]]
    events: Sequence[RunEvent]
    """What the action plugins told softops."""
    lines: Sequence[str]
    """Everything else that was printed."""

    @property
    def changed(self) -> dict[str, bool]:
        """Whether each host says that it changed."""
        return {host: result["changed"] for host, result in self.results.items()}

    def said(self, host: str) -> Mapping[str, Any]:
        """The key `softops` of the host's result."""
        said = self.results[host]["softops"]
        assert isinstance(said, dict)
        return said

    def failure(self, host: str) -> tuple[str, int]:
        """Reason and code of a host that failed, whose sentence is complete."""
        assert "{" not in self.results[host]["msg"]
        return self.said(host)["reason"], self.said(host)["code"]


@dataclass(kw_only=True)
class Stage:
    """Runs playbooks on the fleet, as softops does (`play`) or as a person does (`by_hand`)."""

    fleet: Fleet
    directory: Path
    limits: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory.mkdir(exist_ok=True)
        self.limits = {"idleTimeout": 20, "timeout": 60, "connectTimeout": 5,
                       "plainHttp": self.fleet.plain_http.split(",")} | self.limits

    def start(self, playbook: str, hosts: str, software: Mapping[str, Any], *words: str,
              inventory: Path | None = None, **limits: Any) -> subprocess.Popen[str]:
        """A run with an input.json."""
        origin = {"commit": "4f2c", "repository": "catalog", "entry": {}}
        content = {"operation": playbook, "software": origin | dict(software), "parameters": {},
                   "pull": self.limits | limits}
        (self.directory / "input.json").write_text(json.dumps(content))
        return self._start(playbook, hosts, "-e", f"softops_input={self.directory / 'input.json'}", *words,
                           inventory=inventory, environment={TOKEN: RUN})

    def play(self, playbook: str, hosts: str, software: Mapping[str, Any], *words: str, **how: Any) -> Played:
        """A run with an input.json, to its end."""
        return finished(self.start(playbook, hosts, software, *words, **how))

    def start_apps(self, playbook: str, apps: Mapping[str, Sequence[Mapping[str, Any]]], *words: str,
                   inventory: Path | None = None) -> subprocess.Popen[str]:
        """A run with what softops writes for the apps of each host."""
        (self.directory / "hosts").mkdir(exist_ok=True)
        (self.directory / "input.json").write_text(json.dumps({"operation": playbook, "pull": self.limits}))
        for host, orders in apps.items():
            (self.directory / "hosts" / f"{host}.json").write_text(json.dumps({"apps": list(orders)}))
        return self._start(playbook, ",".join(apps), "-e", f"softops_input={self.directory / 'input.json'}", *words,
                           inventory=inventory, environment={TOKEN: RUN})

    def apps(self, playbook: str, apps: Mapping[str, Sequence[Mapping[str, Any]]], *words: str,
             inventory: Path | None = None) -> Played:
        """The same, to its end."""
        return finished(self.start_apps(playbook, apps, *words, inventory=inventory))

    def by_hand(self, playbook: str, hosts: str, *words: str, **how: Any) -> Played:
        """A run without an input.json, to its end."""
        return finished(self._start(playbook, hosts, *words, environment={}, **how))

    def _start(self, playbook: str, hosts: str, *words: str, environment: Mapping[str, str],
               inventory: Path | None = None) -> subprocess.Popen[str]:
        argv = [str(Path(sys.executable).parent / "ansible-playbook"), f"playbooks/{playbook}.yml", "--limit", hosts,
                "--inventory", str(inventory or self.fleet.inventory()), *words]
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "SOFTOPS_RUN"))}
        return subprocess.Popen(argv, cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL,
                                env=clean | {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", **environment})


def finished(process: subprocess.Popen[str], timeout: float = 100) -> Played:
    """What came of a run that was started."""
    output, _ = process.communicate(timeout=timeout)
    # The report is one JSON document in lines of its own; what the plugins display comes before it.
    found = re.search(r"^\{\n.*^\}$", output, re.MULTILINE | re.DOTALL)
    assert found, output
    report = json.loads(found[0])
    lines = (output[:found.start()] + output[found.end():]).splitlines()
    events = [event for line in lines if (event := parse_line(line, RUN))]
    results = {host: result for play in report["plays"] for task in play["tasks"]
               for host, result in task["hosts"].items()}
    return Played(code=process.returncode, results=results, stats=report["stats"], events=events,
                  lines=[line for line in lines if parse_line(line, RUN) is None])


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    """web1 and web2; ops1 with sudo; a small one; a dead one."""
    options = {"max-download-attempts": 1}
    specs = (ServerSpec(name="web1", engine_options=options), ServerSpec(name="web2", engine_options=options),
             ServerSpec(name="ops1", user="ops", engine_options=options),
             ServerSpec(name="small", disk_mb=64, engine_options=options), ServerSpec(name="dead", alive=False))
    with Fleet(specs) as running:
        yield running


@pytest.fixture
def stage(fleet: Fleet, tmp_path: Path) -> Iterator[Stage]:
    """Ready for runs; the road to the registry is free again afterwards."""
    yield Stage(fleet=fleet, directory=tmp_path / "run")
    fleet.slow.resume()


def own_name(request: pytest.FixtureRequest) -> str:
    """A name for things of this test alone."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.originalname.removeprefix("test_"))[:30].strip("-")
    return f"{words}-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:6]}"


@pytest.fixture
def push(fleet: Fleet, request: pytest.FixtureRequest) -> Callable[..., dict[str, Any]]:
    """Pushes an image of the test's own and returns it as software for an input.json."""
    name = own_name(request)

    def do(version: str = "1.0", *, host: str = fleet.registry.host, pinned: bool = False,
           layers: Sequence[int] = (100_000, 300_000)) -> dict[str, Any]:
        digest = fleet.registry.push(name, version, layers=layers)
        return {"name": name, "version": version, "image": f"{host}/{name}:{version}",
                "digest": digest if pinned else None, "pushed": digest}

    return do


@pytest.fixture
def app(stage: Stage, request: pytest.FixtureRequest) -> Iterator[App]:
    """An app with an image 1.0 and a port of its own, taken away from web1 afterwards."""
    made = App(stage=stage, name=own_name(request), port=next(PORTS))
    made.push("1.0")
    yield made
    made.act("remove", removeVolumes=True)
    # Whatever a test has done to what softops knows of it: other tests look at the same engine.
    left = made.server.docker("ps", "-aq", "--filter", f"label=io.softops.name={made.name}").split()
    if left:
        made.server.docker("rm", "-f", "-v", *left)
