"""Where a command's words go: documents and tables to stdout, errors and remarks to stderr."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from softops.cli.amounts import plain
from softops.cli.labels import Words
from softops.errors import BadRequest, ConfigError, NotFound, Refused, ServerUnavailable, SoftopsError, TooLarge

FAILED, USAGE, UNAVAILABLE, INTERRUPTED = 1, 2, 3, 130
"""The exit codes beside 0; `softops --help` names them."""
WIDE = 400
"""Columns of a table that no terminal limits."""
INPUT_CODES = frozenset({400, 404, 405, 413})
"""Codes of the server that mean the caller asked for something that can't be."""
STYLES = {"SUCCESS": "green", "ONLINE": "green", "OK": "green", "AVAILABLE": "green", "FAILED": "bold red",
          "OFFLINE": "bold red", "UNAVAILABLE": "red", "CANCELLED": "yellow", "PARTIAL": "yellow",
          "WAITING": "yellow", "RUNNING": "cyan", "RETIRED": "dim", "PENDING": "dim", "UNKNOWN": "dim"}


class Output:
    """One command's output, for a person or (`as_json`) for a program."""

    def __init__(self, words: Words, *, as_json: bool = False) -> None:
        self.words = words
        self.as_json = as_json
        self.console = _console(stderr=False)
        self._errors = _console(stderr=True)

    def document(self, value: Any) -> None:
        """One JSON document on a line of its own, at once."""
        text = json.dumps(value, ensure_ascii=False)
        try:
            text.encode(sys.stdout.encoding)
        except UnicodeEncodeError:
            text = json.dumps(value)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def line(self, key: str, /, **params: object) -> None:
        """A sentence for a person; programs don't get it."""
        if not self.as_json:
            cleaned = {name: plain(value) for name, value in params.items()}
            self.console.print(Text(self.words(key, **cleaned)), soft_wrap=True)

    def note(self, key: str, /, **params: object) -> None:
        """A remark on stderr."""
        self._errors.print(Text(self.words(key, **params)), soft_wrap=True)

    def error(self, message: str) -> None:
        """A sentence on stderr that says what went wrong."""
        lines = "\n".join(plain(line) for line in message.splitlines())
        self._errors.print(Text(lines, style="red"), soft_wrap=True)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table for a person; values are shown as they are and states in their colour."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
        for header in headers:
            table.add_column(self.words(header), overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(cell), style=STYLES.get(cell, "")) for cell in row))
        self.console.print(table)

    @contextmanager
    def reporting(self) -> Iterator[Output]:
        """What goes wrong inside becomes a sentence on stderr (as JSON also a document) and an exit code."""
        try:
            yield self
        except SoftopsError as exc:
            self.fail(exc)
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None

    def fail(self, exc: SoftopsError) -> NoReturn:
        """End the command because of `exc`."""
        message = exc.text(self.words.lang)
        if self.as_json:
            self.document({"code": exc.answer if isinstance(exc, Refused) else exc.code, "message": message})
        self.error(message)
        raise typer.Exit(exit_code(exc)) from exc


def exit_code(exc: SoftopsError) -> int:
    """Which exit code says what `exc` is."""
    if isinstance(exc, ServerUnavailable):
        return UNAVAILABLE
    if isinstance(exc, BadRequest | NotFound | TooLarge | ConfigError):
        return USAGE
    return USAGE if isinstance(exc, Refused) and exc.answer in INPUT_CODES else FAILED


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        # A name that this terminal's encoding does not have is no reason to show nothing.
        stream.reconfigure(errors="backslashreplace")
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
