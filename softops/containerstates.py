"""What an engine says of a container, read as far as softops shows it. Labels and names there are foreign words."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NAME_LABEL = "io.softops.name"
VERSION_LABEL = "io.softops.version"
SERVICE_LABEL = "com.docker.compose.service"


class EngineState(enum.StrEnum):
    """The engines' words for the state of a container."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    RESTARTING = "restarting"
    REMOVING = "removing"
    EXITED = "exited"
    DEAD = "dead"


STATES = frozenset(state.value for state in EngineState)
ENDED = frozenset({"exited", "dead", "restarting"})
"""States in which the exit code means something."""
HEALTHS = frozenset({"starting", "healthy", "unhealthy"})
MOST_PORTS = 200
LARGEST = 2**31 - 1

_ID = re.compile(r"[0-9A-Za-z]+")
_NEVER = "0001-"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerState:
    """A container as its engine describes it."""

    engine_id: str
    name: str
    soft_name: str
    service: str
    version: str
    docker_image: str
    state: str
    health: str | None = None
    exit_code: int | None = None
    oom_killed: bool = False
    restarts: int = 0
    ports: tuple[Mapping[str, Any], ...] = ()
    start_time: datetime | None = None


def container_state(said: Mapping[str, Any]) -> ContainerState | None:
    """The state in the engine's answer to an inspection; None for a container that is not of softops."""
    config, state = _mapping(said.get("Config")), _mapping(said.get("State"))
    labels = _mapping(config.get("Labels"))
    engine_id = said.get("Id")
    # It becomes part of a path when the engine is asked about it.
    if not labels.get(NAME_LABEL) or not isinstance(engine_id, str) or not _ID.fullmatch(engine_id):
        return None
    status = _word(state.get("Status"), STATES) or "dead"
    return ContainerState(
        engine_id=engine_id[:64], name=_text(said.get("Name"), 255).lstrip("/"),
        soft_name=_text(labels.get(NAME_LABEL), 255), service=_text(labels.get(SERVICE_LABEL), 255),
        version=_text(labels.get(VERSION_LABEL), 100), docker_image=_text(config.get("Image"), 500), state=status,
        health=_word(_mapping(state.get("Health")).get("Status"), HEALTHS),
        exit_code=_count(state.get("ExitCode")) if status in ENDED else None,
        oom_killed=state.get("OOMKilled") is True, restarts=_count(said.get("RestartCount")) or 0,
        ports=_ports(_mapping(_mapping(said.get("NetworkSettings")).get("Ports"))),
        start_time=moment(state.get("StartedAt")))


def outline(listed: Mapping[str, Any]) -> tuple[Any, ...]:
    """What differs in an engine's list when a container there has to be looked at again: everything but its age."""
    status = str(listed.get("Status") or "")
    health = status.partition("(")[2] if status.startswith("Up") else status.partition(")")[0]
    return (listed.get("State"), health, str(listed.get("Names")), str(listed.get("Ports")), str(listed.get("Labels")))


def moment(text: object) -> datetime | None:
    """A time of an engine, naive in UTC and in whole seconds; None for never."""
    if not isinstance(text, str) or text.startswith(_NEVER) or not _TIME.match(text):
        return None
    zone = re.search(r"[+-]\d\d:\d\d$", text)
    try:
        when = datetime.fromisoformat(text[:19] + (zone[0] if zone else "+00:00"))
        return when.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def _ports(said: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The published ports, each once for each address."""
    found = []
    for inner, bindings in sorted(said.items()):
        number, _, protocol = inner.partition("/")
        for binding in bindings if isinstance(bindings, list) else ():
            outer = _mapping(binding)
            found.append({"hostIp": _text(outer.get("HostIp"), 45), "hostPort": _digits(outer.get("HostPort")),
                          "containerPort": _digits(number), "protocol": _text(protocol, 10) or "tcp"})
    return tuple(found[:MOST_PORTS])


def _text(value: object, length: int) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value[:length]) if (
        isinstance(value, str)) else ""


def _word(value: object, known: frozenset[str]) -> str | None:
    return value if isinstance(value, str) and value in known else None


def _digits(value: object) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 6 else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
