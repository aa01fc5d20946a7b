"""`softops repo`: which catalog repositories there are."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from softops.cli.amounts import local_time
from softops.cli.output import FAILED
from softops.cli.selection import find_repository
from softops.cli.session import session
from softops.cli.syncing import show as show_report
from softops.cli.syncing import sync_one


def show(*, as_json: bool) -> None:
    """The repositories and how their last syncs ended."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/repository/page"))
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_REPOSITORIES")
        else:
            output.table(("ID", "NAME", "STATUS", "URL", "REF", "PATH", "COMMIT", "SYNCED_AT"),
                         [_cells(row) for row in rows])


def add(name: str, url: str, *, ref: str, path: str, interval: int, as_json: bool) -> None:
    """Add or change a repository and sync it; exit code 0 only when every file of it was taken."""
    with session(as_json=as_json) as (client, output):
        row = client.post("/repository", {"name": name, "url": url, "ref": ref, "path": path, "interval": interval})
        report = sync_one(client, row)
        if as_json:
            output.document(report)
        else:
            show_report(output, report)
        if report["status"] != "OK":
            raise typer.Exit(FAILED)


def remove(repository: str, *, as_json: bool) -> None:
    """Remove a repository by its name or id."""
    with session(as_json=as_json) as (client, output):
        row = client.delete(f"/repository/{find_repository(client, repository)['id']}")
        if as_json:
            output.document(row)
        else:
            output.line("REPO_REMOVED", repository=row["name"])


def webhook(repository: str, *, off: bool, as_json: bool) -> None:
    """Give a repository's webhook a new secret, which only this shows, or take it away."""
    with session(as_json=as_json) as (client, output):
        secret = "" if off else secrets.token_urlsafe(32)
        row = client.post(f"/repository/{find_repository(client, repository)['id']}/webhook",
                          {"webhookSecret": secret})
        if as_json:
            output.document({**row, "secret": secret or None})
        elif off:
            output.line("WEBHOOK_GONE", repository=row["repository"])
        else:
            output.line("WEBHOOK_ON", url=row["url"], secret=secret)


def _cells(row: Mapping[str, Any]) -> Sequence[str]:
    return (str(row["id"]), row["name"], row["status"], row["url"], row["ref"], row["path"] or "-",
            (row["commit"] or "-")[:12], local_time(row["syncTime"]))
