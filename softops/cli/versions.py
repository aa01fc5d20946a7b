"""The commands that show the versions of a software and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from softops.cli.amounts import plain, size
from softops.cli.diffview import diff_lines
from softops.cli.labels import Words
from softops.cli.output import Output
from softops.cli.selection import find_servers
from softops.cli.session import session

Row = Mapping[str, Any]

STATES = ("RUNNING", "STOPPED", "INSTALLED")
MANY = 12
"""Servers that are named; of more only the number is said."""


def versions(name: str, *, repository: str | None, as_json: bool) -> None:
    """All versions, newest first, and where they are."""
    with session(as_json=as_json) as (client, output):
        found = client.get("/versions", name=name, repository=repository)
        if as_json:
            output.document(found)
        else:
            _print(output, found)


def diff(name: str, *, before: str | None, after: str | None, server: str | None, repository: str | None,
         as_json: bool) -> None:
    """How two versions differ, or what a server has and a version."""
    with session(as_json=as_json) as (client, output):
        server_id = find_servers(client, [server])[0]["id"] if server is not None else None
        found = client.get("/diff", name=name, repository=repository,
                           **{"from": before, "to": after, "serverId": server_id})
        if as_json:
            output.document(found)
            return
        width = output.console.width if output.console.is_terminal else None
        for line in diff_lines(found, output.words, width=width):
            output.console.print(line, soft_wrap=True)


def _print(output: Output, found: Row) -> None:
    rows = found["versions"]
    several = len({row["repository"] for row in rows}) > 1
    headers = ("VERSION", "STATUS", "SIZE", "IMAGE", "DIGEST", "OF_COMMIT", *(("OF",) if several else ()), "WHERE")
    output.table(headers, [_cells(output.words, row, several) for row in rows], spare=("DIGEST", "OF_COMMIT", "IMAGE"))
    for place in found["unlisted"]:
        output.line("UNLISTED", version=place["version"], where=where(output.words, [place]))


def _cells(words: Words, row: Row, several: bool) -> Sequence[str]:
    return (row["version"], row["status"], size(row["size"]), row["dockerImage"], (row["digest"] or "-")[:19],
            row["commit"][:8], *((row["repository"],) if several else ()), where(words, row["servers"]))


def where(words: Words, places: Sequence[Row]) -> str:
    """`running on web1, web2; installed on web3`; a dash for nowhere."""
    return "; ".join(_by_state(words, places)) or "-"


def _by_state(words: Words, places: Sequence[Row]) -> Iterator[str]:
    for state in STATES:
        names = [plain(place["serverName"]) for place in places if place["state"] == state]
        if names:
            shown = ", ".join(names[:MANY])
            if len(names) > MANY:
                shown = words("WHERE_MORE", servers=shown, count=len(names) - MANY)
            yield words("WHERE_SOME", state=words(f"WHERE_{state}"), servers=shown)
