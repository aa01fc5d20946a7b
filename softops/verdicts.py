"""Whether the containers of an app are well, judged from what the engine says of each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from softops.containerstates import NAME_LABEL, SERVICE_LABEL
from softops.errors import StartFailed
from softops.refusals import quoted

PROJECT_LABEL = "com.docker.compose.project"
NUMBER_LABEL = "com.docker.compose.container-number"
HASH_LABEL = "com.docker.compose.config-hash"
_DEPENDS_LABEL = "com.docker.compose.depends_on"
_ONEOFF_LABEL = "com.docker.compose.oneoff"
_EXIT = re.compile(r"Exited \((\d+)\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A container as an engine lists it."""

    id: str
    name: str
    labels: Mapping[str, str]
    image_id: str
    state: str
    status: str
    ports: tuple[tuple[str, int, str], ...]
    """Address, port and protocol of what it publishes."""

    @property
    def project(self) -> str:
        """The Compose project it belongs to; empty for none."""
        return self.labels.get(PROJECT_LABEL, "")

    @property
    def owner(self) -> str:
        """The software of softops it belongs to; empty for none."""
        return self.labels.get(NAME_LABEL, "")

    @property
    def service(self) -> str:
        """Its service and its number there, as web-1."""
        return f"{self.labels.get(SERVICE_LABEL, '')}-{self.labels.get(NUMBER_LABEL, '1')}"

    @property
    def trait(self) -> str:
        """What it was made of: two containers of a service that agree in it are alike."""
        # Short, because every look at a server carries it.
        return f"{self.labels.get(HASH_LABEL, '')[:16]} {self.image_id.removeprefix('sha256:')[:16]}"

    @property
    def running(self) -> bool:
        """Whether something of it runs."""
        return self.state in {"running", "paused", "restarting"}

    def well(self, tasks: frozenset[str]) -> bool:
        """Whether it runs, healthy where it has a health check, or is one of `tasks` and done."""
        if self.state == "running":
            return "(unhealthy)" not in self.status and "(health: starting)" not in self.status
        done = _EXIT.match(self.status)
        ended = self.state == "exited" and done is not None and done[1] == "0"
        return ended and self.labels.get(SERVICE_LABEL) in tasks


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """A container as its engine describes it."""

    id: str
    name: str
    service: str
    status: str
    health: str | None
    exit_code: int
    oom: bool
    restarts: int
    started: str
    error: str
    words: str
    """What its health check said last."""

    @property
    def runs(self) -> bool:
        """Whether it is up now."""
        return self.status == "running"


def listed_of(said: Mapping[str, Any]) -> Listed:
    """A container from an engine's list."""
    names = [str(name).lstrip("/") for name in said.get("Names") or () if str(name).count("/") == 1]
    ports = {(str(port.get("IP") or "0.0.0.0"), int(port["PublicPort"]), str(port.get("Type") or "tcp"))  # noqa: S104
             for port in said.get("Ports") or () if port.get("PublicPort")}
    return Listed(id=str(said["Id"]), name=names[0] if names else str(said["Id"])[:12],
                  labels={str(key): str(value) for key, value in (said.get("Labels") or {}).items()},
                  image_id=str(said.get("ImageID") or ""), state=str(said.get("State") or ""),
                  status=str(said.get("Status") or ""), ports=tuple(sorted(ports)))


def look_of(said: Mapping[str, Any]) -> Look:
    """A container from an engine's answer to an inspection."""
    state = said.get("State") or {}
    health = state.get("Health") or {}
    checks = health.get("Log") or ()
    labels = (said.get("Config") or {}).get("Labels") or {}
    return Look(id=str(said["Id"]), name=str(said.get("Name") or "").lstrip("/"),
                service=str(labels.get(SERVICE_LABEL) or ""), status=str(state.get("Status") or ""),
                health=health.get("Status") if health.get("Status") not in (None, "none") else None,
                exit_code=int(state.get("ExitCode") or 0), oom=state.get("OOMKilled") is True,
                restarts=int(said.get("RestartCount") or 0), started=str(state.get("StartedAt") or ""),
                error=str(state.get("Error") or ""), words=str(checks[-1].get("Output") or "") if checks else "")


def one_time_tasks(containers: Iterable[Listed]) -> frozenset[str]:
    """The services that others wait for until they are done, so that they may end."""
    found = set()
    for container in containers:
        for dependency in container.labels.get(_DEPENDS_LABEL, "").split(","):
            service, _, condition = dependency.partition(":")
            if condition.startswith("service_completed_successfully"):
                found.add(service)
    return frozenset(found)


def of_project(containers: Iterable[Listed], project: str) -> tuple[Listed, ...]:
    """Those of a Compose project, without what a person ran in it for once."""
    return tuple(one for one in containers
                 if one.project == project and one.labels.get(_ONEOFF_LABEL, "").lower() != "true")


def trouble(look: Look, tasks: frozenset[str], restarts: int = 0) -> StartFailed | None:
    """Why this container will not become well; `restarts` is how often it had been restarted at first."""
    if look.status == "restarting" or look.restarts > restarts:
        return StartFailed("CONTAINER_RESTARTING", service=look.service, exit=look.exit_code)
    if look.status in {"exited", "dead"} and not (look.exit_code == 0 and look.service in tasks):
        if look.oom:
            return StartFailed("CONTAINER_OOM", service=look.service, exit=look.exit_code)
        return StartFailed("CONTAINER_EXITED", service=look.service, exit=look.exit_code)
    if look.health == "unhealthy":
        words = quoted(look.words)
        return (StartFailed("CONTAINER_UNHEALTHY", service=look.service, words=words) if words
                else StartFailed("CONTAINER_UNHEALTHY_SILENT", service=look.service))
    return None


def told_status(look: Look) -> str:
    """A word or two for watchers, as Compose would say it."""
    if look.status == "running":
        return {"healthy": "Healthy", "starting": "Waiting", "unhealthy": "Unhealthy"}.get(look.health or "", "Started")
    if look.status == "exited":
        return f"Exited ({look.exit_code})"
    return look.status.capitalize()
