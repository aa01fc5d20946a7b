"""A pull as the engine tells it: its messages folded into layer states, followed with patience and an eye on cancel."""

from __future__ import annotations

import contextlib
import queue
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softops.errors import PullFailed
from softops.events import Layer
from softops.playbooks import PullLimits

LAYER_INTERVAL = 0.1
"""Seconds between two reports of the same layer; a layer's last state never waits."""
EMIT_INTERVAL = 0.02
"""Seconds between two reports of a server, which hold all layers that are due."""
CANCEL_INTERVAL = 0.2
"""Seconds between two looks at whether the pull should stop."""
MOST_WAITING = 1000
"""Messages that may wait to be folded in; the engine is not read further before there is room."""
MOST_LAYERS = 1000
"""Layers of one pull; engines themselves take at most 127."""
LONGEST_STATUS, LONGEST_ERROR = 200, 10_000
"""Characters that are kept of what an engine says."""
LARGEST = 2**63 - 1
"""The largest number of bytes that is believed."""
_LAYER_ID = re.compile(r"[0-9a-f]{12}")
_WHOLE = frozenset({"Download complete", "Pull complete"})
"""States in which all of a layer has come."""
_DIGEST = re.compile(r"Digest: (sha256:[0-9a-f]{64})")

Message = Mapping[str, Any]


class PullFold:
    """What is known of one pull. `sizes`: bytes of the layers by the short ids the engine uses, as far as known."""

    def __init__(self, sizes: Mapping[str, int] | None = None) -> None:
        self._sizes = sizes or {}
        self._layers: dict[str, Layer] = {}
        self._changed: dict[str, Layer] = {}
        self.digest: str | None = None
        """What the engine says it has pulled."""
        self.error: str | None = None
        """Why the engine gave up."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The newest states, in the order in which the layers appeared."""
        return tuple(self._layers.values())

    def take(self, message: Message) -> None:
        """Fold in one message of the engine."""
        if error := message.get("error"):
            detail = message.get("errorDetail")
            self.error = str((detail.get("message") if isinstance(detail, dict) else None) or error)[:LONGEST_ERROR]
        status, layer_id = str(message.get("status") or "")[:LONGEST_STATUS], str(message.get("id") or "")
        if found := _DIGEST.match(status):
            self.digest = found[1]
        if status and _LAYER_ID.fullmatch(layer_id) and not status.startswith("Pulling from"):
            self._take_layer(layer_id, status, message.get("progressDetail"))

    @property
    def changed(self) -> tuple[Layer, ...]:
        """The layers that have new states which were not taken yet."""
        return tuple(self._changed.values())

    def changes(self, ids: Iterable[str] | None = None) -> tuple[Layer, ...]:
        """Take the new states of the layers `ids` (None: of all), so that they are not new any more."""
        wanted = tuple(self._changed if ids is None else ids)
        return tuple(self._changed.pop(layer_id) for layer_id in wanted)

    def _take_layer(self, layer_id: str, status: str, detail: object) -> None:
        before = self._layers.get(layer_id)
        if before is None and len(self._layers) >= MOST_LAYERS:
            return
        numbers = detail if isinstance(detail, dict) else {}
        current, total = _count(numbers.get("current")), _count(numbers.get("total"))
        if total is None:
            total = before.total if before else self._sizes.get(layer_id)
        if status in _WHOLE:
            current = total
        elif status == "Already exists":
            # Nothing of it is downloaded, so its size must not count.
            current = total = None
        elif current is None and before is not None and before.status == status:
            current = before.current
        after = Layer(id=layer_id, status=status, current=current, total=total)
        if after != before:
            self._layers[layer_id] = self._changed[layer_id] = after


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Who follows a pull: gets the changed layers, and may want it to stop."""

    emit: Callable[[Sequence[Layer], float], None]
    """Takes the changed layers and the time (seconds since 1970) since when the engine says so of all of them."""
    cancelled: Callable[[], bool]


def follow(messages: Callable[[], Iterator[Message]], fold: PullFold, *, image: str, limits: PullLimits,
           watch: Watch) -> None:
    """Read `messages` to their end into `fold`. A layer is reported at once, and again at most once per
    LAYER_INTERVAL, its last state always. Raises what `messages` raises; PullFailed PULL_IDLE, PULL_TIMEOUT or
    CANCELLED leave the reading thread behind, which ends when the caller closes the engine."""
    follower = _Follower(fold, watch, limits)
    inbox: queue.Queue[Message | _End] = queue.Queue(MOST_WAITING)
    over = threading.Event()
    threading.Thread(target=_read, args=(messages, inbox, over), name="pull", daemon=True).start()
    try:
        while True:
            item = _next(inbox, follower.pause())
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            follower.hear(item)
            follower.check(image)
    finally:
        over.set()
        follower.emit()


@dataclass(frozen=True, kw_only=True, slots=True)
class _End:
    """The last thing in the inbox."""

    error: Exception | None


class _Follower:
    """Keeps the time of one pull."""

    def __init__(self, fold: PullFold, watch: Watch, limits: PullLimits) -> None:
        self._fold = fold
        self._watch = watch
        self._limits = limits
        self._started = self._heard = time.monotonic()
        self._emitted = self._looked = 0.0
        self._told: dict[str, float] = {}
        """When each layer was last reported."""
        self._news: dict[str, float] = {}
        """When (seconds since 1970) the engine last spoke of each layer that is to be reported."""

    def pause(self) -> float:
        """Seconds until something is to be done even if the engine stays silent."""
        now = time.monotonic()
        due = [self._due(layer) for layer in self._fold.changed]
        return max(0.0, min([self._looked + CANCEL_INTERVAL, *due]) - now)

    def hear(self, message: Message | None) -> None:
        """Fold in a message, or nothing, and report what is due."""
        if message is not None:
            self._heard = time.monotonic()
            self._fold.take(message)
            for layer in self._fold.changed:
                if layer.id == message.get("id"):
                    self._news[layer.id] = time.time()
        now = time.monotonic()
        due = [layer.id for layer in self._fold.changed if self._due(layer) <= now]
        if due:
            self._report(due, now)

    def emit(self) -> None:
        """Report all changes now."""
        rest = [layer.id for layer in self._fold.changed]
        if rest:
            self._report(rest, time.monotonic())

    def _due(self, layer: Layer) -> float:
        told = self._told.get(layer.id, 0.0)
        return max(self._emitted + EMIT_INTERVAL, 0.0 if layer.done else told + LAYER_INTERVAL)

    def _report(self, ids: Sequence[str], now: float) -> None:
        self._emitted = now
        self._told.update(dict.fromkeys(ids, now))
        # The oldest of the newest: no layer is told to be more recent than it is.
        at = min(self._news.pop(layer_id, time.time()) for layer_id in ids)
        self._watch.emit(self._fold.changes(ids), at)

    def check(self, image: str) -> None:
        """PullFailed when patience is over or nobody wants the pull any more."""
        now = time.monotonic()
        if now - self._heard > self._limits.idle_timeout:
            raise PullFailed("PULL_IDLE", image=image, seconds=self._limits.idle_timeout)
        if now - self._started > self._limits.timeout:
            raise PullFailed("PULL_TIMEOUT", image=image, seconds=self._limits.timeout)
        if now - self._looked >= CANCEL_INTERVAL:
            self._looked = now
            if self._watch.cancelled():
                raise PullFailed("CANCELLED", image=image)


def _read(messages: Callable[[], Iterator[Message]], inbox: queue.Queue[Message | _End], over: threading.Event) -> None:
    end = _End(error=None)
    try:
        for message in messages():
            _put(message, inbox, over)
            if over.is_set():
                return
    except Exception as exc:  # noqa: BLE001  another thread's: the follower raises it
        end = _End(error=exc)
    _put(end, inbox, over)


def _put(item: Message | _End, inbox: queue.Queue[Message | _End], over: threading.Event) -> None:
    """Wait for room, unless nobody follows any more."""
    while not over.is_set():
        with contextlib.suppress(queue.Full):
            inbox.put(item, timeout=CANCEL_INTERVAL)
            return


def _next(inbox: queue.Queue[Message | _End], pause: float) -> Message | _End | None:
    try:
        return inbox.get(timeout=pause) if pause > 0 else inbox.get_nowait()
    except queue.Empty:
        return None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST else None
