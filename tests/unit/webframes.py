"""Frames for the tests of the live channel."""

from __future__ import annotations

from typing import Any

from softops.messages import Message
from softops.web.frames import Frame


def a_message(kind: str = "docker_start", *, seq: int = 1, job: int = 1, record: int = 1, server: int = 1,
              milestone: bool = True, **more: Any) -> Message:
    """A message of a job on one server."""
    payload = {"type": kind, "jobId": job, "recordId": record, "serverId": server, "seq": seq, "at": 0.0, **more}
    return Message(payload=payload, milestone=milestone,
                   topics=frozenset({f"job:{job}", f"record:{record}", f"server:{server}"}))


def a_frame(kind: str = "docker_start", **more: Any) -> Frame:
    """A milestone."""
    return Frame(a_message(kind, **more))


def a_state(layer: str = "a", current: int = 0, **more: Any) -> Frame:
    """How far a layer is."""
    return Frame(a_message("docker_progress", milestone=False, id=layer, current=current, **more))


def a_done(layer: str = "a", **more: Any) -> Frame:
    """The last state of a layer."""
    return Frame(a_message("docker_progress", id=layer, status="Pull complete", **more))
