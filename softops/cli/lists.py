"""The commands that show what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import typer

from softops.cli.amounts import size, took
from softops.cli.jobs import with_waits
from softops.cli.output import FAILED, Output
from softops.cli.selection import find_servers, versions_of
from softops.cli.session import session
from softops.cli.terms import meant
from softops.client import Client
from softops.config import load_settings

CHECKS = 8
"""Servers looked at at the same time; each look is a run of Ansible."""

Row = Mapping[str, Any]


def software(*, name: str | None, status: str | None, everything: bool, as_json: bool) -> None:
    """The software list, by name and version; what left the catalog only when it is asked for."""
    with session(as_json=as_json) as (client, output):
        found = list(client.rows("/page", name=name, status=_state(status)))
        rows = found if status or everything else [row for row in found if row["systemSoftImageStatus"] != "RETIRED"]
        if as_json:
            output.document(rows)
            return
        if rows:
            software_table(output, rows)
        else:
            output.line("NO_SOFTWARE")
        if len(found) > len(rows):
            output.line("RETIRED_HIDDEN", count=len(found) - len(rows))
        if any(row["systemSoftImageSize"] is None for row in rows):
            output.line("SIZES_UNKNOWN")


def software_table(output: Output, rows: Iterable[Row]) -> None:
    """Versions of software as a table."""
    output.table(("ID", "NAME", "VERSION", "STATUS", "SIZE", "IMAGE", "DESCRIPTION"),
                 [_software_cells(row) for row in rows], spare=("IMAGE",))


def servers(names: Sequence[str], *, check: bool, as_json: bool) -> None:
    """The servers; with `check`, as they are now, and exit code 1 when one does not answer."""
    with session(as_json=as_json) as (client, output):
        rows = list(find_servers(client, names))
        if check:
            rows = _checked(client, rows)
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_SERVERS", path=load_settings().inventory_path)
        else:
            output.table(("ID", "NAME", "STATUS", "ADDRESS", "GROUPS", "ENGINE", "FREE", "CHECKED", "REMARK"),
                         [_server_cells(output, row) for row in rows], spare=("CHECKED", "FREE"))
        if check and any(row["status"] != "ONLINE" for row in rows):
            raise typer.Exit(FAILED)


def records(*, soft: str | None, server: str | None, status: str | None, job: int | None, limit: int,
            as_json: bool) -> None:
    """The newest records that fit."""
    with session(as_json=as_json) as (client, output):
        server_id = find_servers(client, [server])[0]["id"] if server is not None else None
        rows = _records(client, soft, limit, serverId=server_id, status=_state(status), jobId=job)
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_RECORDS")
        else:
            record_table(output, with_waits(client, output, rows))


def record_table(output: Output, rows: Iterable[Row]) -> None:
    """Records as a table."""
    output.table(("RECORD", "JOB", "OPERATION", "SOFTWARE", "VERSION", "SERVER", "STATUS", "START", "TOOK", "REMARK"),
                 [_record_cells(output, row) for row in rows], spare=("TOOK",))


def _records(client: Client, soft: str | None, limit: int, **query: object) -> list[Row]:
    ids = [row["systemSoftImageId"] for row in versions_of(client, soft)] if soft is not None else [None]
    found = [row for soft_id in ids for row in islice(client.rows("/record/page", softId=soft_id, **query), limit)]
    newest = sorted(found, key=lambda row: row["systemSoftRecordId"], reverse=True)[:limit]
    # Within a job the servers stay in their own order.
    return sorted(newest, key=lambda row: (-row["systemSoftRecordJobId"], row["systemSoftRecordId"]))


def _state(text: str | None) -> str | None:
    return None if text is None else meant(text)


def _checked(client: Client, rows: Sequence[Row]) -> list[Row]:
    with ThreadPoolExecutor(CHECKS) as pool:
        return list(pool.map(lambda row: client.post(f"/server/{row['id']}/check"), rows))


def _software_cells(row: Row) -> Sequence[str]:
    def field(name: str) -> Any:
        return row[f"systemSoftImage{name}"]

    return (str(field("Id")), field("Name"), field("Version"), field("Status"), size(field("Size")),
            field("DockerImage"), field("Description") or "")


def _server_cells(output: Output, row: Row) -> Sequence[str]:
    return (str(row["id"]), row["name"], row["status"], row["address"], ", ".join(row["groups"]),
            row["engineVersion"] or "-", size(row["freeBytes"]), output.time(row["checkTime"]), row["message"] or "")


def _record_cells(output: Output, row: Row) -> Sequence[str]:
    def field(name: str) -> Any:
        return row[f"systemSoftRecord{name}"]

    return (str(field("Id")), str(field("JobId")), field("Operation"), field("SoftName"), field("Version"),
            field("ServerName"), field("Status"), output.time(field("StartTime")),
            took(field("StartTime"), field("EndTime")), field("Remark") or "")
