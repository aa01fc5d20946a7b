"""Live messages inside one process: from the threads that run jobs to whoever listens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from softops.containermessages import CONTAINER_STATE, REMOVED
from softops.messages import COMPLETE, PROGRESS, Message

logger = logging.getLogger(__name__)

Listener = Callable[[Sequence[Message]], None]


class Hub:
    """Hands every message to every listener, and remembers the unsaved state of running jobs and of containers.

    Listeners are called in the publishing thread and must not block.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._layers: dict[tuple[int, str], Message] = {}
        self._containers: dict[int, Message] = {}

    def publish(self, messages: Sequence[Message]) -> None:
        """Hand `messages`, in order, to all listeners. Never raises because of one of them."""
        with self._lock:
            for message in messages:
                self._remember(message)
            listeners = self._listeners
        for listener in listeners:
            try:
                listener(messages)
            except Exception:
                logger.exception("A listener of live messages failed", extra={"action": "publish"})

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with all further messages until the returned function is called."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._unsubscribe(listener)

    def snapshot(self, topics: Iterable[str]) -> list[Mapping[str, Any]]:
        """The newest unsaved message of every layer of running jobs, and of every container, on any of `topics`."""
        wanted = frozenset(topics)
        with self._lock:
            known = (*self._layers.values(), *self._containers.values())
            return [message.payload for message in known if message.topics & wanted]

    def _unsubscribe(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = tuple(known for known in self._listeners if known is not listener)

    def _remember(self, message: Message) -> None:
        payload = message.payload
        if payload["type"] == CONTAINER_STATE:
            self._remember_container(message)
            return
        record: int = payload["recordId"]
        if payload["type"] == COMPLETE:
            for key in [key for key in self._layers if key[0] == record]:
                del self._layers[key]
        elif payload["type"] == PROGRESS:
            key = (record, payload["id"])
            if message.milestone:
                self._layers.pop(key, None)
            else:
                self._layers[key] = message

    def _remember_container(self, message: Message) -> None:
        number: int = message.payload["containerId"]
        if message.payload["state"] == REMOVED:
            self._containers.pop(number, None)
        else:
            self._containers[number] = message
