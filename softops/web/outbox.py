"""What waits to be sent to one client: bounded, and the newest state only where states follow each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from itertools import islice

from softops.web.frames import Frame

LIMIT = 10_000
"""Messages that may wait for one client. They are shared by all clients, so this costs little."""
BATCH = 64
"""Messages taken at once: what is on its way and can't be coalesced any more."""


class Cut(Exception):
    """The client was too slow; what waited for it is gone."""


class Outbox:
    """A queue for one reader. Of a layer only the newest docker_progress waits; milestones all do, in order.

    At its limit it drops docker_progress, and when there is none the next milestone cuts the client off:
    `on_cut` is called once, and the reader gets Cut.
    """

    def __init__(self, limit: int = LIMIT, on_cut: Callable[[], None] = lambda: None) -> None:
        self._limit = limit
        self._on_cut = on_cut
        self._frames: dict[Hashable, Frame] = {}
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self.was_cut = False

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: Frame) -> None:
        """Let `frame` wait. Never blocks."""
        if self.was_cut:
            return
        if frame.layer is not None:
            self._frames.pop(frame.layer, None)
        if len(self._frames) >= self._limit and not self._made_room_for(frame):
            return
        self._frames[id(frame) if frame.milestone else frame.layer] = frame
        self._changed.set()
        self._drained.clear()

    async def take(self, most: int = BATCH) -> list[Frame]:
        """The oldest of what waits, at least one; Cut when the client was too slow."""
        while not self._frames:
            self._raise_if_cut()
            self._changed.clear()
            await self._changed.wait()
        taken = list(islice(self._frames.items(), most))
        for key, _ in taken:
            del self._frames[key]
        if not self._frames:
            self._drained.set()
        return [frame for _, frame in taken]

    async def drained(self) -> None:
        """Returns when nothing waits any more; Cut when the client was too slow."""
        await self._drained.wait()
        self._raise_if_cut()

    def empty(self) -> list[Frame]:
        """Everything that waits, which then waits no longer; Cut when there was too much."""
        self._raise_if_cut()
        frames = list(self._frames.values())
        self._frames.clear()
        self._drained.set()
        return frames

    def cut(self) -> None:
        """Give the client up."""
        if not self.was_cut:
            self.close()
            self._on_cut()

    def close(self) -> None:
        """Let nothing wait any more: the client is gone. Whoever waits for it gets Cut."""
        self.was_cut = True
        self._frames.clear()
        self._changed.set()
        self._drained.set()

    def _made_room_for(self, frame: Frame) -> bool:
        if not frame.milestone:
            return False
        self._frames = {key: waiting for key, waiting in self._frames.items() if waiting.milestone}
        if len(self._frames) >= self._limit:
            self.cut()
        return not self.was_cut

    def _raise_if_cut(self) -> None:
        if self.was_cut:
            raise Cut
