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
from softops.errors import NotFound

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


def revisions(name: str, *, servers: Sequence[str], as_json: bool) -> None:
    """The revisions of a software by server, newest first; the present ones are marked. No servers means all that
    have it."""
    with session(as_json=as_json) as (client, output):
        found = {place["name"]: _revisions(client, name, place) for place in _where(client, name, servers)}
        rows = [row for of_server in found.values() for row in of_server]
        if as_json:
            output.document(rows)
            return
        if rows:
            output.table(("SERVER", "NOW", "NUMBER", "VERSION", "MADE", "RECORD", "DIGEST", "OF_COMMIT", "PARAMETERS"),
                         [_revision_cells(output, row) for row in rows], spare=("DIGEST", "OF_COMMIT", "RECORD"))
        for place in (place for place, of_server in found.items() if not of_server):
            output.line("NO_HISTORY", software=name, server=place)


def _where(client: Client, name: str, servers: Sequence[str]) -> Sequence[Row]:
    """The servers that are named, or all that have the software."""
    if servers:
        return find_servers(client, servers)
    there = list(client.rows("/app/page", name=name))
    if not there:
        known = (row["systemSoftAppName"] for row in client.rows("/app/page"))
        raise NotFound("APP_NOWHERE", software=name, choices=choices(name, known))
    return [{"id": row["systemSoftAppServerId"], "name": row["systemSoftAppServerName"]} for row in there]


def _revisions(client: Client, name: str, place: Row) -> Sequence[Row]:
    """What the software has been on a server, each row with the server's name and whether it is what is there now."""
    now = next((row["systemSoftAppRevision"] for row in client.rows("/app/page", name=name, serverId=place["id"])),
               None)
    return [{**row, "serverName": place["name"], "current": row["systemSoftRevisionNumber"] == now}
            for row in client.rows("/app/revision/page", name=name, serverId=place["id"])]


def _app_cells(output: Output, row: Row) -> Sequence[str]:
    def field(name: str) -> Any:
        return row[f"systemSoftApp{name}"]

    return (field("ServerName"), field("Name"), field("Version"), output.words(f"WHERE_{field('State')}"),
            str(field("Revision") or "-"), output.time(field("UpdateTime")), field("DockerImage"))


def _revision_cells(output: Output, row: Row) -> Sequence[str]:
    def field(name: str) -> Any:
        return row[f"systemSoftRevision{name}"]

    values = ", ".join(f"{name}={value}" for name, value in field("Parameters").items())
    return (row["serverName"], "*" if row["current"] else "", str(field("Number")), field("Version"),
            output.time(field("CreateTime")), str(field("RecordId")), (field("Digest") or "-")[:19],
            (field("Commit") or "-")[:8], plain(values))
