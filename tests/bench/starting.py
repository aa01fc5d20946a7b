"""A start of a one-container app whose image is there, against `docker compose up` typed on the same server."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from softops.client import Client
from tests.bench.stage import entry, install, served, work
from tests.bench.table import Row
from tests.fleet import Fleet
from tests.fleet.server import Server

ROUNDS = 3
TARGET = 1.5
"""Seconds that softops may take longer."""
HEALTH = {"test": ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1/"], "interval": "1s", "retries": 10}
SETTLE = 3
"""Seconds for which softops watches a container without a health check, unless it is told otherwise."""
APPS = "/opt/softops/apps"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """An app, and how long it is watched."""

    name: str
    what: str
    service: Mapping[str, Any]
    settle: int = SETTLE
    waits: float = 0
    """Seconds that softops waits by design and Compose does not."""


CASES = (
    Case(name="checked", what="a health check every second", service={"healthcheck": HEALTH}),
    Case(name="plain", what="no health check, watched for 0 s", service={"restart": "no"}, settle=0),
    Case(name="settled", what=f"no health check, watched for {SETTLE} s", service={"restart": "no"}, waits=SETTLE),
)


def measure(fleet: Fleet) -> tuple[Row, ...]:
    """Alternating, nothing of the app on the server before each but its image; medians."""
    fleet.registry.push("small", "1.0", layers=[1_000_000])
    return tuple(_compare(fleet, case) for case in CASES)


def _compare(fleet: Fleet, case: Case) -> Row:
    server, name = fleet.servers[0], case.name
    software = {name: entry(name, fleet.registry.image("small", "1.0"), case.service)}
    ours, theirs = [], []
    with served(fleet, f"start-{name}", software, settle_time=case.settle) as (_, client):
        install(client, name, [server.name])
        _start(client, name, server)
        server.run("cp", "-a", f"{APPS}/{name}", f"/root/{name}")
        for _ in range(ROUNDS):
            theirs.append(_timed(server, name, lambda: _type(server, name)))
            ours.append(_timed(server, name, lambda: _start(client, name, server)))
        _clear(server, name)
    more = median(ours) - median(theirs)
    waits = f" of which {case.waits:.0f} s by design" if case.waits else ""
    return Row(what=f"start of a one-container app, {case.what}", ours=f"{median(ours):.2f} s",
               theirs=f"docker compose up -d --wait {median(theirs):.2f} s", result=f"{more:+.2f} s{waits}",
               target=f"<= +{TARGET + case.waits} s", met=more <= TARGET + case.waits)


def _timed(server: Server, name: str, work: Callable[[], object]) -> float:
    _clear(server, name)
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def _type(server: Server, name: str) -> None:
    server.run("sh", "-c", f"cd /root/{name} && exec docker compose -p {name} up -d --wait")


def _start(client: Client, name: str, server: Server) -> None:
    work(client, "start", name, [server.name])


def _clear(server: Server, name: str) -> None:
    server.run("docker", "compose", "-p", name, "down", "--timeout", "1")
    # What is noted of the install stays.
    server.run("sh", "-c", f"cd {APPS}/{name} && rm -rf compose.yml .env revision.json previous")
