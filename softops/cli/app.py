"""The commands and their options. What a command does is imported when it runs, so that `--help` is quick."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from softops import __version__
from softops.cli import accounting, auditing, credentialing, lifecycle, safety, seeing
from softops.cli.arguments import (
    Detach,
    GroupsOption,
    Json,
    OfRepository,
    Params,
    ServersOption,
    Software,
    Status,
    WholeName,
)
from softops.cli.commands import App, Commands
from softops.cli.labels import Words
from softops.language import person_language

_words = Words(person_language())
say = _words.help

app = App(name="softops", cls=Commands, help=say("APP"), epilog=say("EPILOG"), no_args_is_help=True,
          pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]})
repo = App(name="repo", cls=Commands, help=say("REPO"), no_args_is_help=True)
app.add_typer(repo)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"softops {__version__}")
        raise typer.Exit


@app.callback()
def _options(_version: Annotated[bool, typer.Option("--version", help=say("VERSION"), callback=_show_version,
                                                   is_eager=True)] = False) -> None:
    """Options that need no command."""


@app.command(help=say("SERVE"))
def serve() -> None:
    from softops.cli import serving

    serving.serve(_words)


@app.command(help=say("SYNC"))
def sync(repository: Annotated[str | None, typer.Argument(help=say("REPOSITORY"), show_default=False)] = None,
         confirm: Annotated[bool, typer.Option("--confirm", help=say("CONFIRM"))] = False,
         commit: Annotated[str | None, typer.Option("--commit", help=say("COMMIT"), show_default=False)] = None,
         as_json: Json = False) -> None:
    from softops.cli import syncing

    syncing.sync(repository, confirm=confirm, commit=commit, as_json=as_json)


@app.command(help=say("CHECK_CATALOG"))
def check(directory: Annotated[Path, typer.Argument(help=say("CHECK_DIRECTORY"), metavar="DIR", show_default=False)],
          as_json: Json = False) -> None:
    from softops.cli import checking

    checking.check(directory, as_json=as_json)


@repo.command("list", help=say("REPO_LIST"))
def repo_list(as_json: Json = False) -> None:
    from softops.cli import repositories

    repositories.show(as_json=as_json)


@repo.command("add", help=say("REPO_ADD"))
def repo_add(name: Annotated[str, typer.Argument(help=say("REPO_NAME"), show_default=False)],
             url: Annotated[str, typer.Argument(help=say("REPO_URL"), show_default=False)],
             ref: Annotated[str, typer.Option("--ref", help=say("REPO_REF"))] = "HEAD",
             path: Annotated[str, typer.Option("--path", help=say("REPO_PATH"))] = "",
             interval: Annotated[int, typer.Option("--interval", min=0, help=say("REPO_INTERVAL"))] = 60,
             as_json: Json = False) -> None:
    from softops.cli import repositories

    repositories.add(name, url, ref=ref, path=path, interval=interval, as_json=as_json)


@repo.command("remove", help=say("REPO_REMOVE"))
def repo_remove(repository: Annotated[str, typer.Argument(help=say("REPO_NAME"), show_default=False)],
                as_json: Json = False) -> None:
    from softops.cli import repositories

    repositories.remove(repository, as_json=as_json)


@repo.command("webhook", help=say("REPO_WEBHOOK"))
def repo_webhook(repository: Annotated[str, typer.Argument(help=say("REPO_NAME"), show_default=False)],
                 off: Annotated[bool, typer.Option("--off", help=say("REPO_WEBHOOK_OFF"))] = False,
                 as_json: Json = False) -> None:
    from softops.cli import repositories

    repositories.webhook(repository, off=off, as_json=as_json)


@app.command("list", help=say("LIST"))
def list_(name: Annotated[str | None, typer.Option("--name", help=say("NAME_FILTER"), show_default=False)] = None,
          status: Status = None,
          everything: Annotated[bool, typer.Option("--all", "-a", help=say("LIST_ALL"))] = False,
          as_json: Json = False) -> None:
    from softops.cli import lists

    lists.software(name=name, status=status, everything=everything, as_json=as_json)


@app.command(help=say("REFRESH"))
def refresh(software: Annotated[list[str], typer.Argument(help=say("REFRESH_SOFTWARE"), metavar="NAME[:VERSION]...",
                                                          show_default=False)],
            as_json: Json = False) -> None:
    from softops.cli import refreshing

    refreshing.refresh(software, as_json=as_json)


@app.command(help=say("VERSIONS"))
def versions(name: WholeName, repository: OfRepository = None, as_json: Json = False) -> None:
    from softops.cli import versions

    versions.versions(name, repository=repository, as_json=as_json)


@app.command(help=say("DIFF"))
def diff(name: WholeName,
         between: Annotated[list[str] | None, typer.Argument(help=say("DIFF_VERSIONS"), metavar="[V1] [V2]",
                                                             show_default=False)] = None,
         server: Annotated[str | None, typer.Option("--server", "-s", help=say("DIFF_SERVER"),
                                                    show_default=False)] = None,
         to: Annotated[str | None, typer.Option("--to", help=say("DIFF_TO"), show_default=False)] = None,
         repository: OfRepository = None, as_json: Json = False) -> None:
    named = [*(between or []), *([to] if to is not None else [])]
    if len(named) > 1 if server is not None else len(named) != 2:
        raise typer.BadParameter(say("DIFF_ONE_OR_TWO"))
    from softops.cli import versions

    before = None if server is not None else named[0]
    versions.diff(name, before=before, after=named[-1] if named else None, server=server, repository=repository,
                  as_json=as_json)


@app.command(help=say("SERVERS"))
def servers(names: Annotated[list[str] | None, typer.Argument(help=say("SERVER_NAMES"), metavar="[NAME]...",
                                                              show_default=False)] = None,
            check: Annotated[bool, typer.Option("--check", help=say("CHECK"))] = False,
            as_json: Json = False) -> None:
    from softops.cli import lists

    lists.servers(names or [], check=check, as_json=as_json)


@app.command(help=say("INSTALL"))
@lifecycle.in_waves
def install(software: Software, server: ServersOption = None, group: GroupsOption = None, param: Params = None,
            detach: Detach = False, as_json: Json = False, strategy: Mapping[str, Any] | None = None) -> None:
    from softops.cli import work

    work.install(software, servers=server or [], groups=group or [], params=param or [], strategy=strategy,
                 detach=detach, as_json=as_json)


@app.command(help=say("PULL"))
def pull(software: Software, server: ServersOption = None, group: GroupsOption = None, detach: Detach = False,
         as_json: Json = False) -> None:
    from softops.cli import work

    work.pull(software, servers=server or [], groups=group or [], detach=detach, as_json=as_json)


lifecycle.register(app)


@app.command(help=say("WATCH"))
def watch(job: Annotated[int | None, typer.Argument(help=say("JOB"), show_default=False)] = None,
          as_json: Annotated[bool, typer.Option("--json", help=say("JSON_LINES"))] = False) -> None:
    from softops.cli import work

    work.watch(job, as_json=as_json)


@app.command(help=say("JOBS"))
def jobs(status: Status = None, limit: Annotated[int, typer.Option("--limit", "-n", min=1, help=say("LIMIT"))] = 50,
         as_json: Json = False) -> None:
    from softops.cli import jobs

    jobs.jobs(status=status, limit=limit, as_json=as_json)


@app.command(help=say("RECORDS"))
def records(soft: Annotated[str | None, typer.Option("--soft", help=say("SOFT_FILTER"), show_default=False)] = None,
            server: Annotated[str | None, typer.Option("--server", "-s", help=say("SERVER_FILTER"),
                                                       show_default=False)] = None,
            status: Status = None,
            job: Annotated[int | None, typer.Option("--job", help=say("JOB_FILTER"), show_default=False)] = None,
            limit: Annotated[int, typer.Option("--limit", "-n", min=1, help=say("LIMIT"))] = 50,
            as_json: Json = False) -> None:
    from softops.cli import lists

    lists.records(soft=soft, server=server, status=status, job=job, limit=limit, as_json=as_json)


@app.command(help=say("CANCEL"))
def cancel(job: Annotated[int | None, typer.Argument(help=say("JOB"), show_default=False)] = None,
           record: Annotated[int | None, typer.Option("--record", help=say("RECORD"), show_default=False)] = None,
           as_json: Json = False) -> None:
    if (job is None) == (record is None):
        raise typer.BadParameter(say("CANCEL_ONE"))
    from softops.cli import work

    work.cancel(job=job, record=record, as_json=as_json)


@app.command(help=say("RETRY"))
def retry(job: Annotated[int, typer.Argument(help=say("JOB"), show_default=False)], detach: Detach = False,
          as_json: Json = False) -> None:
    from softops.cli import work

    work.retry(job, detach=detach, as_json=as_json)


@app.command(help=say("PLAN"))
def plan(server: ServersOption = None, group: GroupsOption = None, as_json: Json = False) -> None:
    from softops.cli import plan as planning

    planning.plan(servers=server or [], groups=group or [], as_json=as_json)


@app.command(help=say("APPLY"))
def apply(server: ServersOption = None, group: GroupsOption = None, detach: Detach = False,
          as_json: Json = False) -> None:
    from softops.cli import plan as planning

    planning.apply(servers=server or [], groups=group or [], detach=detach, as_json=as_json)


seeing.register(app)
safety.register(app)
credentialing.register(app)
auditing.register(app)
accounting.register(app)


@app.command(help=say("DOCTOR"))
def doctor(as_json: Json = False) -> None:
    from softops.cli import checkup

    checkup.doctor(as_json=as_json)
