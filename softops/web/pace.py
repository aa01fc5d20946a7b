"""How often a watcher hears of one layer."""

from __future__ import annotations

from softops.web.frames import Frame

INTERVAL = 0.1
"""Seconds between two messages of one layer, on average."""
TOLERANCE = 0.05
"""Seconds by which a message may be early: what comes ten times a second with some jitter is not held back."""


class Pace:
    """Lets at most ten docker_progress messages per layer and second through, the newest always in the end.

    Everything else passes at once. Nothing is remembered of a record that has ended.
    """

    def __init__(self, interval: float = INTERVAL, tolerance: float = TOLERANCE) -> None:
        self._interval = interval
        self._tolerance = tolerance
        self._next: dict[int, dict[str, float]] = {}
        self._held: dict[tuple[int, str], Frame] = {}

    @property
    def holds(self) -> bool:
        """Whether something waits for its time."""
        return bool(self._held)

    def admit(self, frame: Frame, now: float) -> bool:
        """Whether `frame` goes out now; if not, it or a newer one of its layer is among `due` later."""
        if frame.layer is None:
            if frame.ends_record:
                self._forget_record(frame.record)
            return True
        self._held.pop(frame.layer, None)
        if frame.milestone or frame.ends_layer:
            self._next.get(frame.record, {}).pop(frame.layer[1], None)
            return True
        if self._may_go(frame.layer, now):
            return True
        self._held[frame.layer] = frame
        return False

    def due(self, now: float) -> list[Frame]:
        """What was held back and may go now."""
        ready = [frame for layer, frame in self._held.items() if self._may_go(layer, now)]
        for frame in ready:
            if frame.layer is not None:
                del self._held[frame.layer]
        return ready

    def _may_go(self, layer: tuple[int, str], now: float) -> bool:
        layers = self._next.setdefault(layer[0], {})
        planned = layers.get(layer[1], now)
        if now < planned - self._tolerance:
            return False
        # What comes late does not delay what comes in time after it.
        layers[layer[1]] = max(planned, now - self._tolerance) + self._interval
        return True

    def _forget_record(self, record: int) -> None:
        for layer in self._next.pop(record, {}):
            self._held.pop((record, layer), None)
