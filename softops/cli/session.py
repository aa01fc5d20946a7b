"""What every command does first and last: settings, language, a server to talk to, errors as sentences."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from softops.cli.labels import Words
from softops.cli.output import Output
from softops.client import Client
from softops.config import load_settings
from softops.language import person_language
from softops.reach import reach_server


@contextmanager
def session(*, as_json: bool = False) -> Iterator[tuple[Client, Output]]:
    """A client of the running server, or of one inside this process, and the command's output."""
    words = Words(person_language())
    with Output(words, as_json=as_json).reporting() as output, \
            reach_server(load_settings(), words.lang) as client:
        yield client, output


def user() -> str:
    """Who types: the name that records keep."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"
