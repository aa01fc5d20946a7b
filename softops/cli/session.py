"""What every command does first and last: settings, language, a server to talk to, errors as sentences."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

from softops.cli.labels import Words
from softops.cli.output import Output
from softops.client import Client
from softops.config import Settings, load_settings, setting_names, unknown_settings
from softops.language import person_language
from softops.problems import nearest
from softops.reach import reach_server


@contextmanager
def session(*, as_json: bool = False) -> Iterator[tuple[Client, Output]]:
    """A client of the running server, or of one inside this process, and the command's output."""
    words = Words(person_language())
    with Output(words, as_json=as_json).reporting() as output, \
            reach_server(settings(output), words.lang) as client:
        yield client, output


def settings(output: Output) -> Settings:
    """The settings, after a remark for every variable that looks like one and is none."""
    for name in unknown_settings():
        output.note("SETTING_UNKNOWN", name=name, nearest=nearest(name, setting_names()))
    return load_settings()


def user() -> str:
    """Who types: the name that records keep."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"
