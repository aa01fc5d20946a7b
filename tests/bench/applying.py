"""What making 50 servers what they are already costs the controller, against docker_compose_v2 of community.docker."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from softops.client import Client
from softops.config import PROJECT
from tests.bench.cost import Cost, cost, cpu_of
from tests.bench.fleetwide import NAMES, THERE, Sample, equip, run_playbook, told
from tests.bench.stage import entry, served, work
from tests.bench.table import Row
from tests.demo.serving import SOFTOPS, Serving
from tests.fleet import Fleet
from tests.waiting import wait_until

ROUNDS = 3
TARGET = 0.060
"""Processor seconds of the controller for each server."""
NAME = "idle"
SITE = PROJECT / "playbooks/site.yml"


def measure(fleet: Fleet) -> tuple[Row, ...]:
    """From what softops knows; with every server asked, through softops and by hand."""
    fleet.registry.push("small", "1.0", layers=[1_000_000])
    equip(fleet)
    software = {NAME: entry(NAME, fleet.registry.image("small", "1.0"), {"restart": "no"})}
    with served(fleet, "apply", software, names=NAMES, settle_time=0) as (softops, client):
        inventory = Path(softops.settings["SOFTOPS_INVENTORY"])
        work(client, "start", NAME, [f"n{number:02d}" for number in range(len(fleet.servers))])
        work(client, "start", NAME)
        theirs = _theirs(fleet, softops.directory, inventory)
        rows = (_known(softops, client, inventory, theirs), _asked(fleet, softops, client, theirs),
                _by_hand(fleet, inventory, theirs))
    for server in fleet.servers:
        server.run("docker", "compose", "-p", NAME, "down", "--timeout", "1")
    return rows


def _known(softops: Serving, client: Client, inventory: Path, theirs: Sample) -> Row:
    """`softops apply`: all of it counts, the command line and the reading of the inventory too."""
    (inventory / "group_vars").mkdir()
    (inventory / "group_vars/all.yml").write_text(yaml.safe_dump({"softops_apps": {NAME: {"version": "1.0"}}}))
    wait_until(lambda: _is_settled(client.get("/plan")), timeout=60)
    spent = []
    for _ in range(ROUNDS):
        before = _both(softops)
        done = subprocess.run([*SOFTOPS, "apply", "--json"], cwd=PROJECT, env=softops.environment,
                              capture_output=True, text=True, check=True)
        spent.append(_both(softops) - before)
        if json.loads(done.stdout)["job"] is not None:
            raise RuntimeError(done.stdout)
    middle = sorted(spent)[ROUNDS // 2]
    return _row(f"apply with nothing to do on {NAMES} servers, states known", middle, middle / NAMES, theirs)


def _asked(fleet: Fleet, softops: Serving, client: Client, theirs: Sample) -> Row:
    def start(limit: str) -> None:
        work(client, "start", NAME, () if limit == "all" else limit.split(","))

    ours = _sample(fleet, start, softops.process.pid)
    return _sampled("start of what runs already", ours, theirs)


def _by_hand(fleet: Fleet, inventory: Path, theirs: Sample) -> Row:
    given = json.dumps({"softops_catalog": f"{fleet.directory}/catalog-apply/catalog",
                        "softops_insecure_registries": fleet.plain_http.split(",")})
    ours = _sample(fleet, lambda limit: run_playbook(SITE, inventory, "-e", given, limit=limit))
    return _sampled("site.yml by hand with nothing to do", ours, theirs)


def _theirs(fleet: Fleet, directory: Path, inventory: Path) -> Sample:
    """The module on the same project, whose containers are as it would make them."""
    playbook = directory / "compose.yml"
    task = {"community.docker.docker_compose_v2": {"project_src": f"/opt/softops/apps/{NAME}", "project_name": NAME},
            "environment": {"PYTHONPATH": THERE}}
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    return _sample(fleet, lambda limit: run_playbook(playbook, inventory, limit=limit), rounds=1)


def _sample(fleet: Fleet, run: Callable[[str], None], process: int | None = None, *, rounds: int = ROUNDS) -> Sample:
    """The median of some rounds; the connections are open before the first."""
    run("n00,n01,n02")

    def spent(limit: str) -> Cost:
        return cost(fleet, process or os.getpid(), lambda: run(limit))

    return sorted((Sample(one=spent("n00"), all=spent("all")) for _ in range(rounds)), key=_each)[rounds // 2]


def _sampled(what: str, ours: Sample, theirs: Sample) -> Row:
    """The target is for what each further server costs: the start of Ansible is paid once."""
    return _row(f"{what} on {NAMES} servers", ours.all.here, _each(ours), theirs)


def _row(what: str, spent: float, each: float, theirs: Sample) -> Row:
    other = _each(theirs)
    return Row(what=f"{what}, CPU seconds of the controller", ours=told(spent, each),
               theirs=f"docker_compose_v2 {told(theirs.all.here, other)}",
               result=f"{each * 1000:.0f} ms per server, {other / each:.1f} x cheaper",
               target=f"<= {TARGET * 1000:.0f} ms per server", met=each <= TARGET)


def _each(sample: Sample) -> float:
    """Processor seconds of the controller for each further server."""
    return sample.each(lambda spent: spent.here)


def _both(softops: Serving) -> float:
    """Processor time so far of the server and of the command lines that have ended."""
    return cpu_of(softops.process.pid) + cpu_of(os.getpid())


def _is_settled(plan: Mapping[str, Any]) -> bool:
    """Whether all servers are known, and there is nothing to do."""
    return plan["changes"] == 0 and len(plan["servers"]) == NAMES and all(one["seen"] for one in plan["servers"])
