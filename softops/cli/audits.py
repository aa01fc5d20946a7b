"""`softops audit`: what was done and refused, and whether anybody has changed what that says."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import typer

from softops.cli.output import FAILED, Output
from softops.cli.session import session

UNITS: Mapping[str, timedelta] = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_AGO = re.compile(r"(\d{1,6})([mhd])")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which entries."""

    user: str | None
    action: str | None
    target: str | None
    outcome: str | None
    job: int | None
    since: str | None
    until: str | None

    def query(self) -> dict[str, object]:
        """The same as the API asks for it."""
        return {"user": self.user, "action": self.action, "target": self.target, "outcome": self.outcome,
                "jobId": self.job, "from": time_of(self.since), "to": time_of(self.until)}


def show(wanted: Wanted, *, everything: bool, limit: int, as_json: bool) -> None:
    """The newest entries that fit."""
    with session(as_json=as_json) as (client, output):
        rows = list(islice(client.rows("/audit/page", whole=everything, **wanted.query()), limit))
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_ENTRIES")
        else:
            output.table(("ID", "WHEN", "WHO", "VIA", "FROM_WHERE", "ACTION", "TARGET", "OUTCOME", "JOB", "REMARK"),
                         [_cells(output, row) for row in rows], spare=("VIA", "JOB", "FROM_WHERE"))


def export(wanted: Wanted) -> None:
    """Every entry that fits, one JSON object per line, as they come."""
    with session() as (client, _):
        # As they are: a terminal's own encoding may lack something, and readers of JSON expect UTF-8.
        for part in client.parts("/audit/export", **wanted.query()):
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()


def verify(*, as_json: bool) -> None:
    """Look at the whole chain; exit code 1 when something is wrong with it."""
    with session(as_json=as_json) as (client, output):
        verdict = client.get("/audit/verify")
        if as_json:
            output.document(verdict)
        elif verdict["whole"]:
            output.line("AUDIT_IS_WHOLE", entries=verdict["entries"], hash=verdict["end"]["hash"])
        for one in verdict["breaks"]:
            output.error(one["message"])
        if not verdict["guarded"]:
            output.note("AUDIT_UNGUARDED")
        if not verdict["whole"]:
            raise typer.Exit(FAILED)


def time_of(text: str | None) -> str | None:
    """A time as the API takes it, of one that is so or says how long ago."""
    ago = _AGO.fullmatch(text or "")
    if ago is None:
        return text
    return (datetime.now(UTC) - int(ago[1]) * UNITS[ago[2]]).strftime("%Y-%m-%dT%H:%M:%S")


def _cells(output: Output, row: Mapping[str, Any]) -> Sequence[str]:
    return (str(row["id"]), output.time(row["time"]), row["user"], row["via"], row["address"] or "-", row["action"],
            row["target"] or "-", row["outcome"], str(row["jobId"] or "-"), row["message"])
