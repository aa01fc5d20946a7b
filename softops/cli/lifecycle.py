"""The commands about software that runs, as they are declared. What they do is imported when they run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, Literal, get_type_hints

import typer

from softops.cli.arguments import (
    Detach,
    GroupsOption,
    Json,
    Params,
    ServersOption,
    Software,
    WholeName,
    Yes,
    say,
)

AppSoftware = Annotated[str, typer.Argument(help=say("APP_SOFTWARE"), metavar="NAME[:VERSION]", show_default=False)]
Accept = Annotated[list[str] | None, typer.Option("--accept", help=say("ACCEPT"), metavar="PERMISSION",
                                                  show_default=False)]
WithRequired = Annotated[bool, typer.Option("--with-required", help=say("WITH_REQUIRED"))]


def _strategy(canary: Annotated[int | None, typer.Option("--canary", min=0, help=say("CANARY"), metavar="N",
                                                         show_default=False)] = None,
              batch: Annotated[str | None, typer.Option("--batch", help=say("BATCH"), metavar="N|N%",
                                                        show_default=False)] = None,
              max_failures: Annotated[int | None, typer.Option("--max-failures", min=0, help=say("MAX_FAILURES"),
                                                               metavar="N", show_default=False)] = None,
              on_failure: Annotated[Literal["stop", "rollback"] | None, typer.Option(
                  "--on-failure", help=say("ON_FAILURE"), metavar="stop|rollback", show_default=False)] = None,
              approval: Annotated[bool, typer.Option("--approval", help=say("APPROVAL"))] = False,
              settle: Annotated[int | None, typer.Option("--settle", min=0, help=say("SETTLE"), metavar="SECONDS",
                                                         show_default=False)] = None) -> Mapping[str, Any] | None:
    """The strategy in the words of the API; None when nothing of it was said."""
    said = {"canary": canary, "batch": batch, "maxFailures": max_failures, "onFailure": on_failure,
            "approval": approval or None, "settle": settle}
    return {key: value for key, value in said.items() if value is not None} or None


def in_waves(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the options of waves; it gets what they say as `strategy`."""
    own, options = inspect.signature(command).parameters, inspect.signature(_strategy).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        strategy = _strategy(**{name: given.pop(name) for name in options})
        command(**given, strategy=strategy)

    hints = get_type_hints(command, include_extras=True) | get_type_hints(_strategy, include_extras=True)
    kept = [param.replace(annotation=hints[name]) for name, param in own.items() if name != "strategy"]
    added = [param.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
             for name, param in options.items()]
    # What typer asks a function for; the options of waves come last.
    run.__signature__ = inspect.Signature([*kept, *added])  # type: ignore[attr-defined]
    run.__annotations__ = {name: hint for name, hint in hints.items() if name not in {"strategy", "return"}}
    return run


@in_waves
def start(software: AppSoftware, server: ServersOption = None, group: GroupsOption = None, param: Params = None,
          accept: Accept = None, with_required: WithRequired = False, detach: Detach = False, as_json: Json = False,
          strategy: Mapping[str, Any] | None = None) -> None:
    from softops.cli import running

    running.start("start", software, servers=server or [], groups=group or [], params=param or [],
                  accept=accept or [], with_required=with_required, strategy=strategy, detach=detach, as_json=as_json)


@in_waves
def upgrade(software: Software, server: ServersOption = None, group: GroupsOption = None, param: Params = None,
            accept: Accept = None, with_required: WithRequired = False, detach: Detach = False, as_json: Json = False,
            strategy: Mapping[str, Any] | None = None) -> None:
    from softops.cli import running

    running.start("upgrade", software, servers=server or [], groups=group or [], params=param or [],
                  accept=accept or [], with_required=with_required, strategy=strategy, detach=detach, as_json=as_json)


@in_waves
def rollback(name: WholeName, server: ServersOption = None, group: GroupsOption = None,
             revision: Annotated[int | None, typer.Option("--revision", min=1, help=say("REVISION"), metavar="N",
                                                          show_default=False)] = None,
             to: Annotated[str | None, typer.Option("--to", help=say("ROLLBACK_TO"), metavar="VERSION",
                                                    show_default=False)] = None,
             detach: Detach = False, as_json: Json = False, strategy: Mapping[str, Any] | None = None) -> None:
    if revision is not None and to is not None:
        raise typer.BadParameter(say("ROLLBACK_ONE"))
    from softops.cli import running

    running.change("rollback", name, servers=server or [], groups=group or [], strategy=strategy, detach=detach,
                   as_json=as_json, revision=revision, version=to)


@in_waves
def stop(name: WholeName, server: ServersOption = None, group: GroupsOption = None, detach: Detach = False,
         as_json: Json = False, strategy: Mapping[str, Any] | None = None) -> None:
    from softops.cli import running

    running.change("stop", name, servers=server or [], groups=group or [], strategy=strategy, detach=detach,
                   as_json=as_json)


@in_waves
def restart(name: WholeName, server: ServersOption = None, group: GroupsOption = None, detach: Detach = False,
            as_json: Json = False, strategy: Mapping[str, Any] | None = None) -> None:
    from softops.cli import running

    running.change("restart", name, servers=server or [], groups=group or [], strategy=strategy, detach=detach,
                   as_json=as_json)


def remove(name: WholeName, server: ServersOption = None, group: GroupsOption = None,
           volumes: Annotated[bool, typer.Option("--volumes", help=say("VOLUMES"))] = False, yes: Yes = False,
           detach: Detach = False, as_json: Json = False) -> None:
    from softops.cli import running

    running.remove(name, servers=server or [], groups=group or [], volumes=volumes, yes=yes, detach=detach,
                   as_json=as_json)


def approve(job: Annotated[int, typer.Argument(help=say("JOB"), show_default=False)], as_json: Json = False) -> None:
    from softops.cli import running

    running.approve(job, as_json=as_json)


def apps(name: Annotated[str | None, typer.Argument(help=say("WHOLE_NAME"), metavar="[NAME]",
                                                    show_default=False)] = None,
         server: Annotated[str | None, typer.Option("--server", "-s", help=say("SERVER_FILTER"),
                                                    show_default=False)] = None,
         as_json: Json = False) -> None:
    from softops.cli import history

    history.apps(name, server=server, as_json=as_json)


def history(name: WholeName,
            server: Annotated[list[str] | None, typer.Option("--server", "-s", help=say("HISTORY_SERVER"),
                                                             show_default=False)] = None,
            as_json: Json = False) -> None:
    from softops.cli import history

    history.revisions(name, servers=server or [], as_json=as_json)


COMMANDS: Mapping[str, tuple[str, Callable[..., None]]] = {
    "start": ("START_APP", start), "upgrade": ("UPGRADE_APP", upgrade), "rollback": ("ROLLBACK_APP", rollback),
    "stop": ("STOP_APP", stop), "restart": ("RESTART_APP", restart), "remove": ("REMOVE_APP", remove),
    "approve": ("APPROVE", approve), "apps": ("APPS", apps), "history": ("HISTORY", history)}
"""The commands by name, each with the key of its help."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for name, (key, command) in COMMANDS.items():
        app.command(name, help=say(key))(command)
