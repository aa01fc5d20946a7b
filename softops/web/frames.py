"""A live message as it goes out: encoded once, however many clients get it."""

from __future__ import annotations

import json
from functools import cached_property

from engineio.packet import MESSAGE as ENGINE_MESSAGE
from engineio.packet import Packet

from softops.containermessages import CONTAINER_STATE, REMOVED
from softops.messages import COMPLETE, PROGRESS, Message

SOCKETIO_EVENT = "2"

LayerKey = tuple[int, str]
"""A record and the id of one of its layers; or 0, which is no record, and a container."""


class Frame:
    """One message and both of its encodings; each is made when the first client needs it."""

    def __init__(self, message: Message) -> None:
        self.payload = message.payload
        self.topics = message.topics
        self.milestone = message.milestone

    @cached_property
    def job(self) -> int:
        """The job it belongs to; 0 for none."""
        return int(self.payload.get("jobId", 0))

    @cached_property
    def seq(self) -> int:
        """The number of the message, or of the newest milestone before it; 0 where there is no job."""
        return int(self.payload.get("seq", 0))

    @cached_property
    def record(self) -> int:
        """The record it belongs to; 0 for none."""
        return int(self.payload.get("recordId", 0))

    @cached_property
    def at(self) -> float:
        """When the engine said it, in seconds since 1970."""
        return float(self.payload["at"])

    @cached_property
    def layer(self) -> LayerKey | None:
        """The layer or container whose state this is; None for everything but docker_progress and container_state."""
        if self.payload["type"] == CONTAINER_STATE:
            return 0, str(self.payload["containerId"])
        return (self.record, self.payload["id"]) if self.payload["type"] == PROGRESS else None

    @property
    def ends_layer(self) -> bool:
        """Whether nothing of its container comes after it."""
        return bool(self.payload["type"] == CONTAINER_STATE and self.payload["state"] == REMOVED)

    @property
    def ends_record(self) -> bool:
        """Whether nothing of its record comes after it."""
        return bool(self.payload["type"] == COMPLETE)

    @cached_property
    def text(self) -> str:
        """The message as one frame of a plain WebSocket."""
        # ASCII: whatever bytes a server's output held, this can be sent.
        return json.dumps(self.payload, separators=(",", ":"))

    @cached_property
    def packet(self) -> Packet:
        """The message as a Socket.IO event of the default namespace, its type being the event's name."""
        return Packet(ENGINE_MESSAGE, f"{SOCKETIO_EVENT}[{json.dumps(self.payload['type'])},{self.text}]")
