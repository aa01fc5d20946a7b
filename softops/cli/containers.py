"""The commands that show containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import typer

from softops.choices import choices
from softops.cli.amounts import duration, plain, size
from softops.cli.output import FAILED, Output
from softops.cli.selection import find_servers
from softops.cli.session import session
from softops.client import Client
from softops.errors import NotFound

Row = Mapping[str, Any]

ANYWHERE = frozenset({"0.0.0.0", "::", "", None})  # noqa: S104  shown, not listened on


def ps(name: str | None, *, servers: Sequence[str], groups: Sequence[str], as_json: bool) -> None:
    """The containers; a question mark where the server can't be reached now."""
    with session(as_json=as_json) as (client, output):
        rows = find_containers(client, name, servers, groups)
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_CONTAINERS")
        else:
            output.table(("SERVER", "SOFTWARE", "VERSION", "CONTAINER", "STATE", "HEALTH", "UPTIME", "PORTS"),
                         [_cells(output, row) for row in rows], spare=("CONTAINER", "VERSION"))
        lost = sorted({_field(row, "ServerName") for row in rows if not _field(row, "Current")})
        if lost:
            output.note("NOT_CURRENT", servers=", ".join(map(plain, lost)))


def stats(name: str | None, *, servers: Sequence[str], groups: Sequence[str], as_json: bool) -> None:
    """What running containers use; exit code 1 when a server did not answer."""
    with session(as_json=as_json) as (client, output):
        chosen = _chosen(client, servers, groups)
        rows = [row for row in client.get("/container/stats", name=name)
                if (chosen is None or row["serverId"] in chosen) and _is_meant(row["softName"], row["name"], name)]
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_CONTAINERS")
        else:
            output.table(("SERVER", "CONTAINER", "CPU", "MEMORY", "NETWORK", "DISK", "REMARK"),
                         [_usage_cells(row) for row in rows], spare=("DISK", "NETWORK"))
        if any(row["error"] for row in rows):
            raise typer.Exit(FAILED)


def inspect(name: str, *, servers: Sequence[str], groups: Sequence[str], as_json: bool) -> None:
    """The details of containers, asked of their engines."""
    with session(as_json=as_json) as (client, output):
        rows = [client.get(f"/container/{_field(row, 'Id')}")
                for row in named_containers(client, name, servers, groups)]
        if as_json:
            output.document(rows)
            return
        for number, row in enumerate(rows):
            if number:
                output.text("")
            for key, value in _facts(output, row):
                output.text(f"{output.words(key)}: {plain(value)}" if key else f"  {plain(value)}")


def find_containers(client: Client, name: str | None, servers: Sequence[str], groups: Sequence[str]) -> list[Row]:
    """The containers of that software, or of that name, on the chosen servers."""
    chosen = _chosen(client, servers, groups)
    return [row for row in client.rows("/container/page", name=name)
            if (chosen is None or _field(row, "ServerId") in chosen)
            and _is_meant(_field(row, "SoftName"), _field(row, "Name"), name)]


def named_containers(client: Client, name: str, servers: Sequence[str], groups: Sequence[str]) -> list[Row]:
    """The same, never empty; NotFound naming what there is."""
    rows = find_containers(client, name, servers, groups)
    if not rows:
        known = {_field(row, "SoftName") for row in find_containers(client, None, servers, groups)}
        raise NotFound("CONTAINERS_NONE", name=name, choices=choices(name, known))
    return rows


def _chosen(client: Client, servers: Sequence[str], groups: Sequence[str]) -> frozenset[int] | None:
    """The ids of the servers that are meant; None: all."""
    if not servers and not groups:
        return None
    there = find_servers(client, ())
    known = {group for row in there for group in row["groups"]} | {"all"}
    for group in groups:
        if group not in known:
            raise NotFound("GROUP_NOT_FOUND", group=group, choices=choices(group, known))
    named = find_servers(client, servers) if servers else ()
    return frozenset(row["id"] for row in (
        *named, *(row for row in there if {*row["groups"], "all"} & set(groups))))


def _is_meant(soft_name: str, container: str, name: str | None) -> bool:
    return name is None or name in {soft_name, container}


def _cells(output: Output, row: Row) -> Sequence[str]:
    state = output.words.term(_field(row, "State"))
    if _field(row, "ExitCode") is not None:
        state = f"{state} ({_field(row, 'ExitCode')})"
    uptime = _field(row, "Uptime")
    return (_field(row, "ServerName"), _field(row, "SoftName"), _field(row, "Version"), _field(row, "Name"),
            state if _field(row, "Current") else f"{state} ?",
            output.words.term(_field(row, "Health") or "-"), "-" if uptime is None else duration(uptime), ports(row))


def ports(row: Row) -> str:
    """`8080->80, 127.0.0.1:53->53/udp`."""
    found = []
    for port in _field(row, "Ports"):
        address = "" if port["hostIp"] in ANYWHERE else f"{port['hostIp']}:"
        kind = "" if port["protocol"] == "tcp" else f"/{port['protocol']}"
        found.append(f"{address}{port['hostPort']}->{port['containerPort']}{kind}")
    return ", ".join(dict.fromkeys(found)) or "-"


def _usage_cells(row: Row) -> Sequence[str]:
    memory, limit = row["memory"], row["memoryLimit"]
    used = "-" if memory is None else f"{size(memory)} / {size(limit)}" if limit else size(memory)
    return (row["serverName"], row["name"], "-" if row["cpuPercent"] is None else f"{row['cpuPercent']:.1f} %", used,
            f"{size(row['received'])} / {size(row['sent'])}", f"{size(row['read'])} / {size(row['written'])}",
            row["error"] or "")


def _facts(output: Output, row: Row) -> Iterator[tuple[str, object]]:
    detail = _field(row, "Detail")
    for key, value in (
            ("CONTAINER", _field(row, "Name")), ("SERVER", _field(row, "ServerName")),
            ("SOFTWARE", f"{_field(row, 'SoftName')} {_field(row, 'Version')}"), ("SERVICE", _field(row, "Service")),
            ("IMAGE", _field(row, "DockerImage")), ("ENGINE_ID", _field(row, "EngineId")[:12]),
            ("STATE", output.words.term(_field(row, "State"))),
            ("HEALTH", output.words.term(_field(row, "Health") or "")),
            ("EXIT_CODE", _field(row, "ExitCode")), ("RESTART", _field(row, "Restarts")),
            ("RESTART_POLICY", detail["restartPolicy"]), ("MADE", detail["createTime"]),
            ("START", detail["startTime"]), ("PORTS", ports(row)), ("REMARK", detail["error"])):
        if value not in (None, ""):
            yield key, value
    yield from _several("NETWORKS", detail["networks"], lambda one: f"{one['name']} {one['address'] or '-'}")
    yield from _several("MOUNTS", detail["mounts"], _mount)
    yield from _several("ENVIRONMENT", list(detail["environment"].items()), lambda pair: f"{pair[0]}={pair[1]}")


def _mount(one: Row) -> str:
    return f"{one['source']} -> {one['target']}{'' if one['writable'] else ' (ro)'}"


def _several(key: str, items: Sequence[Any], show: Callable[[Any], str]) -> Iterator[tuple[str, object]]:
    if items:
        yield key, ""
        yield from (("", show(one)) for one in items)


def _field(row: Row, name: str) -> Any:
    return row[f"systemSoftContainer{name}"]
