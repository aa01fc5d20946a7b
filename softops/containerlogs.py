"""A container's log as its engine sends it, taken apart into lines. What stands in them is the container's business."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

LONGEST_LINE = 16 * 1024
"""Bytes of one line; what is longer is cut."""
HEAD = 8
STREAMS = {0: "stdout", 1: "stdout", 2: "stderr"}

_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?")


@dataclass(frozen=True, kw_only=True, slots=True)
class LogLine:
    """One line; `text` is as it was written, control characters included, but for secrets."""

    at: str | None
    """When, as the engine writes it (RFC 3339)."""
    stream: str
    """stdout or stderr; of a container with a terminal everything is stdout."""
    text: str


class LogReader:
    """Makes lines of a log's bytes, however they are cut. With a terminal (`tty`) the two streams are one. `hide`
    takes out of a line what nobody may read."""

    def __init__(self, *, tty: bool, hide: Callable[[str], str] = str) -> None:
        self._tty = tty
        self._hide = hide
        self._head = b""
        self._left = 0
        """Bytes of the current frame that have not come yet."""
        self._stream = "stdout"
        self._open: dict[str, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}

    def feed(self, data: bytes) -> list[LogLine]:
        """The lines that are complete with these bytes."""
        if self._tty:
            return self._add("stdout", data)
        lines: list[LogLine] = []
        while data:
            if self._left == 0:
                data = self._take_head(data)
                continue
            part, data = data[:self._left], data[self._left:]
            self._left -= len(part)
            lines += self._add(self._stream, part)
        return lines

    def rest(self) -> list[LogLine]:
        """What stands after the last newline, at the end of the log."""
        lines = [self._line(name, bytes(text)) for name, text in self._open.items() if text]
        for text in self._open.values():
            text.clear()
        return lines

    def _take_head(self, data: bytes) -> bytes:
        missing = HEAD - len(self._head)
        self._head, data = self._head + data[:missing], data[missing:]
        if len(self._head) == HEAD:
            self._stream = STREAMS.get(self._head[0], "stdout")
            self._left = int.from_bytes(self._head[4:], "big")
            self._head = b""
        return data

    def _add(self, name: str, part: bytes) -> list[LogLine]:
        lines = []
        text = self._open[name]
        *ended, rest = part.split(b"\n")
        for piece in ended:
            text += piece[:LONGEST_LINE - len(text)]
            lines.append(self._line(name, bytes(text)))
            text.clear()
        text += rest[:LONGEST_LINE - len(text)]
        return lines

    def _line(self, stream: str, data: bytes) -> LogLine:
        found = _TIME.match(data)
        text = data[found.end():] if found else data
        return LogLine(at=found[1].decode("ascii") if found else None, stream=stream,
                       text=self._hide(text.removesuffix(b"\r").decode("utf-8", "replace")))


def newest(lines: Iterable[LogLine], *, most: int, most_bytes: int) -> tuple[tuple[LogLine, ...], int]:
    """The last lines that fit into both limits, and how many came before them."""
    kept: deque[LogLine] = deque()
    size = left_out = 0
    for line in lines:
        kept.append(line)
        size += _size(line)
        while kept and (len(kept) > most or size > most_bytes):
            size -= _size(kept.popleft())
            left_out += 1
    return tuple(kept), left_out


def _size(line: LogLine) -> int:
    return len(line.text.encode("utf-8", "replace"))
