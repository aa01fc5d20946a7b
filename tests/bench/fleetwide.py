"""An install that changes nothing on 50 servers, against ansible-playbook with community.docker."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from softops.config import PROJECT
from tests.bench.cost import Cost, cost
from tests.bench.stage import entry, install, served
from tests.bench.table import Row
from tests.fleet import Fleet

NAMES = 50
ROUNDS = 3
"""Of softops, of which the median counts; what it is compared to takes long, and one run of it has to do."""
TARGET = 5
"""How many times cheaper softops has to be."""
NEEDED = ("requests", "urllib3", "certifi", "idna", "charset_normalizer", "yaml")
"""What community.docker's modules need on a server and softops does not."""
THERE = "/opt/bench-python"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """What one server cost, and what all of them did."""

    one: Cost
    all: Cost

    def each(self, of: Callable[[Cost], float]) -> float:
        """What each further server costs."""
        return (of(self.all) - of(self.one)) / (NAMES - 1)


def measure(fleet: Fleet) -> tuple[Row, ...]:
    """Over SSH, and with engines reached by `docker_host` from the controller."""
    fleet.registry.push("small", "1.0", layers=[1_000_000])
    image = fleet.registry.image("small", "1.0")
    equip(fleet)
    direct = [{"ansible_connection": "local", "ansible_python_interpreter": sys.executable,
               "docker_host": server.engine.url} for server in fleet.servers]
    return (*_rows("SSH", *_compare(fleet, "ssh", image, None)),
            *_rows("docker_host", *_compare(fleet, "direct", image, direct)))


def _compare(fleet: Fleet, name: str, image: str, hosts: Sequence[Mapping[str, Any]] | None) -> tuple[Sample, Sample]:
    """Both over the same connections with the same number of forks, after one run each that opens them."""
    with served(fleet, name, {"small": entry("small", image)}, names=NAMES, hosts=hosts) as (softops, client):
        inventory = Path(softops.settings["SOFTOPS_INVENTORY"])
        playbook = _playbook(softops.directory, image, by_host=hosts is not None)
        install(client, "small")
        ours = sorted((Sample(one=cost(fleet, softops.process.pid, lambda: install(client, "small", ["n00"])),
                              all=cost(fleet, softops.process.pid, lambda: install(client, "small")))
                       for _ in range(ROUNDS)), key=lambda sample: sample.each(lambda cost: cost.cpu))[ROUNDS // 2]
        run_playbook(playbook, inventory, limit="n00,n01,n02")
        theirs = Sample(one=cost(fleet, os.getpid(), lambda: run_playbook(playbook, inventory, limit="n00")),
                        all=cost(fleet, os.getpid(), lambda: run_playbook(playbook, inventory)))
    return ours, theirs


def _rows(way: str, ours: Sample, theirs: Sample) -> tuple[Row, Row]:
    what = f"install that changes nothing on {NAMES} servers by {way}"
    return (_row(f"{what}, seconds", ours, theirs, lambda cost: cost.seconds),
            _row(f"{what}, CPU seconds", ours, theirs, lambda cost: cost.cpu))


def _row(what: str, ours: Sample, theirs: Sample, of: Callable[[Cost], float]) -> Row:
    """The target is for what each further server costs: both pay the start of Ansible once."""
    each, other = ours.each(of), theirs.each(of)
    return Row(what=what, ours=told(of(ours.all), each), theirs=f"community.docker {told(of(theirs.all), other)}",
               result=f"{other / each:.1f} x cheaper per server, {of(theirs.all) / of(ours.all):.1f} x in all",
               target=f">= {TARGET} x per server", met=other >= TARGET * each)


def told(seconds: float, each: float) -> str:
    """What all took, and each further server."""
    return f"{seconds:.1f} s, {each * 1000:.0f} ms per server"


def equip(fleet: Fleet) -> None:
    """Give every server the Python packages that community.docker needs there."""
    for server in fleet.servers:
        target = server.path(THERE)
        for name in NEEDED:
            spec = importlib.util.find_spec(name)
            if spec is None or spec.origin is None:
                raise RuntimeError(f"the Python package {name} is missing here")
            shutil.copytree(Path(spec.origin).parent, target / name, dirs_exist_ok=True)


def _playbook(directory: Path, image: str, *, by_host: bool) -> Path:
    path = directory / "plain.yml"
    task: dict[str, Any] = {"community.docker.docker_image_pull": {"name": image}}
    if by_host:
        task["community.docker.docker_image_pull"]["docker_host"] = "{{ docker_host }}"
    else:
        task["environment"] = {"PYTHONPATH": THERE}
    path.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    return path


def run_playbook(playbook: Path, inventory: Path, *words: str, limit: str = "all") -> None:
    """Run it to its end, which must be a success."""
    done = subprocess.run([str(Path(sys.executable).parent / "ansible-playbook"), str(playbook), "-i", str(inventory),
                           "--forks", "25", "--limit", limit, *words], cwd=PROJECT, capture_output=True, text=True,
                          check=False, env={**os.environ, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")})
    if done.returncode:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
