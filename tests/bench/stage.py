"""Where the rows are measured: a fleet, and a softops server for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from softops.client import Address, Client
from softops.live import Follower, closed_job
from tests.demo.serving import Serving
from tests.fleet import Fleet
from tests.homes import commit

Job = Mapping[str, Any]


@contextmanager
def served(fleet: Fleet, name: str, software: Mapping[str, str], *, names: int = 0,
           hosts: Sequence[Mapping[str, Any]] | None = None, **settings: object) -> Iterator[tuple[Serving, Client]]:
    """softops on the fleet with a catalog of `software` (name to the text of its file); the servers of the fleet
    under `names` inventory names, if said, with the variables in `hosts` instead of those for SSH."""
    directory = fleet.directory / f"catalog-{name}"
    commit(directory, {f"catalog/{key}/software.yml": text for key, text in software.items()})
    inventory = fleet.inventory(fleet.directory / f"inventory-{name}")
    if names:
        multiply(inventory / "hosts.yml", names, hosts)
    with Serving(fleet, catalog=directory, name=f"serve-{name}", port=0, inventory=inventory, forks=25,
                 **settings) as softops:
        client = Client(Address(url=softops.url), lang="en")
        client.post("/repository/1/sync")
        yield softops, client
        client.close()


def entry(name: str, image: str, service: Mapping[str, Any] | None = None) -> str:
    """A catalog file with one version, 1.0."""
    content = {"apiVersion": "softops/v1", "name": name, "versions": {"1.0": {"image": image}}}
    return str(yaml.safe_dump(content | ({"service": dict(service)} if service else {}), sort_keys=False))


def multiply(path: Path, names: int, hosts: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Rewrite an inventory so that its servers, or `hosts`, have `names` names in all."""
    content = yaml.safe_load(path.read_text())
    real = [dict(host) for host in hosts or content["all"]["hosts"].values()]
    content["all"]["hosts"] = {f"n{number:02d}": dict(real[number % len(real)]) for number in range(names)}
    content["all"]["children"] = {"default": {"hosts": {name: {} for name in content["all"]["hosts"]}}}
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def install(client: Client, software: str, servers: Sequence[str] = ()) -> Job:
    """Install on the servers, or on all in `default`, and wait for the end, which must be a success."""
    return work(client, "install", software, servers)


def work(client: Client, verb: str, software: str, servers: Sequence[str] = ()) -> Job:
    """The same for any of the verbs of the API."""
    where = {"servers": list(servers)} if servers else {"groups": ["default"]}
    return ended(client, client.post(f"/{verb}", {"name": software, **where}))


def ended(client: Client, job: Job) -> Job:
    """A job that was accepted, at its end, which must be a success."""
    records = [record["systemSoftRecordId"] for record in job["records"]]
    for _ in Follower(client.address, job["id"], records).messages():
        pass
    final = closed_job(client, job["id"])
    if final["status"] != "SUCCESS":
        raise RuntimeError(json.dumps(final, ensure_ascii=False))
    return final
