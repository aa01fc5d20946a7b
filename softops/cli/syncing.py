"""`softops sync`: what a commit brought, and which files were refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from rich.text import Text

from softops.cli.amounts import plain
from softops.cli.output import FAILED, Output
from softops.cli.selection import find_repository
from softops.cli.session import session
from softops.client import Client
from softops.errors import Refused

Report = Mapping[str, Any]


def sync(repository: str | None, *, confirm: bool, as_json: bool, commit: str | None = None) -> None:
    """Sync one repository, or all; exit code 0 only when every file of every one was taken."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/repository/page")) if repository is None else [find_repository(client, repository)]
        reports = [sync_one(client, row, confirm=confirm, commit=commit) for row in rows]
        if as_json:
            output.document(reports)
        else:
            for report in reports:
                show(output, report)
        if any(report["status"] != "OK" for report in reports):
            raise typer.Exit(FAILED)


def sync_one(client: Client, row: Mapping[str, Any], *, confirm: bool = False, commit: str | None = None) -> Report:
    """The report; one repository that can't be read does not keep the others from being synced."""
    try:
        report: Report = client.post(f"/repository/{row['id']}/sync", confirm=confirm, commit=commit)
    except Refused as exc:
        return {"repository": row["name"], "status": "FAILED", "code": exc.answer, "message": exc.text(client.lang)}
    return report


def show(output: Output, report: Report) -> None:
    """The report for a person."""
    if report["status"] == "FAILED":
        output.line("SYNC_FAILED", repository=report["repository"], status=output.words.term("FAILED"),
                    error=report["message"])
        return
    counts = {key: report[key] for key in ("repository", "status", "added", "changed", "retired", "unchanged",
                                           "before")}
    counts["status"] = output.words.term(report["status"])
    output.line("SYNC_WAITING" if report["waiting"] else "SYNCED", commit=(report["commit"] or "-")[:12],
                installed=report["retiredInstalled"], **counts)
    if not report["waiting"] and report["moved"]:
        output.line("SYNC_MOVED")
    if not report["waiting"] and report["retiredInstalled"]:
        output.line("SYNC_STAYS", count=report["retiredInstalled"])
    for problem in report["problems"]:
        print_problem(output, problem)
    if report["problemCount"] > len(report["problems"]):
        output.line("MORE_PROBLEMS", count=report["problemCount"] - len(report["problems"]))


def print_problem(output: Output, problem: Mapping[str, Any]) -> None:
    """One thing to mend, with its place."""
    place = f"{problem['file']}:{problem['line']}:{problem['column']}" if problem["line"] else problem["file"]
    sentence = plain(problem[output.words.lang])
    output.console.print(Text.assemble("  ", (plain(place), "bold"), ": ",
                                       (sentence, "yellow" if problem["warning"] else "red")), soft_wrap=True)
