"""Telling how the work on one server goes: as lines for softops, or as sentences for a person."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from softops.events import Layer
from softops.sizes import readable_size
from softops.texts import render

QUIET = 3.0
"""Seconds between two sentences about the same pull."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppResult:
    """How the work on one app ended."""

    software: str
    outcome: str
    """success, failed or cancelled."""
    reason: str
    code: int
    params: Mapping[str, Any] = field(default_factory=dict)
    digest: str | None = None
    changed: bool = False
    log: str = ""

    @property
    def told(self) -> dict[str, object]:
        """As the lines and the task's result have it."""
        return {"software": self.software, "outcome": self.outcome, "reason": self.reason, "code": self.code,
                "params": dict(self.params), "digest": self.digest, "changed": self.changed}


class Narrator(Protocol):
    """Hears what happens."""

    def stage(self, stage: str, *, image: str = "", total: int | None = None) -> None:
        """A stage begins: connect, space, pull, verify, manifest, write, up, health, rollback, stop ..."""

    def layers(self, changed: Sequence[Layer], at: float) -> None:
        """Layers have new states since `at` (seconds since 1970)."""

    def containers(self, changed: Sequence[Layer], at: float) -> None:
        """Containers have new states since `at`."""

    def result(self, result: AppResult) -> None:
        """The work on one app has ended."""


class LineNarrator:
    """One JSON object per line, as docs/architecture.md has it."""

    def __init__(self, host: str, run: str | None, display: Callable[[str], None],
                 software: str | None = None) -> None:
        about = {"software": software} if software else {}
        self._head = {"softops": 1, "run": run, "host": host, **about}
        self._display = display

    def stage(self, stage: str, *, image: str = "", total: int | None = None) -> None:  # noqa: ARG002
        self._say({"kind": "stage", "stage": stage, **({"total": total} if stage == "pull" else {})})

    def layers(self, changed: Sequence[Layer], at: float) -> None:
        self._say({"kind": "layers", "at": round(at, 3), "layers": [
            {"id": layer.id, "status": layer.status, "current": layer.current, "total": layer.total}
            for layer in changed]})

    def containers(self, changed: Sequence[Layer], at: float) -> None:
        self._say({"kind": "containers", "at": round(at, 3), "containers": [
            {"id": container.id, "status": container.status} for container in changed]})

    def result(self, result: AppResult) -> None:
        self._say({"kind": "result", **result.told, "log": result.log})

    def _say(self, what: dict[str, object]) -> None:
        self._display(json.dumps(self._head | {"at": round(time.time(), 3)} | what, separators=(",", ":")))


class BothNarrators:
    """A person at a terminal and softops, which is to record the run."""

    def __init__(self, *narrators: Narrator) -> None:
        self._narrators = narrators

    def stage(self, stage: str, *, image: str = "", total: int | None = None) -> None:
        for narrator in self._narrators:
            narrator.stage(stage, image=image, total=total)

    def layers(self, changed: Sequence[Layer], at: float) -> None:
        for narrator in self._narrators:
            narrator.layers(changed, at)

    def containers(self, changed: Sequence[Layer], at: float) -> None:
        for narrator in self._narrators:
            narrator.containers(changed, at)

    def result(self, result: AppResult) -> None:
        for narrator in self._narrators:
            narrator.result(result)


class HandNarrator:
    """A sentence when a stage begins, and one every few seconds while a pull goes on."""

    def __init__(self, host: str, display: Callable[[str], None], software: str | None = None) -> None:
        self._host = f"{host}: {software}" if software else host
        self._display = display
        self._layers: dict[str, Layer] = {}
        self._said = time.monotonic()

    def stage(self, stage: str, *, image: str = "", total: int | None = None) -> None:
        if stage == "verify":
            self._count()
        reason = f"HAND_{stage.upper()}" + ("_UNKNOWN" if stage == "pull" and total is None else "")
        self._say(reason, image=image, total=readable_size(total or 0))

    def layers(self, changed: Sequence[Layer], at: float) -> None:  # noqa: ARG002
        for layer in changed:
            if layer.status.startswith("Retrying") and not self._status(layer.id).startswith("Retrying"):
                self._say("HAND_LAYER", layer=layer.id, status=layer.status)
            self._layers[layer.id] = layer
        if time.monotonic() - self._said >= QUIET:
            self._count()

    def containers(self, changed: Sequence[Layer], at: float) -> None:  # noqa: ARG002
        for container in changed:
            self._say("HAND_CONTAINER", container=container.id, status=container.status)

    def result(self, result: AppResult) -> None:
        self._display(f"{self._host}: {render(result.reason, 'en', result.params)}")
        for line in result.log.splitlines():
            self._display(f"{self._host} | {line}")

    def _status(self, layer_id: str) -> str:
        return self._layers[layer_id].status if layer_id in self._layers else ""

    def _count(self) -> None:
        known = self._layers.values()
        if not known:
            # The engine has the image; there is nothing to count.
            return
        self._say("HAND_LAYERS", done=sum(layer.done for layer in known), layers=len(known),
                  current=readable_size(sum(_downloaded(layer) for layer in known)))

    def _say(self, reason: str, **params: object) -> None:
        self._said = time.monotonic()
        self._display(f"{self._host}: {render(reason, 'en', params)}")


def _downloaded(layer: Layer) -> int:
    """Bytes; while a layer is unpacked the engine counts again from 0, but all of it has come."""
    return (layer.current if layer.status == "Downloading" else layer.total if layer.current is not None else 0) or 0
