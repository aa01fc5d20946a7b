"""Where a command's words go: documents and tables to stdout, errors and remarks to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from softops.cli.amounts import STEERING, harmless, local_time, plain, short_time
from softops.cli.labels import Words
from softops.cli.paper import paper
from softops.cli.tables import laid_out
from softops.errors import BadRequest, ConfigError, NotFound, Refused, ServerUnavailable, SoftopsError, TooLarge

FAILED, USAGE, UNAVAILABLE, INTERRUPTED = 1, 2, 3, 130
"""The exit codes beside 0; `softops --help` names them."""
WIDE = 400
"""Columns where no terminal limits them."""
INPUT_CODES = frozenset({400, 404, 405, 413})
"""Codes of the server that mean the caller asked for something that can't be."""
SENTENCES = frozenset({"REMARK", "DESCRIPTION"})
"""Columns that hold sentences."""
TERMS_IN = frozenset({"STATUS", "OPERATION", "HOLDER_STATE"})
"""Columns whose values are words of the API."""
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
        stream = paper(stderr=False)
        # JSON itself leaves alone what some terminals obey.
        stream.write(STEERING.sub(lambda match: json.dumps(match[0])[1:-1], text) + "\n")
        stream.flush()

    def line(self, key: str, /, **params: object) -> None:
        """A sentence for a person; programs don't get it."""
        if not self.as_json:
            cleaned = {name: plain(value) for name, value in params.items()}
            self.console.print(Text(self.words(key, **cleaned)), soft_wrap=True)

    def note(self, key: str, /, **params: object) -> None:
        """A remark on stderr."""
        cleaned = {name: plain(value) for name, value in params.items()}
        self._errors.print(Text(self.words(key, **cleaned)), soft_wrap=True)

    def error(self, message: str) -> None:
        """A sentence on stderr that says what went wrong."""
        lines = "\n".join(plain(line) for line in message.splitlines())
        self._errors.print(Text(lines, style="red"), soft_wrap=True)

    def text(self, text: str) -> None:
        """Lines for a person."""
        self.console.print(Text(harmless(text)), soft_wrap=True)

    def time(self, text: str | None) -> str:
        """A time of the API: short for a terminal, whole for what may be read on another day."""
        return short_time(text) if self.console.is_terminal else local_time(text)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, spare: Sequence[str] = ()) -> None:
        """A table for a person; values are shown as they are and states in their colour. Columns named in `spare`
        are left out in turn where the terminal has no room for them."""
        lines = laid_out([Text(self.words(header)) for header in headers],
                         [[self._cell(*one) for one in zip(headers, row, strict=True)] for row in rows],
                         width=self.console.width if self.console.is_terminal else None,
                         sentence=headers[-1] in SENTENCES, spare=[headers.index(name) for name in spare])
        for line in lines:
            self.console.print(line, soft_wrap=True)

    def _cell(self, header: str, value: str) -> Text:
        if header not in TERMS_IN:
            return Text(plain(value))
        return Text(plain(self.words.term(value)), style=STYLES.get(value, ""))

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
    stream = paper(stderr=stderr)
    width = None if stream.isatty() else WIDE
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
