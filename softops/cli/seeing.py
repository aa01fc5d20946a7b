"""The commands about containers, as they are declared. What they do is imported when they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from softops.cli.arguments import GroupsOption, Json, ServersOption, say

AnyName = Annotated[str | None, typer.Argument(help=say("CONTAINER_NAME"), metavar="[NAME]", show_default=False)]
OneName = Annotated[str, typer.Argument(help=say("CONTAINER_NAME"), metavar="NAME", show_default=False)]


def ps(name: AnyName = None, server: ServersOption = None, group: GroupsOption = None, as_json: Json = False) -> None:
    from softops.cli import containers

    containers.ps(name, servers=server or [], groups=group or [], as_json=as_json)


def logs(name: OneName, server: ServersOption = None, group: GroupsOption = None,
         follow: Annotated[bool, typer.Option("--follow", "-f", help=say("FOLLOW"))] = False,
         tail: Annotated[int, typer.Option("--tail", min=0, max=5000, help=say("TAIL"))] = 200,
         times: Annotated[bool, typer.Option("--timestamps", "-t", help=say("TIMES"))] = False,
         as_json: Json = False) -> None:
    from softops.cli import logs

    logs.logs(name, servers=server or [], groups=group or [], follow=follow, tail=tail, times=times, as_json=as_json)


def stats(name: AnyName = None, server: ServersOption = None, group: GroupsOption = None,
          as_json: Json = False) -> None:
    from softops.cli import containers

    containers.stats(name, servers=server or [], groups=group or [], as_json=as_json)


def inspect(name: OneName, server: ServersOption = None, group: GroupsOption = None, as_json: Json = False) -> None:
    from softops.cli import containers

    containers.inspect(name, servers=server or [], groups=group or [], as_json=as_json)


COMMANDS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("PS", ps), ("LOGS", logs), ("STATS", stats), ("INSPECT", inspect))


def register(app: Any) -> None:
    """Add the commands to the application."""
    for key, command in COMMANDS:
        app.command(help=say(key))(command)
