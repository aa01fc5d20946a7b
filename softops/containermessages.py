"""Live messages about containers: what state they are in, and what they log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from softops.entities import Container
from softops.messages import Message

CONTAINER_STATE = "container_state"
CONTAINER_LOG = "container_log"
REMOVED = "removed"
"""The state of a container that is gone; every other is the engine's word."""
CONTAINERS = "containers"
"""The topic of all containers on all servers."""


def state_message(container: Container, *, current: bool, at: float, engine_time: float | None = None,
                  removed: bool = False) -> Message:
    """container_state: what is known of a container. Not `current`: it was so when its server was last reached."""
    return Message(topics=frozenset({CONTAINERS, f"server:{container.server_id}"}), milestone=False, payload={
        "type": CONTAINER_STATE, "serverId": container.server_id, "serverName": container.server_name,
        "softName": container.soft_name, "containerId": container.id, "name": container.name,
        "service": container.service, "version": container.version, "state": REMOVED if removed else container.state,
        "health": container.health, "exitCode": container.exit_code, "startTime": _text(container.start_time),
        "current": current, "engineTime": engine_time, "timestamp": _stamp(at), "at": at})


def log_message(container_id: int, lines: Sequence[Mapping[str, Any]], *, at: float, skipped: int = 0,
                ended: bool = False) -> Message:
    """container_log: new lines of a container, and how many more were `skipped`; when it has `ended` no more come."""
    return Message(topics=frozenset({f"log:{container_id}"}), milestone=True, payload={
        "type": CONTAINER_LOG, "containerId": container_id, "lines": list(lines), "skipped": skipped,
        "ended": ended, "timestamp": _stamp(at), "at": at})


def _text(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
