"""The commands about the audit, as they are declared. What they do is imported when they run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from softops.cli.arguments import Json, say
from softops.cli.commands import App, Commands

commands = App(name="audit", cls=Commands, help=say("AUDIT"), no_args_is_help=True)
"""`softops audit`."""

User = Annotated[str | None, typer.Option("--user", "-u", help=say("AUDIT_USER"), show_default=False)]
Action = Annotated[str | None, typer.Option("--action", help=say("AUDIT_ACTION"), show_default=False)]
Target = Annotated[str | None, typer.Option("--target", help=say("AUDIT_TARGET"), show_default=False)]
Outcome = Annotated[str | None, typer.Option("--outcome", help=say("AUDIT_OUTCOME"), show_default=False)]
Job = Annotated[int | None, typer.Option("--job", help=say("AUDIT_JOB"), show_default=False)]
Since = Annotated[str | None, typer.Option("--since", help=say("AUDIT_SINCE"), show_default=False)]
Until = Annotated[str | None, typer.Option("--until", help=say("AUDIT_UNTIL"), show_default=False)]


@commands.command("list", help=say("AUDIT_LIST"))
def list_(user: User = None, action: Action = None, target: Target = None, outcome: Outcome = None, job: Job = None,
          since: Since = None, until: Until = None,
          everything: Annotated[bool, typer.Option("--all", "-a", help=say("AUDIT_EVERYTHING"))] = False,
          limit: Annotated[int, typer.Option("--limit", "-n", min=1, help=say("LIMIT"))] = 50,
          as_json: Json = False) -> None:
    from softops.cli import audits

    wanted = audits.Wanted(user=user, action=action, target=target, outcome=outcome, job=job, since=since, until=until)
    audits.show(wanted, everything=everything, limit=limit, as_json=as_json)


@commands.command("export", help=say("AUDIT_EXPORT"))
def export(user: User = None, action: Action = None, target: Target = None, outcome: Outcome = None, job: Job = None,
           since: Since = None, until: Until = None) -> None:
    from softops.cli import audits

    audits.export(audits.Wanted(user=user, action=action, target=target, outcome=outcome, job=job, since=since,
                                until=until))


@commands.command("verify", help=say("AUDIT_VERIFY"))
def verify(as_json: Json = False) -> None:
    from softops.cli import audits

    audits.verify(as_json=as_json)


def register(app: Any) -> None:
    """Add the commands to the application."""
    app.add_typer(commands)
