"""The `softops` command."""

from __future__ import annotations


def main() -> None:
    """Run the command; ends the process with its exit code."""
    # Imported only now: the parts of this package are used without the command, and typer is slow to load.
    from softops.cli.app import app

    app()
