"""Showing a job until it has ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from rich.live import Live

from softops.cli.amounts import plain, share
from softops.cli.board import Board, ServerLine
from softops.cli.output import Output
from softops.cli.screen import Screen
from softops.live import Follower, is_milestone
from softops.messages import COMPLETE, PROGRESS, START

REFRESH = 12
"""Pictures per second; messages come at most ten times a second per layer."""
QUIET = 10.0
"""Seconds between two progress lines of a server where no terminal shows bars."""

Message = Mapping[str, Any]


def show_bars(follower: Follower, board: Board, screen: Screen, output: Output) -> None:
    """Bars that move, for a terminal; the last picture stays."""
    with Live(screen, console=output.console, refresh_per_second=REFRESH, vertical_overflow="crop"):
        for message in follower.messages():
            board.take(message)


def show_lines(follower: Follower, board: Board, output: Output) -> None:
    """A line per milestone and now and then one per server, for logs and pipes."""
    last: dict[int, float] = {}
    for message in follower.messages():
        before = board.waves
        line = board.take(message)
        if board.waves is not None and board.waves != before:
            output.text(board.waves.text(output.words))
        if line is not None:
            _print_line(line, message, output, last)


def show_json(follower: Follower, output: Output) -> None:
    """Every message as a line of JSON, for programs."""
    for message in follower.messages():
        output.document(message)


def _print_line(line: ServerLine, message: Message, output: Output, last: dict[int, float]) -> None:
    kind, record = message["type"], message["recordId"]
    if kind == START:
        output.line("STARTED", server=line.name)
    elif kind == COMPLETE:
        key = "ENDED_WITH" if line.error else "ENDED"
        output.line(key, server=line.name, status=output.words.term(line.status), error=line.error or "")
    elif kind == PROGRESS and "container" in message:
        output.line("CONTAINER_LINE", server=line.name, container=message["container"],
                    status=output.words.term(message["status"]))
    elif kind == PROGRESS and "stage" in message:
        output.line("STAGE_LINE", server=line.name, status=output.words.term(message["status"]))
    elif kind == PROGRESS and is_milestone(message):
        output.line("LAYER", server=line.name, layer=plain(message["id"])[:12],
                    status=output.words.term(message["status"]))
    elif kind == PROGRESS and line.total and time.monotonic() - last.setdefault(record, time.monotonic()) >= QUIET:
        last[record] = time.monotonic()
        output.line("PROGRESS", server=line.name, share=share(line.received, line.total))
