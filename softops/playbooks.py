"""Which playbook is run on which servers with which input, as a value. Nothing is executed here."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from softops.entities import Job, Record, Revision, SoftImage
from softops.errors import BadRequest
from softops.logins import Login, as_input
from softops.networks import DEFAULT, Networks

PLAYBOOK_OF = {"install": "playbooks/install.yml", "pull": "playbooks/pull.yml",
               "inspect": "playbooks/inspect.yml", "start": "playbooks/start.yml",
               "upgrade": "playbooks/start.yml", "rollback": "playbooks/start.yml",
               "stop": "playbooks/stop.yml", "restart": "playbooks/restart.yml",
               "remove": "playbooks/remove.yml", "apply": "playbooks/site.yml"}

IMAGE_OPERATIONS = frozenset({"install", "pull"})
"""Operations that end with an image on the server."""
RUNNING_AFTER = frozenset({"start", "upgrade", "rollback"})
"""Operations after which a software runs in a new revision."""
ACTION_OF = {"start": "run", "upgrade": "run", "rollback": "run", "stop": "stop", "restart": "restart",
             "remove": "remove"}
"""What the action softops_app is told to do for the operation of a record."""

BRINGING_BACK = 60
"""Seconds beside the wait for health that a way back may take."""

HOSTNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""Inventory hostnames that mean only themselves in Ansible's `--limit`."""

_PLAIN = re.compile(r"[A-Za-z0-9_.+/-]+")
CLONE = "softops-catalog"
"""Directory into which a person clones a catalog that is elsewhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PullLimits:
    """How patient a pull is; seconds."""

    idle_timeout: int
    timeout: int
    connect_timeout: int
    plain_http: tuple[str, ...] = ()
    networks: Networks = DEFAULT
    """Where registries may be that this machine asks."""
    logins: Mapping[str, Login] = field(default_factory=dict, repr=False)
    """What is sent to registries, by their names; only those that the run needs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthLimits:
    """How long a start may take and a container must stay up; seconds."""

    settle: int = 3
    timeout: int = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaybookCall:
    """One run of a playbook on exactly these servers."""

    playbook: str
    hosts: tuple[str, ...]
    input: Mapping[str, Any]
    """Becomes the run's input.json: all user data travels there, as data."""
    of_host: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What is for one server alone, in a file of its own."""
    check: bool = False
    """Change nothing, only say whether something would change."""
    grace: int = 0
    """Seconds that the actions have to bring what they began to a good end, when the run is cancelled."""

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
        "pull": pull_input(limits)})


@dataclass(frozen=True, kw_only=True, slots=True)
class AppTask:
    """What a run is to do with one software on one server."""

    record: Record
    revision: Revision | None = None
    """The state to bring about; None when the one that is there is only stopped, restarted or removed."""
    env: str = field(default="", repr=False)
    """The text of .env, with secrets."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that nobody may read in anything that is told."""


def apps_call(job: Job, tasks: Sequence[AppTask], limits: PullLimits, patience: HealthLimits, *,
              check: bool = False, back: bool = False) -> PlaybookCall:
    """The run that does `tasks`, in their order on each server; with `back` it brings starts that were cut off to a
    good end."""
    of_host: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for task in tasks:
        apps = of_host.setdefault(task.record.server_name, {"apps": []})["apps"]
        apps.append(_app_input(task, patience, job.options) | ({"action": "back"} if back else {}))
    return PlaybookCall(playbook=PLAYBOOK_OF[job.operation], hosts=tuple(of_host), of_host=of_host, check=check,
                        grace=patience.timeout + BRINGING_BACK,
                        input={"operation": job.operation, "pull": pull_input(limits)})


def _app_input(task: AppTask, patience: HealthLimits, options: Mapping[str, Any]) -> dict[str, Any]:
    record, revision = task.record, task.revision
    said = {"action": ACTION_OF[record.operation], "name": record.soft_name, "version": record.version,
            "image": record.docker_image, "commit": record.commit, "settle": patience.settle,
            "healthTimeout": patience.timeout, "removeVolumes": bool(options.get("removeVolumes"))}
    if revision is None:
        return said
    return said | {"digest": revision.digest, "repository": revision.repository, "entry": dict(revision.entry),
                   "parameters": dict(revision.parameters), "compose": revision.compose, "env": task.env,
                   "images": list(revision.images), "secretValues": list(task.secrets)}


def inspect_call(host: str, limits: PullLimits) -> PlaybookCall:
    """The run that looks at the engine of one server."""
    return PlaybookCall(playbook=PLAYBOOK_OF["inspect"], hosts=(host,), input={
        "operation": "inspect", "pull": pull_input(limits)})


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOrder:
    """What a person would have to say to do the same without softops."""

    operation: str
    hosts: tuple[str, ...]
    name: str
    version: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Without secrets."""
    inventory: str | None = None
    """None: the one that ansible.cfg names."""
    catalog: str | None = None
    """Path or URL of the repository; None: the catalog beside the playbooks."""
    catalog_path: str = ""
    commit: str | None = None
    plain_http: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    """Permissions that were granted."""
    remove_volumes: bool = False


def watch_call(hosts: Sequence[str], limits: PullLimits, dials: str) -> PlaybookCall:
    """The run that writes how the engines of `hosts` are reached into files in the directory `dials`."""
    return PlaybookCall(playbook="playbooks/watch.yml", hosts=tuple(hosts), input={
        "operation": "watch", "dials": dials, "pull": pull_input(limits)})


def command_by_hand(order: HandOrder) -> str:
    """The shell command with which an operator does the same without softops. A catalog that is not on this machine
    is cloned first. Secrets are not in it: they are given with -e @FILE."""
    words = ["ansible-playbook", PLAYBOOK_OF[order.operation]]
    words += ["-i", order.inventory] if order.inventory else []
    words += ["--limit", ",".join(order.hosts)]
    clone, catalog = _catalog_by_hand(order)
    for key, value in (("softops_name", order.name), ("softops_version", order.version), ("softops_catalog", catalog)):
        plain = f"{key}={value}" if _PLAIN.fullmatch(value) else json.dumps({key: value}, ensure_ascii=False)
        words += ["-e", plain] if value else []
    for key, given in (("softops_parameters", dict(order.parameters)),
                       ("softops_accept_permissions", list(order.accepted)),
                       ("softops_remove_volumes", order.remove_volumes),
                       ("softops_insecure_registries", list(order.plain_http))):
        words += ["-e", json.dumps({key: given}, ensure_ascii=False)] if given else []
    return clone + shlex.join(words)


def _catalog_by_hand(order: HandOrder) -> tuple[str, str]:
    """What makes the catalog, and where it is then."""
    if order.catalog is None or order.operation not in {*IMAGE_OPERATIONS, *RUNNING_AFTER, "apply"}:
        return "", ""
    if order.catalog.startswith("/"):
        return "", str(PurePosixPath(order.catalog) / order.catalog_path)
    clone = shlex.join(["git", "clone", "--quiet", order.catalog, CLONE])
    checkout = shlex.join(["git", "-C", CLONE, "checkout", "--quiet", order.commit]) if order.commit else "true"
    return f"{clone} && {checkout} && ", str(PurePosixPath(CLONE) / order.catalog_path)


def pull_input(limits: PullLimits) -> Mapping[str, Any]:
    """The limits as an input.json has them, logins included."""
    return {"idleTimeout": limits.idle_timeout, "timeout": limits.timeout,
            "connectTimeout": limits.connect_timeout, "plainHttp": list(limits.plain_http),
            "privateNetworks": str(limits.networks),
            **({"logins": as_input(limits.logins)} if limits.logins else {})}
