"""What is asked of a person, or read from standard input where none is there; never shown."""

from __future__ import annotations

import getpass
import sys

MOST = 4096
"""Characters of a line."""


def ask_password(question: str) -> str:
    """A password: typed unseen, or the next line of standard input."""
    return getpass.getpass(f"{question}: ") if sys.stdin.isatty() else _line()


def ask(question: str) -> str:
    """A word: typed, or the next line of standard input."""
    if sys.stdin.isatty():
        print(f"{question}: ", end="", file=sys.stderr, flush=True)
    return _line()


def _line() -> str:
    return sys.stdin.readline(MOST).removesuffix("\n").removesuffix("\r")
