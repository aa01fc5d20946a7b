"""One client of the live channel: what it wants to hear, and what it has heard already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from softops.rights import NOBODY, Caller
from softops.web.frames import Frame, LayerKey
from softops.web.outbox import LIMIT, Outbox


class Watcher:
    """Gets every frame it wants once and in order, also while a replay goes on.

    A replay is `hold`, then the old frames by `recall`, then `release`: what came live in between follows,
    without what the replay had already.
    """

    def __init__(self, limit: int = LIMIT, on_cut: Callable[[], None] = lambda: None, *,
                 caller: Caller = NOBODY) -> None:
        self.caller = caller
        """Who it is, as they were when they came in."""
        self.expelled = False
        self.topics: set[str] | None = None
        """What it wants to hear; None: everything."""
        self.outbox = Outbox(limit, on_cut)
        self.turn = asyncio.Lock()
        """Held by the replay that is going on; the next one waits."""
        self._limit = limit
        self._live: Outbox | None = None
        self._replayed: dict[str, int] = {}
        self._shown: dict[LayerKey, float] = {}
        self._endings: dict[str, Callable[[], None]] = {}
        self._has_left = False

    def offer(self, frame: Frame) -> None:
        """A frame on one of its topics, live."""
        if self._live is not None:
            self._live.put(frame)
        elif self._is_news(frame):
            self.outbox.put(frame)

    def hold(self) -> None:
        """Keep what comes live back, for a replay to go first."""
        self._live = Outbox(self._limit, self.outbox.cut)

    def recall(self, frames: Iterable[Frame]) -> None:
        """Old milestones, in order."""
        for frame in frames:
            self.outbox.put(frame)

    def recalled(self, topic: str, seq: int) -> None:
        """Of this job or record the client has all milestones up to `seq`."""
        self._replayed[topic] = max(seq, self._replayed.get(topic, 0))

    def show(self, frames: Iterable[Frame]) -> None:
        """The state of layers as it was a moment ago."""
        for frame in frames:
            if frame.layer is not None:
                self._shown[frame.layer] = frame.at
            self.outbox.put(frame)

    def release(self) -> None:
        """The replay is over; Cut when too much came in the meantime."""
        live, self._live = self._live, None
        for frame in live.empty() if live is not None else ():
            self.offer(frame)

    def expel(self) -> None:
        """Send it nothing more: it may not be here any longer."""
        self.expelled = True
        self.outbox.cut()

    def on_end(self, topic: str, stop: Callable[[], None]) -> None:
        """Call `stop` once it wants nothing of `topic` any more; at once, if it has left."""
        if self._has_left:
            stop()
        else:
            self._endings[topic] = stop

    def end(self, topic: str) -> None:
        """It wants nothing of `topic` any more."""
        self._endings.pop(topic, lambda: None)()

    @property
    def has_left(self) -> bool:
        """Whether the client is gone."""
        return self._has_left

    def left(self) -> None:
        """It wants nothing any more; a replay that goes on for it ends."""
        self._has_left = True
        self.outbox.close()
        for topic in tuple(self._endings):
            self.end(topic)

    def _is_news(self, frame: Frame) -> bool:
        if not self._replayed:
            return self._is_newer(frame)
        replayed = max(self._replayed.get(f"job:{frame.job}", 0), self._replayed.get(f"record:{frame.record}", 0))
        if frame.milestone:
            return frame.seq > replayed
        # A state with a number below was sent before that milestone, whichever way it took here.
        return frame.seq >= replayed and self._is_newer(frame)

    def _is_newer(self, frame: Frame) -> bool:
        if frame.layer is None or frame.milestone:
            return True
        shown = self._shown.get(frame.layer)
        if shown is None:
            return True
        if frame.at <= shown:
            return False
        del self._shown[frame.layer]
        return True
