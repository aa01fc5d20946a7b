"""What a watcher knows of a job: one line per server, folded from live messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from softops.cli.labels import Words
from softops.events import Layer
from softops.messages import COMPLETE, ERROR, PROGRESS, START
from softops.progress import ServerProgress, fold_layers
from softops.statuses import RecordStatus
from softops.texts import TEXTS, Lang, render

DOWNLOADED = frozenset({"Verifying Checksum", "Download complete", "Extracting", "Pull complete"})
"""The engine's words for a layer whose bytes have all come."""
PRESENT = "Already exists"
"""The engine's words for a layer that need not be downloaded."""


READY = frozenset({"Started", "Healthy"})
"""Words for a container that is up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waves:
    """How far a job is that goes over its servers in waves."""

    job: int
    count: int
    wave: int = 1
    """The one that runs, or that comes next while the job is `waiting`."""
    waiting: str | None = None
    """`settle` or `approval`."""

    @classmethod
    def of(cls, job: Mapping[str, Any]) -> Waves | None:
        """What the API says of a job; None for one that does all at once."""
        if job["waves"] is None:
            return None
        return cls(job=job["id"], count=job["waves"], wave=job["wave"] or 1, waiting=job["waiting"])

    def text(self, words: Words) -> str:
        """What it waits for, or else which wave begins."""
        key = {"approval": "WAVE_APPROVAL", "settle": "WAVE_SETTLE"}.get(self.waiting or "", "WAVE_BEGINS")
        return words(key, wave=self.wave, waves=self.count, job=self.job)


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerLine:
    """One server of the job, or one software on it."""

    name: str
    status: RecordStatus = RecordStatus.PENDING
    progress: ServerProgress = field(default_factory=ServerProgress)
    error: str | None = None
    wave: int = 1
    stage: str | None = None
    """What is being done since the image is there, in words for a person."""
    containers: Mapping[str, str] = field(default_factory=dict)
    """The state of each container, by its name."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in the order they were first seen."""
        return tuple(self.progress.layers.values())

    @property
    def done(self) -> int:
        """How many layers are complete."""
        return sum(layer.done for layer in self.layers)

    @property
    def ready(self) -> int:
        """How many containers are up."""
        return sum(status in READY for status in self.containers.values())

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

    def __init__(self, servers: Iterable[tuple[int, str]], lang: Lang | None = None, *, waves: Waves | None = None,
                 wave_of: Mapping[int, int] | None = None) -> None:
        self._lang = lang
        self.waves = waves
        found = wave_of or {}
        self.lines: dict[int, ServerLine] = {record: ServerLine(name=name, wave=found.get(record, 1))
                                             for record, name in servers}

    def hear(self, job: Mapping[str, Any]) -> bool:
        """Take what the API says of the job now; whether that is another wave, or another reason to wait."""
        before, self.waves = self.waves, Waves.of(job)
        return self.waves != before and self.waves is not None

    def take(self, message: Mapping[str, Any]) -> ServerLine | None:
        """The line that the message changed; None when it changed nothing."""
        record = message["recordId"]
        before = self.lines.get(record)
        if before is None or before.status.final:
            return None
        after = _after(before, message, self._lang)
        self.lines[record] = after
        if message["type"] == START and self.waves is not None and after.wave >= self.waves.wave:
            self.waves = replace(self.waves, wave=after.wave, waiting=None)
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
    if kind == PROGRESS and "container" in message:
        return replace(line, status=RecordStatus.RUNNING,
                       containers={**line.containers, message["container"]: message["status"]})
    if kind == PROGRESS and "stage" in message:
        return replace(line, status=RecordStatus.RUNNING, stage=message["status"])
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
