"""Following the engine of one server: its list first, then its events, and its list again now and then."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from softops.containerboard import ContainerBoard
from softops.containerengine import ContainerEngine, EngineStream, events_target
from softops.containerstates import outline
from softops.dialbook import DialBook, Way
from softops.entities import Server
from softops.errors import EngineUnreachable, SoftopsError
from softops.logcontext import note
from softops.refusals import engine_refusal

logger = logging.getLogger(__name__)

MAX_EVENT = 256 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """Seconds between things that are repeated."""

    resync: float = 60.0
    gap: float = 0.25
    """Between two looks at the same container, however many events it has."""
    rest: float = 5.0
    """After which a line for questions is hung up that nobody uses."""
    first: float = 0.5
    """Until a connection that broke is tried again; then twice as long each time."""
    longest: float = 30.0
    poll: float = 30.0
    """Between two questions where only Ansible can ask."""
    ask: float = 120.0
    """Until Ansible is asked again about a server of which it could not say how it is reached; sooner at first."""


class EngineFollow:
    """One server. `run` is the body of a thread; it returns after `stop`."""

    def __init__(self, server: Server, board: ContainerBoard, book: DialBook, rhythm: Rhythm,
                 tell: Callable[[Server, str, SoftopsError | None], None], ask: Callable[[Server], None]) -> None:
        """`tell` is called with the version of the engine when it is reached, and with why it is not; `ask` when
        Ansible has to say anew how that is done."""
        self.server = server
        self.board = board
        self._book = book
        self._rhythm = rhythm
        self._tell = tell
        self._ask = ask
        self._stopping = threading.Event()
        self._known = threading.Event()
        self._stream: EngineStream | None = None
        self._failures = 0

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()
        self.dial_again()

    def dial_again(self) -> None:
        """The way to the server may be another one now."""
        self._known.set()
        stream = self._stream
        if stream is not None:
            stream.end()

    def run(self) -> None:
        """Follow the engine as long as it may be followed, and try again whenever it is lost."""
        note(server=self.server.name)
        while not self._stopping.is_set():
            self._known.clear()
            way = self._book.way(self.server)
            try:
                self._turn(way)
            except SoftopsError as exc:
                self._lost(way, exc)
            except Exception:
                # Without this thread nobody would ever hear of this server again.
                logger.exception("Watching %s stumbled and goes on", self.server.name, extra={"action": "watch"})
                self._lost(way, engine_refusal("softops"))
        self.board.doubt()

    def _turn(self, way: Way | None) -> None:
        if way is None:
            self._known.wait()
        elif way.dial is not None:
            self._follow(Following(way, self._book.timeout, self.board, self._rhythm))
        elif way.containers is not None:
            self.board.replace(way.containers)
            self._tell(self.server, "", None)
            if not self._known.wait(self._rhythm.poll):
                self._ask(self.server)
        else:
            raise way.problem or EngineUnreachable("DIAL_TEMPORARY")

    def _follow(self, following: Following) -> None:
        with following:
            self._stream = following.stream
            following.resync(everything=True)
            self._failures = 0
            self._tell(self.server, following.version, None)
            while not self._stopping.is_set() and not self._known.is_set():
                if following.step():
                    self._tell(self.server, following.version, None)

    def _lost(self, way: Way | None, exc: SoftopsError) -> None:
        if self._stopping.is_set() or self._known.is_set():
            return
        self._failures += 1
        # The first time it may only be the engine that is restarted.
        if self._failures > 1 or not self.board.current:
            self._tell(self.server, "", exc)
        self.board.doubt()
        pause = min(self._rhythm.longest, self._rhythm.first * 2 ** min(self._failures - 1, 10))
        if way is not None and way.dial is None:
            pause = min(self._rhythm.ask, 2.0 ** min(self._failures, 10))
        # Not all at the same time, when it was the network that failed.
        if not self._known.wait(pause * random.uniform(0.7, 1.3)) and (  # noqa: S311  no secret
                way is not None and (way.renew or way.dial is None)):
            self._ask(self.server)


class Following:
    """One connection to an engine, as long as it lasts."""

    def __init__(self, way: Way, timeout: float, board: ContainerBoard, rhythm: Rhythm) -> None:
        if way.dial is None:
            raise EngineUnreachable("DIAL_TEMPORARY")
        self._dial = way.dial
        self._tries = way.tries
        self._timeout = timeout
        self._board = board
        self._rhythm = rhythm
        self._engine: ContainerEngine | None = None
        self._outlines: dict[str, object] = {}
        self._due: dict[str, float] = {}
        self._times: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._buffer = b""
        self._resync_at = self._rest_at = 0.0
        self._api = ""
        engine = ContainerEngine(self._dial, timeout=timeout, tries=self._tries)
        try:
            facts = engine.about()
            self.version, self._api = facts.version, facts.api_version
            # Before the list, so that nothing can happen between the two.
            self.stream = EngineStream(self._dial, events_target(self._api), timeout=timeout)
        except BaseException:
            engine.close()
            raise
        self._engine = engine

    def __enter__(self) -> Following:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self._rest()

    def resync(self, *, everything: bool = False) -> None:
        """Compare all with the engine's list; look at what is new there, or at everything."""
        engine = self._asked()
        outlines = {str(one["Id"]): outline(one) for one in engine.listed()}
        ids = [one for one, seen in outlines.items() if everything or self._outlines.get(one) != seen]
        gone = self._outlines.keys() - outlines.keys()
        if everything:
            self._board.replace(engine.survey(ids))
        else:
            self._board.change(engine.survey(ids), gone, {})
        self._outlines = dict(outlines)
        self._looked = {one: at for one, at in self._looked.items() if one in outlines}
        self._resync_at = time.monotonic() + self._rhythm.resync

    def step(self) -> bool:
        """Wait for what comes next and do it; whether it was a resync."""
        part = self.stream.read(self._pause())
        if part == b"":
            raise engine_refusal(self.stream.words() or "the stream of events ended")
        for line in self._lines(part or b""):
            self._take(line)
        now = time.monotonic()
        if now >= self._resync_at:
            self.resync()
            return True
        if ready := [one for one, due in self._due.items() if due <= now]:
            self._look(ready)
        elif self._engine is not None and now >= self._rest_at:
            self._rest()
        return False

    def _look(self, ids: list[str]) -> None:
        now = time.monotonic()
        for one in ids:
            del self._due[one]
            self._looked[one] = now
        engine = self._asked()
        said = [found for one in ids if (found := engine.inspected(one)) is not None]
        gone = set(ids) - {found.get("Id") for found in said}
        self._board.change(said, gone, {one: self._times.pop(one) for one in ids if one in self._times})
        for one in ids:
            # The next resync finds it new, and looks again.
            self._outlines[one] = None
        for one in gone:
            self._outlines.pop(one, None)
            self._looked.pop(one, None)

    def _lines(self, part: bytes) -> list[bytes]:
        *lines, self._buffer = (self._buffer + part).split(b"\n")
        if len(self._buffer) > MAX_EVENT:
            raise EngineUnreachable("ENGINE_ANSWER", words=f"more than {MAX_EVENT} bytes in one event")
        return [line for line in lines if line.strip()]

    def _take(self, line: bytes) -> None:
        event = _event(line)
        engine_id = event.get("id")
        if not isinstance(engine_id, str):
            return
        stamp = event.get("timeNano")
        if isinstance(stamp, int):
            self._times[engine_id] = stamp / 1e9
        self._due.setdefault(engine_id, max(time.monotonic(),
                                            self._looked.get(engine_id, 0.0) + self._rhythm.gap))

    def _pause(self) -> float:
        until = min([self._resync_at, *self._due.values(), *([self._rest_at] if self._engine else [])])
        return max(0.0, until - time.monotonic())

    def _asked(self) -> ContainerEngine:
        if self._engine is None:
            self._engine = ContainerEngine(self._dial, timeout=self._timeout, tries=self._tries, api_version=self._api)
        self._rest_at = time.monotonic() + self._rhythm.rest
        return self._engine

    def _rest(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()


def _event(line: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise EngineUnreachable("ENGINE_ANSWER", words="an event that is no JSON") from exc
    return event if isinstance(event, dict) else {}
