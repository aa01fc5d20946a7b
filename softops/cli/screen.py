"""The live picture of a job: a bar per server, and below it one per layer, as far as the terminal has room."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from softops.cli.amounts import duration, plain, share
from softops.cli.board import PRESENT, READY, Board, ServerLine, received
from softops.cli.labels import Words
from softops.events import Layer
from softops.statuses import RecordStatus

NARROW, WIDE = 8, 30
"""Columns of a bar."""
NAME, BESIDE = 14, 41
"""Columns of an indented layer's id, and what a line needs beside its name and its bar."""
STYLES = {RecordStatus.PENDING: "dim", RecordStatus.RUNNING: "cyan", RecordStatus.SUCCESS: "green",
          RecordStatus.FAILED: "bold red", RecordStatus.CANCELLED: "yellow"}
ORDER = (RecordStatus.RUNNING, RecordStatus.FAILED, RecordStatus.CANCELLED, RecordStatus.PENDING, RecordStatus.SUCCESS)
"""Which servers are shown first when there is no room for all."""

Cells = tuple[Text | ProgressBar, ...]


class Screen:
    """Draws a board; it is drawn anew from the board's state each time, so a lost message leaves no trace.

    `elapsed`: seconds that the job has taken so far.
    """

    def __init__(self, board: Board, title: str, words: Words, *, elapsed: float = 0.0) -> None:
        self._board = board
        self._title = title
        self._words = words
        self._begun = time.monotonic() - elapsed
        self._elapsed = elapsed
        self._lost = False

    def tell_lost(self, lost: bool) -> None:
        """Say that the connection is lost, or that it is back."""
        self._lost = lost

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A title, the servers with their layers, why servers failed, and a count."""
        waves = self._board.waves
        waiting = waves is not None and waves.waiting is not None and not self._board.over
        room = max(4, (options.height or console.height) - 3 - waiting)
        lines = self._chosen(room)
        names = max((NAME, *(_name_width(line) for line in lines)))
        width = max(NARROW, min(WIDE, options.max_width - BESIDE - names))
        reasons = [line for line in lines if line.error][:max(0, room - len(lines))]
        per_server = (room - len(lines) - len(reasons)) // max(1, sum(not line.status.final for line in lines))
        grid = Table.grid(padding=(0, 1))
        for _ in range(5):
            grid.add_column(no_wrap=True)
        for line in lines:
            grid.add_row(*self._server_cells(line, width))
            if line.containers and not line.status.final:
                for name, status in list(line.containers.items())[:per_server]:
                    grid.add_row(*self._container_cells(name, status))
            else:
                for layer in _layers(line, per_server):
                    grid.add_row(*self._layer_cells(layer, width))
        yield _one_line(self._head(), "bold")
        yield grid
        for line in reasons:
            yield _one_line(f"{plain(line.name)}: {plain(line.error)}", STYLES[line.status])
        if waiting and waves is not None:
            yield _one_line(waves.text(self._words), "yellow")
        yield _one_line(self._rest(len(lines)), "dim")

    def _head(self) -> str:
        waves = self._board.waves
        wave = f"  {self._words('WAVE', wave=waves.wave, waves=waves.count)}" if waves is not None else ""
        return f"{self._title}  {duration(self._seconds())}{wave}"

    def _seconds(self) -> float:
        """What the clock shows; it stands once all is over."""
        if not self._board.over:
            self._elapsed = time.monotonic() - self._begun
        return self._elapsed

    def _chosen(self, room: int) -> list[ServerLine]:
        lines = list(self._board.lines.values())
        if len(lines) <= room:
            return lines
        return sorted(lines, key=lambda line: ORDER.index(line.status))[:room]

    def _rest(self, shown: int) -> str:
        if self._lost:
            return self._words("CONNECTION_LOST")
        hidden = len(self._board.lines) - shown
        counts = ", ".join(f"{count} {self._words.term(status)}" for status in ORDER
                           if (count := self._board.count(status)))
        return f"{counts}  {self._words('MORE_SERVERS', count=hidden)}" if hidden else counts

    def _server_cells(self, line: ServerLine, width: int) -> Cells:
        style = STYLES[line.status]
        percent = Text("") if line.status.final else _percent(line.received, line.total)
        return (Text(plain(line.name), style="bold"), _bar(line, width, style if line.status.final else None), percent,
                _size(line), Text(self._doing(line), style=style))

    def _doing(self, line: ServerLine) -> str:
        if line.status is RecordStatus.PENDING and line.wave > 1:
            return self._words("OF_WAVE", status=self._words.term(line.status), wave=line.wave)
        if not line.status.final and line.stage is not None:
            return plain(self._words.term(line.stage))
        if line.status.final or not line.layers:
            return self._words.term(line.status)
        return self._words("LAYERS_DONE", done=line.done, count=len(line.layers))

    def _container_cells(self, name: str, status: str) -> Cells:
        style = "green" if status in READY else "dim"
        return (Text(f"  {plain(name)}", style="dim"), Text(""), Text(""), Text(""),
                Text(plain(self._words.term(status)), style=style))

    def _layer_cells(self, layer: Layer, width: int) -> Cells:
        name = Text(f"  {plain(layer.id)[:12]}", style="dim")
        status = Text(plain(self._words.term(layer.status)), style="dim")
        if layer.status == PRESENT or not layer.total:
            return name, Text(""), Text(""), Text(""), status
        current = layer.total if layer.done else (layer.current or 0)
        bar = ProgressBar(total=layer.total, completed=min(current, layer.total), width=width,
                          complete_style="blue" if layer.status == "Extracting" else "bar.complete")
        return (name, bar, _percent(current, layer.total), Text(share(received(layer), layer.total), style="dim"),
                status)


def _layers(line: ServerLine, room: int) -> Iterable[Layer]:
    """The layers to show: all when they fit, else the ones that move."""
    if line.status.final:
        return ()
    if len(line.layers) <= room:
        return line.layers
    moving: Iterator[Layer] = (layer for layer in line.layers if not layer.done)
    return tuple(moving)[:room]


def _bar(line: ServerLine, width: int, style: str | None) -> ProgressBar | Text:
    """How far it is; full after a success, where it stood after anything else, none where nothing is known."""
    total: int | None
    if line.status is RecordStatus.SUCCESS:
        total, completed = 1, 1
    elif line.containers:
        total, completed = len(line.containers), line.ready
    elif line.total is not None:
        total, completed = line.total, line.received
    elif line.layers:
        total, completed = len(line.layers), line.done
    else:
        return Text("")
    return ProgressBar(total=total, completed=completed, width=width, complete_style=style or "bar.complete",
                       finished_style=style or "bar.finished")


def _name_width(line: ServerLine) -> int:
    names = line.containers if not line.status.final else ()
    return max(cell_len(plain(line.name)), *(2 + cell_len(plain(name)) for name in names), 0)


def _percent(current: int, total: int | None) -> Text:
    return Text(f"{min(100, current * 100 // total):3d} %" if total else "")


def _size(line: ServerLine) -> Text:
    return Text(share(line.received, line.total) if line.layers and line.total is not None else "")


def _one_line(text: str, style: str) -> Text:
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")
