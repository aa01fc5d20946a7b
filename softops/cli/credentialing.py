"""The commands about credentials, as they are declared. What they do is imported when they run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from softops.cli.arguments import Json, say
from softops.cli.commands import App, Commands

commands = App(name="credential", cls=Commands, help=say("CREDENTIAL"), no_args_is_help=True)
"""`softops credential`."""


@commands.command("list", help=say("CREDENTIAL_LIST"))
def list_(as_json: Json = False) -> None:
    from softops.cli import credentials

    credentials.show(as_json=as_json)


@commands.command("add", help=say("CREDENTIAL_ADD"))
def add(name: Annotated[str, typer.Argument(help=say("CREDENTIAL_NAME"), show_default=False)],
        user: Annotated[str, typer.Option("--user", "-u", help=say("CREDENTIAL_USER"), show_default=False)] = "",
        repository: Annotated[bool, typer.Option("--repository", help=say("CREDENTIAL_REPOSITORY"))] = False,
        key: Annotated[Path | None, typer.Option("--key", help=say("CREDENTIAL_KEY"), show_default=False)] = None,
        known_hosts: Annotated[Path | None, typer.Option("--known-hosts", help=say("CREDENTIAL_HOSTS"),
                                                         show_default=False)] = None,
        as_json: Json = False) -> None:
    if bool(user) == (key is not None):
        raise typer.BadParameter(say("CREDENTIAL_USER_OR_KEY"))
    from softops.cli import credentials

    credentials.add(name, user=user, repository=repository or key is not None, key=key, known_hosts=known_hosts,
                    as_json=as_json)


@commands.command("remove", help=say("CREDENTIAL_REMOVE"))
def remove(credential: Annotated[str, typer.Argument(help=say("CREDENTIAL_ONE"), show_default=False)],
           as_json: Json = False) -> None:
    from softops.cli import credentials

    credentials.remove(credential, as_json=as_json)


def register(app: Any) -> None:
    """Add the commands to the application."""
    app.add_typer(commands)
