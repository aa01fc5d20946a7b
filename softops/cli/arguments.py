"""Arguments and options that several commands have in common."""

from __future__ import annotations

from typing import Annotated

import typer

from softops.cli.labels import Words
from softops.language import person_language

say = Words(person_language()).help

Json = Annotated[bool, typer.Option("--json", help=say("JSON"))]
Software = Annotated[str, typer.Argument(help=say("SOFTWARE"), metavar="NAME[:VERSION]", show_default=False)]
ServersOption = Annotated[list[str] | None, typer.Option("--server", "-s", help=say("SERVER"), show_default=False)]
GroupsOption = Annotated[list[str] | None, typer.Option("--group", "-g", help=say("GROUP"), show_default=False)]
Detach = Annotated[bool, typer.Option("--detach", "-d", help=say("DETACH"))]
WholeName = Annotated[str, typer.Argument(help=say("WHOLE_NAME"), metavar="NAME", show_default=False)]
OfRepository = Annotated[str | None, typer.Option("--repository", help=say("OF_REPOSITORY"), show_default=False)]
Status = Annotated[str | None, typer.Option("--status", help=say("STATUS_FILTER"), show_default=False)]
Params = Annotated[list[str] | None, typer.Option("--param", "-p", help=say("PARAM"), metavar="NAME=VALUE",
                                                  show_default=False)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help=say("YES"))]
