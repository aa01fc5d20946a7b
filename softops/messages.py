"""The contract's live messages, made from what happened on one server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from softops.entities import Record
from softops.events import Layer
from softops.progress import ServerProgress, bar
from softops.statuses import RecordStatus
from softops.texts import Lang, render

START = "docker_start"
PROGRESS = "docker_progress"
COMPLETE = "docker_complete"
ERROR = "docker_error"


STAGE_STATUS = {"write": "Writing files", "up": "Starting containers", "health": "Waiting for health",
                "rollback": "Rolling back", "stop": "Stopping containers", "restart": "Restarting containers",
                "remove": "Removing containers"}
"""Stages that watchers are told of, in the words of Docker's own progress."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One live message and who may want it."""

    payload: Mapping[str, Any]
    topics: frozenset[str]
    milestone: bool
    """Numbered and stored; others only show the way there."""


def topics_of(record: Record) -> frozenset[str]:
    """The topics on which a record's messages are sent."""
    return frozenset({f"job:{record.job_id}", f"record:{record.id}", f"server:{record.server_id}"})


def start_payload(record: Record, at: float) -> Mapping[str, Any]:
    """docker_start: work on the server begins."""
    return _payload(START, record, at) | {"current": 0, "total": None}


def progress_payload(record: Record, layer: Layer, at: float) -> Mapping[str, Any]:
    """docker_progress: a layer has a new state."""
    return _payload(PROGRESS, record, at) | {
        "status": layer.status, "progress": bar(layer.current, layer.total), "id": layer.id,
        "current": layer.current, "total": layer.total}


def stage_payload(record: Record, stage: str, at: float) -> Mapping[str, Any]:
    """docker_progress: the work on the server is in another stage; its id is the software's name."""
    return _payload(PROGRESS, record, at) | {
        "status": STAGE_STATUS[stage], "progress": "", "id": record.soft_name, "stage": stage,
        "current": None, "total": None}


def container_payload(record: Record, container: Layer, at: float) -> Mapping[str, Any]:
    """docker_progress: a container has a new state; its id is the container's name."""
    return _payload(PROGRESS, record, at) | {
        "status": container.status, "progress": "", "id": container.id, "container": container.id,
        "current": None, "total": None}


def error_payload(record: Record, at: float, lang: Lang, progress: ServerProgress) -> Mapping[str, Any]:
    """docker_error: the record failed, and why."""
    reason = record.reason or "INTERNAL"
    return _payload(ERROR, record, at) | {
        "error": render(reason, lang, record.reason_params), "code": record.code or 500, "reason": reason,
        "params": dict(record.reason_params), "current": progress.current, "total": progress.total}


def complete_payload(record: Record, at: float, progress: ServerProgress) -> Mapping[str, Any]:
    """docker_complete: the record is final."""
    return _payload(COMPLETE, record, at) | {
        "success": record.status is RecordStatus.SUCCESS, "status": record.status.value, "digest": record.digest,
        "reason": record.reason, "changed": record.changed, "revision": record.revision,
        "current": progress.current, "total": progress.total}


def _payload(kind: str, record: Record, at: float) -> dict[str, Any]:
    return {"type": kind, "operation": record.operation, "imageName": record.docker_image,
            "timestamp": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "jobId": record.job_id, "recordId": record.id, "serverId": record.server_id,
            "serverName": record.server_name, "softName": record.soft_name, "version": record.version, "at": at}
