"""What is on servers, and what it has been there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from softops.choices import choices
from softops.cli.amounts import plain
from softops.cli.output import Output
from softops.cli.selection import find_servers
from softops.cli.session import session
from softops.client import Client
from softops.errors import BadRequest, NotFound

Row = Mapping[str, Any]


def apps(name: str | None, *, server: str | None, as_json: bool) -> None:
    """What is on servers, by server and name."""
    with session(as_json=as_json) as (client, output):
        server_id = find_servers(client, [server])[0]["id"] if server is not None else None
        rows = list(client.rows("/app/page", name=name, serverId=server_id))
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_APPS")
        else:
            output.table(("SERVER", "SOFTWARE", "VERSION", "STATE", "NUMBER", "SINCE", "IMAGE"),
                         [_app_cells(output, row) for row in rows], spare=("IMAGE",))


def revisions(name: str, *, server: str | None, as_json: bool) -> None:
    """The revisions of a software on one server, newest first; the present one is marked."""
    with session(as_json=as_json) as (client, output):
        where = find_servers(client, [server])[0] if server is not None else _only_server(client, name)
        now = next((row["systemSoftAppRevision"] for row in client.rows("/app/page", name=name, serverId=where["id"])),
                   None)
        rows = list(client.rows("/app/revision/page", name=name, serverId=where["id"]))
        if as_json:
            output.document([{**row, "current": row["systemSoftRevisionNumber"] == now} for row in rows])
        elif not rows:
            output.line("NO_HISTORY", software=name, server=where["name"])
        else:
            output.table(("NOW", "NUMBER", "VERSION", "MADE", "RECORD", "DIGEST", "OF_COMMIT", "PARAMETERS"),
                         [_revision_cells(output, row, now) for row in rows], spare=("DIGEST", "OF_COMMIT", "RECORD"))


def _only_server(client: Client, name: str) -> Row:
    """The only server that has the software."""
    there = list(client.rows("/app/page", name=name))
    if not there:
        known = (row["systemSoftAppName"] for row in client.rows("/app/page"))
        raise NotFound("APP_NOWHERE", software=name, choices=choices(name, known))
    if len(there) > 1:
        raise BadRequest("APP_ON_SEVERAL", software=name,
                         servers=", ".join(row["systemSoftAppServerName"] for row in there))
    return {"id": there[0]["systemSoftAppServerId"], "name": there[0]["systemSoftAppServerName"]}


def _app_cells(output: Output, row: Row) -> Sequence[str]:
    def field(name: str) -> Any:
        return row[f"systemSoftApp{name}"]

    return (field("ServerName"), field("Name"), field("Version"), output.words(f"WHERE_{field('State')}"),
            str(field("Revision") or "-"), output.time(field("UpdateTime")), field("DockerImage"))


def _revision_cells(output: Output, row: Row, now: int | None) -> Sequence[str]:
    def field(name: str) -> Any:
        return row[f"systemSoftRevision{name}"]

    values = ", ".join(f"{name}={value}" for name, value in field("Parameters").items())
    return ("*" if field("Number") == now else "", str(field("Number")), field("Version"),
            output.time(field("CreateTime")), str(field("RecordId")), (field("Digest") or "-")[:19],
            (field("Commit") or "-")[:8], plain(values))
