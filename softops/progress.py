"""The layers of one server, folded from events, and how they look as a bar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from softops.events import Layer

BAR_WIDTH = 19
"""Characters between the brackets, as in the contract's example."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerProgress:
    """What is known of a pull on one server; bytes."""

    layers: Mapping[str, Layer] = field(default_factory=dict)
    total: int | None = None
    """Bytes to download; None: not known."""
    stage: str | None = None

    @property
    def current(self) -> int:
        """Bytes of all layers that have come so far, as far as the engine says."""
        return sum(layer.current or 0 for layer in self.layers.values())


def fold_layers(progress: ServerProgress, layers: Iterable[Layer]) -> tuple[ServerProgress, tuple[Layer, ...]]:
    """The progress after `layers`, and those of them that really changed something.

    A layer that is done stays done, and a state without sizes keeps the sizes known before.
    """
    known = dict(progress.layers)
    changed = []
    for layer in layers:
        before = known.get(layer.id)
        after = _merge(before, layer)
        if after != before:
            known[layer.id] = after
            changed.append(after)
    return replace(progress, layers=known), tuple(changed)


def bar(current: int | None, total: int | None) -> str:
    """`[====>              ] 25%`; an empty text when the size is not known."""
    if not total:
        return ""
    percent = min(100, max(0, (current or 0) * 100 // total))
    filled = percent * BAR_WIDTH // 100
    body = "=" * filled + (">" if filled < BAR_WIDTH else "")
    return f"[{body:<{BAR_WIDTH}}] {percent}%"


def _merge(before: Layer | None, after: Layer) -> Layer:
    if before is None:
        return after
    if before.done:
        return before
    total = after.total if after.total is not None else before.total
    if after.done:
        return replace(after, current=total, total=total)
    current = after.current if after.current is not None else before.current
    return replace(after, current=current, total=total)
