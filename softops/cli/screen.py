"""The live picture of a job: a bar per server, and below it one per layer, as far as the terminal has room."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from softops.cli.amounts import duration, plain, share
from softops.cli.board import PRESENT, Board, ServerLine, received
from softops.cli.labels import Words
from softops.events import Layer
from softops.statuses import RecordStatus

BAR = 30
STYLES = {RecordStatus.PENDING: "dim", RecordStatus.RUNNING: "cyan", RecordStatus.SUCCESS: "green",
          RecordStatus.FAILED: "bold red", RecordStatus.CANCELLED: "yellow"}
ORDER = (RecordStatus.RUNNING, RecordStatus.FAILED, RecordStatus.CANCELLED, RecordStatus.PENDING, RecordStatus.SUCCESS)
"""Which servers are shown first when there is no room for all."""


class Screen:
    """Draws a board; it is drawn anew from the board's state each time, so a lost message leaves no trace."""

    def __init__(self, board: Board, title: str, words: Words) -> None:
        self._board = board
        self._title = title
        self._words = words
        self._started = time.monotonic()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """A title, the servers with their layers, and a count when not all have room."""
        room = max(4, (options.height or console.height) - 3)
        grid = Table.grid(padding=(0, 1))
        for _ in range(5):
            grid.add_column(no_wrap=True)
        lines = self._chosen(room)
        per_server = (room - len(lines)) // max(1, sum(not line.status.final for line in lines))
        for line in lines:
            self._add_server(grid, line)
            for layer in _layers(line, per_server):
                grid.add_row(*_layer_cells(layer))
        yield Text(f"{self._title}  {duration(time.monotonic() - self._started)}", style="bold")
        yield grid
        yield Text(self._rest(len(lines)), style="dim")

    def _chosen(self, room: int) -> list[ServerLine]:
        lines = list(self._board.lines.values())
        if len(lines) <= room:
            return lines
        return sorted(lines, key=lambda line: ORDER.index(line.status))[:room]

    def _rest(self, shown: int) -> str:
        hidden = len(self._board.lines) - shown
        counts = ", ".join(f"{count} {status.value}" for status in ORDER if (count := self._board.count(status)))
        return f"{counts}  {self._words('MORE_SERVERS', count=hidden)}" if hidden else counts

    def _add_server(self, grid: Table, line: ServerLine) -> None:
        style = STYLES[line.status]
        name = Text(plain(line.name), style="bold")
        if line.status.final:
            words = line.status.value + (f"  {plain(line.error)}" if line.error else "")
            grid.add_row(name, _full(line), "", _size(line), Text(words, style=style))
        else:
            grid.add_row(name, _bar(line), _percent(line.received, line.total), _size(line),
                         Text(self._doing(line), style=style))

    def _doing(self, line: ServerLine) -> str:
        if not line.layers:
            return line.status.value
        return self._words("LAYERS_DONE", done=line.done, count=len(line.layers))


def _layers(line: ServerLine, room: int) -> Iterable[Layer]:
    """The layers to show: all when they fit, else the ones that move."""
    if line.status.final:
        return ()
    if len(line.layers) <= room:
        return line.layers
    moving: Iterator[Layer] = (layer for layer in line.layers if not layer.done)
    return tuple(moving)[:room]


def _layer_cells(layer: Layer) -> tuple[Text | ProgressBar, ...]:
    name = Text(f"  {plain(layer.id)[:12]}", style="dim")
    status = Text(plain(layer.status), style="dim")
    if layer.status == PRESENT or not layer.total:
        return name, Text(""), Text(""), Text(""), status
    current = layer.total if layer.done else (layer.current or 0)
    bar = ProgressBar(total=layer.total, completed=min(current, layer.total), width=BAR,
                      complete_style="blue" if layer.status == "Extracting" else "bar.complete")
    return name, bar, _percent(current, layer.total), Text(share(received(layer), layer.total), style="dim"), status


def _bar(line: ServerLine) -> ProgressBar:
    total = line.total
    if total is None:
        return ProgressBar(total=max(1, len(line.layers)), completed=line.done, width=BAR)
    return ProgressBar(total=total, completed=line.received, width=BAR)


def _full(line: ServerLine) -> ProgressBar:
    done = line.status is RecordStatus.SUCCESS
    style = STYLES[line.status]
    return ProgressBar(total=1, completed=1 if done else 0, width=BAR, finished_style=style, complete_style=style)


def _percent(current: int, total: int | None) -> Text:
    return Text(f"{min(100, current * 100 // total):3d} %" if total else "")


def _size(line: ServerLine) -> Text:
    return Text(share(line.received, line.total) if line.layers and line.total is not None else "")
