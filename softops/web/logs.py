"""Following containers' logs for clients of the live channel: a thread per log, never more than a client takes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import partial

from anyio import to_thread

from softops.containerlogs import LogLine
from softops.containerlooks import ContainerLooks, OpenLog
from softops.containermessages import log_message
from softops.errors import Conflict
from softops.web.frames import Frame
from softops.web.watcher import Watcher

logger = logging.getLogger(__name__)

MOST_LOGS = 200
"""Logs that are followed at the same time."""
INTERVAL = 0.1
"""Seconds between two messages of one log."""
MOST_LINES = 1000
"""New lines of one log that a client gets per second; of more it gets only the number."""
BATCH = 500
BATCH_BYTES = 128 * 1024
"""Lines and bytes in one message."""
MOST_WAITING = 50
"""Messages that may wait for a client before lines are left out."""
IDLE = 60.0


class Logs:
    """Lets watchers follow logs. Everything but the threads' own work happens in one event loop."""

    def __init__(self, looks: ContainerLooks) -> None:
        self._looks = looks
        self._open: set[Follow] = set()

    async def begin(self, watcher: Watcher, container_id: int, tail: int) -> None:
        """Send the newest `tail` lines and then all new ones to `watcher`, until it wants no more of them or leaves."""
        if len(self._open) >= MOST_LOGS:
            raise Conflict("LOGS_MANY", limit=MOST_LOGS)
        topic = f"log:{container_id}"
        watcher.end(topic)
        opened = await to_thread.run_sync(lambda: self._looks.open_log(container_id, tail, follow=True))
        follow = Follow(container_id, opened, watcher, budget=MOST_LINES + tail, over=self._over)
        self._open.add(follow)
        follow.start()
        watcher.on_end(topic, follow.stop)

    def close(self) -> None:
        """End all of them."""
        for follow in tuple(self._open):
            follow.stop()

    def _over(self, follow: Follow) -> None:
        self._open.discard(follow)


class Follow:
    """One log on its way to one watcher."""

    def __init__(self, container_id: int, opened: OpenLog, watcher: Watcher, *, budget: int,
                 over: Callable[[Follow], None]) -> None:
        """`budget` is how many lines may come in the first second."""
        self._container_id = container_id
        self._opened = opened
        self._watcher = watcher
        self._over = over
        self._loop = asyncio.get_running_loop()
        self._stopping = threading.Event()
        self._lines: list[LogLine] = []
        self._skipped = 0
        self._budget = float(budget)
        self._spent_at = time.monotonic()
        # A daemon: nothing is lost when it is cut off.
        self._thread = threading.Thread(target=self._run, name=f"log-{container_id}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End soon; nothing more is sent."""
        self._stopping.set()
        self._opened.stream.end()

    def _run(self) -> None:
        try:
            with self._opened.stream:
                self._pass_on()
        except Exception:
            # The client gets no end of the log, but the others are not touched.
            logger.exception("A log could not be followed", extra={"action": "log"})
        finally:
            self._call(lambda: self._over(self))

    def _pass_on(self) -> None:
        """Until the log ends, or nobody wants it any more."""
        stream, reader, sent = self._opened.stream, self._opened.reader, 0.0
        while not self._stopping.is_set():
            waits = bool(self._lines or self._skipped)
            part = stream.read(max(0.0, sent + INTERVAL - time.monotonic()) if waits else IDLE)
            self._take(reader.feed(part or b""))
            if part == b"":
                self._take(reader.rest())
                self._send(ended=True)
                return
            if time.monotonic() >= sent + INTERVAL and (self._lines or self._skipped):
                self._send()
                sent = time.monotonic()

    def _take(self, lines: Iterable[LogLine]) -> None:
        """Keep as many as the watcher may get; of the others only the number."""
        now = time.monotonic()
        self._budget = min(max(self._budget, float(MOST_LINES)), self._budget + (now - self._spent_at) * MOST_LINES)
        self._spent_at = now
        for line in lines:
            if self._budget >= 1 and len(self._watcher.outbox) < MOST_WAITING:
                self._lines.append(line)
                self._budget -= 1
            else:
                self._skipped += 1

    def _send(self, *, ended: bool = False) -> None:
        batches = _batches(self._lines) or [[]]
        for number, batch in enumerate(batches):
            last = number == len(batches) - 1
            message = log_message(self._container_id, [asdict(line) for line in batch], at=time.time(),
                                  skipped=self._skipped if last else 0, ended=ended and last)
            self._call(partial(self._deliver, Frame(message)))
        self._lines, self._skipped = [], 0

    def _deliver(self, frame: Frame) -> None:
        if not self._stopping.is_set():
            self._watcher.outbox.put(frame)

    def _call(self, work: Callable[[], None]) -> None:
        # The loop may have ended, and then nobody listens any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)


def _batches(lines: Iterable[LogLine]) -> list[list[LogLine]]:
    batches: list[list[LogLine]] = []
    size = 0
    for line in lines:
        if not batches or len(batches[-1]) >= BATCH or size > BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(line)
        size += len(line.text)
    return batches
