"""What of a software differs on its server from what softops last made of it: containers gone, stopped or foreign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from softops.entities import App, Container
from softops.problems import printable
from softops.statuses import AppState
from softops.texts import Lang, render

DRIFT = frozenset({"CONTAINER_MISSING", "CONTAINER_STOPPED", "CONTAINER_OTHER", "CONTAINER_RUNS"})
"""Reasons that somebody's hand or a crash made, not a commit; self-heal mends these and no others."""
_ENDING = frozenset({"on-failure"})
"""Restart policies of what its author lets end well."""
_AT_REST = frozenset({"created", "exited", "dead", "paused", "removing"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """A reason for something in a plan; `reason` is the key of its sentence."""

    reason: str
    params: Mapping[str, object] = field(default_factory=dict)

    def text(self, lang: Lang) -> str:
        """The sentence, safe to print on a terminal."""
        return printable(render(self.reason, lang, self.params))


def drift_of(app: App, compose: str, containers: Sequence[Container] | None) -> tuple[Why, ...]:
    """How the containers of `app`, of which `compose` is the file, differ from what it was left as. Nothing when
    they are not known (None): an engine that can't be seen is no reason to act."""
    if containers is None or app.revision is None:
        return ()
    if app.state is AppState.STOPPED:
        return tuple(Why(reason="CONTAINER_RUNS", params={"container": one.name})
                     for one in containers if one.state not in _AT_REST)
    return tuple(_missing(app, compose, containers)) + tuple(_changed(app, compose, containers))


def _missing(app: App, compose: str, containers: Sequence[Container]) -> Iterator[Why]:
    there = {container.service for container in containers}
    for service in services_of(compose) or (() if there else (app.name,)):
        if service not in there:
            yield Why(reason="CONTAINER_MISSING", params={"service": service})


def _changed(app: App, compose: str, containers: Sequence[Container]) -> Iterator[Why]:
    tasks = {name for name, restart in services_of(compose).items() if restart in _ENDING}
    tasks |= tasks_of(compose)
    for container in containers:
        if container.version and container.version != app.version:
            yield Why(reason="CONTAINER_OTHER", params={"container": container.name, "actual": container.version,
                                                        "wanted": app.version})
        elif container.state in _AT_REST and not (_finished(container) and container.service in tasks):
            yield Why(reason="CONTAINER_STOPPED", params={"container": container.name, "state": container.state})


def _finished(container: Container) -> bool:
    """Whether its program has ended by itself, or was asked to and obeyed."""
    return container.state == "exited" and container.exit_code == 0


@lru_cache(maxsize=512)
def services_of(compose: str) -> Mapping[str, str]:
    """The services of a compose file and their restart policies; nothing for a text that is none."""
    return {name: str(service.get("restart") or "no").partition(":")[0]
            for name, service in _services(compose).items()}


@lru_cache(maxsize=512)
def tasks_of(compose: str) -> frozenset[str]:
    """The services that others wait for until they are done; only those may have ended when a start succeeds."""
    found = set()
    for service in _services(compose).values():
        needs = service.get("depends_on")
        for name, how in needs.items() if isinstance(needs, dict) else ():
            if isinstance(how, dict) and how.get("condition") == "service_completed_successfully":
                found.add(str(name))
    return frozenset(found)


@lru_cache(maxsize=512)
def _services(compose: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        data: Any = yaml.load(compose, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  a safe one
    except yaml.YAMLError:
        return {}
    services = data.get("services") if isinstance(data, dict) else None
    if not isinstance(services, dict):
        return {}
    return {str(name): service for name, service in services.items() if isinstance(service, dict)}
