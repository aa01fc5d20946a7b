"""From the threads that run jobs to every client that listens, without anybody waiting for anybody."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from softops.broadcast import Hub
from softops.messages import Message
from softops.rights import Caller
from softops.web.frames import Frame
from softops.web.outbox import LIMIT
from softops.web.pace import Pace
from softops.web.watcher import Watcher

logger = logging.getLogger(__name__)

TICK = 0.02
"""Seconds between two hand-outs under load; the first message after a pause goes out at once."""


class Fanout:
    """Hands each message of the hub to the watchers of its topics, inside one event loop.

    `open` and `close` once each, in the loop; everything but the hub's call happens there.
    """

    def __init__(self, hub: Hub, *, limit: int = LIMIT) -> None:
        self._hub = hub
        self._limit = limit
        self._pace = Pace()
        self._inbox: deque[Sequence[Message]] = deque()
        self._everything: set[Watcher] = set()
        self._rooms: dict[str, set[Watcher]] = {}
        self._guests: set[Watcher] = set()
        self._called = False
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._leave: Callable[[], None] = lambda: None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Begin to listen to the hub."""
        self._loop = asyncio.get_running_loop()
        self._leave = self._hub.subscribe(self._take)

    def close(self) -> None:
        """Listen no more."""
        self._leave()
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()

    @property
    def watchers(self) -> int:
        """How many clients listen to something."""
        return len(self._everything.union(*self._rooms.values()))

    def join(self, caller: Caller, *, everything: bool, on_cut: Callable[[], None] = lambda: None) -> Watcher:
        """A new watcher of everything, or of nothing yet; `on_cut` is called when it is too slow, or not let in any
        more, and gets nothing."""

        def cut() -> None:
            logger.info("A watcher is cut off", extra={"action": "cut", "user": caller.name})
            self.leave(watcher)
            on_cut()

        watcher = Watcher(self._limit, cut, caller=caller)
        self._guests.add(watcher)
        if everything:
            self._everything.add(watcher)
        return watcher

    @property
    def guests(self) -> frozenset[Watcher]:
        """All who are connected, whatever they listen to."""
        return frozenset(self._guests)

    def leave(self, watcher: Watcher) -> None:
        """Send it nothing any more."""
        self._guests.discard(watcher)
        self._everything.discard(watcher)
        self.unwatch(watcher, tuple(watcher.topics or ()))
        watcher.left()

    def watch(self, watcher: Watcher, topics: Iterable[str]) -> None:
        """Add to what it hears; the first time it stops to hear everything. Who has left hears nothing."""
        if watcher.has_left:
            return
        self._everything.discard(watcher)
        watcher.topics = (watcher.topics or set()).union(topics)
        for topic in watcher.topics:
            self._rooms.setdefault(topic, set()).add(watcher)

    def unwatch(self, watcher: Watcher, topics: Iterable[str]) -> None:
        """Take from what it hears."""
        for topic in topics:
            watcher.end(topic)
            if watcher.topics is not None:
                watcher.topics.discard(topic)
            room = self._rooms.get(topic, set())
            room.discard(watcher)
            if not room:
                self._rooms.pop(topic, None)

    def _take(self, messages: Sequence[Message]) -> None:
        """Called by the hub, in any thread."""
        self._inbox.append(messages)
        loop = self._loop
        if not self._called and loop is not None:
            self._called = True
            # The loop may end between the two lines, and then nobody listens any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self._loop is None or self._timer is not None:
            return
        if self._loop.time() >= self._last + TICK:
            self._flush()
        else:
            self._timer = self._loop.call_at(self._last + TICK, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if self._loop is None:
            return
        # Cleared before the inbox is read: what comes from now on calls again.
        self._called = False
        self._last = now = self._loop.time()
        while self._inbox:
            for message in self._inbox.popleft():
                frame = Frame(message)
                if self._pace.admit(frame, now):
                    self._deliver(frame)
        for frame in self._pace.due(now):
            self._deliver(frame)
        if self._pace.holds:
            self._timer = self._loop.call_at(now + TICK, self._flush)

    def _deliver(self, frame: Frame) -> None:
        watchers = set(self._everything)
        for topic in frame.topics:
            watchers |= self._rooms.get(topic, set())
        for watcher in watchers:
            watcher.offer(frame)
