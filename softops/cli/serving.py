"""`softops serve`: the command around the server."""

from __future__ import annotations

from softops.cli.labels import Words
from softops.cli.output import Output
from softops.cli.session import settings
from softops.server import run_server


def serve(words: Words) -> None:
    """Run the server until it is told to end; what keeps it from starting becomes a sentence and an exit code."""
    with Output(words).reporting() as output:
        run_server(settings(output))
