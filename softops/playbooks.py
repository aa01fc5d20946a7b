"""Which playbook is run on which servers with which input, as a value. Nothing is executed here."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softops.entities import Job, SoftImage
from softops.errors import BadRequest

PLAYBOOK_OF = {"install": "playbooks/install.yml", "pull": "playbooks/pull.yml",
               "inspect": "playbooks/inspect.yml"}

HOSTNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""Inventory hostnames that mean only themselves in Ansible's `--limit`."""

_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class PullLimits:
    """How patient a pull is; seconds."""

    idle_timeout: int
    timeout: int
    connect_timeout: int
    plain_http: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaybookCall:
    """One run of a playbook on exactly these servers."""

    playbook: str
    hosts: tuple[str, ...]
    input: Mapping[str, Any]
    """Becomes the run's input.json: all user data travels there, as data."""

    @property
    def limit(self) -> str:
        """The value of `--limit`: hostnames only, never empty and never a pattern."""
        if not self.hosts:
            raise BadRequest("SERVERS_EMPTY")
        for host in self.hosts:
            if not HOSTNAME.fullmatch(host):
                raise BadRequest("SERVER_NAME_UNSAFE", server=host)
        return ",".join(self.hosts)


def image_call(job: Job, image: SoftImage, hosts: Sequence[str], limits: PullLimits,
               repository: str) -> PlaybookCall:
    """The run that brings the image of `job` to `hosts`."""
    software = {"name": job.soft_name, "version": job.version, "image": job.docker_image, "digest": job.digest,
                "repository": repository, "commit": job.commit, "entry": image.entry}
    return PlaybookCall(playbook=PLAYBOOK_OF[job.operation], hosts=tuple(hosts), input={
        "operation": job.operation, "software": software, "parameters": dict(job.parameters),
        "pull": _pull_input(limits)})


def inspect_call(host: str, limits: PullLimits) -> PlaybookCall:
    """The run that looks at the engine of one server."""
    return PlaybookCall(playbook=PLAYBOOK_OF["inspect"], hosts=(host,), input={
        "operation": "inspect", "pull": _pull_input(limits)})


def command_by_hand(operation: str, hosts: Sequence[str], name: str, version: str) -> str:
    """The shell command with which an operator does the same without softops."""
    words = ["ansible-playbook", PLAYBOOK_OF[operation], "--limit", ",".join(hosts)]
    for key, value in (("softops_name", name), ("softops_version", version)):
        plain = f"{key}={value}" if _PLAIN.fullmatch(value) else json.dumps({key: value}, ensure_ascii=False)
        words += ["-e", plain]
    return shlex.join(words)


def _pull_input(limits: PullLimits) -> Mapping[str, Any]:
    return {"idleTimeout": limits.idle_timeout, "timeout": limits.timeout,
            "connectTimeout": limits.connect_timeout, "plainHttp": list(limits.plain_http)}
