"""What a watcher knows of a job: one line per server, folded from live messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from softops.events import Layer
from softops.messages import COMPLETE, ERROR, PROGRESS, START
from softops.progress import ServerProgress, fold_layers
from softops.statuses import RecordStatus
from softops.texts import TEXTS, Lang, render

DOWNLOADED = frozenset({"Verifying Checksum", "Download complete", "Extracting", "Pull complete"})
"""The engine's words for a layer whose bytes have all come."""
PRESENT = "Already exists"
"""The engine's words for a layer that need not be downloaded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerLine:
    """One server of the job."""

    name: str
    status: RecordStatus = RecordStatus.PENDING
    progress: ServerProgress = field(default_factory=ServerProgress)
    error: str | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in the order they were first seen."""
        return tuple(self.progress.layers.values())

    @property
    def done(self) -> int:
        """How many layers are complete."""
        return sum(layer.done for layer in self.layers)

    @property
    def received(self) -> int:
        """Bytes downloaded so far."""
        return sum(received(layer) for layer in self.layers)

    @property
    def total(self) -> int | None:
        """Bytes to download; None while a layer's size is not known."""
        sizes = [layer.total for layer in self.layers if layer.status != PRESENT]
        known = [size for size in sizes if size is not None]
        return sum(known) if known and len(known) == len(sizes) else None


def received(layer: Layer) -> int:
    """Bytes of the layer that were downloaded, whatever the engine counts at the moment."""
    if layer.status in DOWNLOADED:
        return layer.total or 0
    return (layer.current or 0) if layer.status == "Downloading" else 0


class Board:
    """All servers of one job. Messages may come twice and late; what is final stays. Errors are told in `lang`,
    where it is given and softops knows the reason; else as the server said them."""

    def __init__(self, servers: Iterable[tuple[int, str]], lang: Lang | None = None) -> None:
        self._lang = lang
        self.lines: dict[int, ServerLine] = {record: ServerLine(name=name) for record, name in servers}

    def take(self, message: Mapping[str, Any]) -> ServerLine | None:
        """The line that the message changed; None when it changed nothing."""
        record = message["recordId"]
        before = self.lines.get(record)
        if before is None or before.status.final:
            return None
        after = _after(before, message, self._lang)
        self.lines[record] = after
        return after if after != before else None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return all(line.status.final for line in self.lines.values())

    def count(self, status: RecordStatus) -> int:
        """How many servers are in this state."""
        return sum(line.status is status for line in self.lines.values())


def _after(line: ServerLine, message: Mapping[str, Any], lang: Lang | None) -> ServerLine:
    kind = message["type"]
    if kind == START:
        return replace(line, status=RecordStatus.RUNNING)
    if kind == PROGRESS:
        layer = Layer(id=message["id"], status=message["status"], current=message.get("current"),
                      total=message.get("total"))
        progress, _ = fold_layers(line.progress, (layer,))
        return replace(line, status=RecordStatus.RUNNING, progress=progress)
    if kind == ERROR:
        return replace(line, error=_sentence(message, lang))
    if kind == COMPLETE:
        return replace(line, status=RecordStatus(message["status"]))
    return line


def _sentence(message: Mapping[str, Any], lang: Lang | None) -> str | None:
    reason, params = message.get("reason"), message.get("params")
    if lang is not None and isinstance(reason, str) and reason in TEXTS and isinstance(params, Mapping):
        return render(reason, lang, params)
    return message.get("error")
