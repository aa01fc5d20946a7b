"""`softops plan` and `softops apply`: what differs from the inventory, and making it so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.text import Text

from softops.cli.amounts import plain, size
from softops.cli.output import FAILED, USAGE, Output
from softops.cli.selection import find_servers
from softops.cli.session import session, user
from softops.cli.staying import started
from softops.client import Client

DIFFERENT = 2
"""The exit code of a plan that has something to do."""

Plan = Mapping[str, Any]


def plan(*, servers: Sequence[str], groups: Sequence[str], as_json: bool) -> None:
    """Print the plan; exit code 0 when there is nothing to do, 2 when there is, 1 when something is wrong."""
    with _own_codes(), session(as_json=as_json) as (client, output):
        found = client.get("/plan", server=_names(client, servers), group=list(groups))
        if as_json:
            output.document(found)
        else:
            print_plan(output, found)
    if found["problems"]:
        raise typer.Exit(FAILED)
    if found["changes"]:
        raise typer.Exit(DIFFERENT)


def apply(*, servers: Sequence[str], groups: Sequence[str], detach: bool, as_json: bool) -> None:
    """Do what the plan says and stay until it is done; exit code 1 also when a server was left alone."""
    with session(as_json=as_json) as (client, output):
        body = {"servers": _names(client, servers) or None, "groups": list(groups) or None, "user": user()}
        answer = client.make("/apply", {key: value for key, value in body.items() if value is not None})
        if not as_json:
            print_plan(output, answer["plan"])
        if answer["job"] is not None:
            started(client, output, answer["job"], detach=detach)
        elif as_json:
            output.document(answer)
        if answer["plan"]["problems"]:
            raise typer.Exit(FAILED)


def print_plan(output: Output, found: Plan) -> None:
    """The steps, what is wrong, what is left alone, and a sum."""
    rows = [_cells(server["server"], step) for server in found["servers"] for step in server["steps"]]
    if rows:
        output.table(("SERVER", "OPERATION", "SOFTWARE", "VERSION", "SIZE", "REMARK"), rows)
    for variable, text, hosts in _problems(found):
        output.console.print(Text.assemble(
            (plain(f"{', '.join(hosts)}: {variable}"), "bold"), ": ", (plain(text), "red")), soft_wrap=True)
    left = [f"{server['server']}: {', '.join(server['unmanaged'])}" for server in found["servers"]
            if server["unmanaged"]]
    if left:
        output.line("PLAN_UNMANAGED", servers="; ".join(left))
    unseen = [server["server"] for server in found["servers"] if not server["seen"]]
    if unseen:
        output.line("PLAN_UNSEEN", count=len(unseen), servers=", ".join(unseen[:10]))
    _print_sum(output, found)


def _problems(found: Plan) -> Sequence[tuple[str, str, Sequence[str]]]:
    """Each problem once, with its hosts."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for server in found["servers"]:
        for problem in server["problems"]:
            hosts.setdefault((problem["variable"], problem["text"]), []).append(problem["server"])
    return [(variable, text, names) for (variable, text), names in hosts.items()]


def _print_sum(output: Output, found: Plan) -> None:
    commit = (found["commit"] or "-")[:12] + ("+" if found["uncommitted"] else "")
    if not found["servers"]:
        output.line("PLAN_UNUSED")
    elif found["changes"]:
        parts = ", ".join(f"{count} {output.words.term(kind)}" for kind, count in found["counts"].items() if count)
        output.line("PLAN_SUM", count=found["changes"], parts=parts, size=size(found["download"]), commit=commit)
    elif not found["problems"]:
        output.line("PLAN_NOTHING", count=len(found["servers"]), commit=commit)


def _cells(server: str, step: Mapping[str, Any]) -> Sequence[str]:
    before, after = step["fromVersion"], step["version"]
    version = f"{before} -> {after}" if before and after and before != after else after or before or "-"
    why = "; ".join(reason["text"] for reason in step["reasons"])
    return (server, step["kind"], step["software"], version, size(step["download"]),
            f"{why} [flapping]" if step["flapping"] else why)


def _names(client: Client, servers: Sequence[str]) -> list[str]:
    return [row["name"] for row in find_servers(client, servers)] if servers else []


@contextmanager
def _own_codes() -> Iterator[None]:
    """2 says that there is something to do, so a wrong request is 1 here."""
    try:
        yield
    except typer.Exit as exc:
        raise typer.Exit(FAILED if exc.exit_code == USAGE else exc.exit_code) from exc
