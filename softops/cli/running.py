"""Starting, upgrading, going back, stopping and removing from the command line."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from softops.cli.amounts import plain
from softops.cli.output import FAILED, Output
from softops.cli.selection import find_servers, split_params, split_software
from softops.cli.session import session, user
from softops.cli.staying import started
from softops.client import Client
from softops.errors import BadRequest

Strategy = Mapping[str, Any] | None


def start(operation: str, software: str, *, servers: Sequence[str], groups: Sequence[str], params: Sequence[str],
          accept: Sequence[str], with_required: bool, strategy: Strategy, detach: bool, as_json: bool) -> None:
    """Start or upgrade on the chosen servers and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        name, version = split_software(software)
        body: dict[str, Any] = {
            "name": name, "version": version, "parameters": split_params(params), "strategy": strategy,
            "acceptPermissions": list(accept), "withRequired": with_required, **places(client, servers, groups)}
        job = client.make(f"/{operation}", _given(body))
        started(client, output, job, detach=detach)


def change(operation: str, name: str, *, servers: Sequence[str], groups: Sequence[str], strategy: Strategy,
           detach: bool, as_json: bool, **more: object) -> None:
    """Go back, stop or restart on the chosen servers and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        body: dict[str, Any] = {"name": name, "strategy": strategy, **more, **places(client, servers, groups)}
        started(client, output, client.make(f"/{operation}", _given(body)), detach=detach)


def remove(name: str, *, servers: Sequence[str], groups: Sequence[str], volumes: bool, yes: bool, detach: bool,
           as_json: bool) -> None:
    """Remove from the chosen servers; that data goes too has to be said twice."""
    with session(as_json=as_json) as (client, output):
        where = places(client, servers, groups)
        if volumes and not yes and not _is_sure(output, name, where):
            output.line("VOLUMES_KEPT")
            raise typer.Exit(FAILED)
        job = client.make("/remove", _given({"name": name, "removeVolumes": volumes, **where}))
        started(client, output, job, detach=detach)


def approve(job_id: int, *, as_json: bool) -> None:
    """Let a job begin its next wave."""
    with session(as_json=as_json) as (client, output):
        job = client.post(f"/job/{job_id}/approve")
        if as_json:
            output.document(job)
        else:
            output.line("APPROVED", job=job_id, wave=job["wave"])


def places(client: Client, servers: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    """Where, and who asks, in the words of the API."""
    names = [row["name"] for row in find_servers(client, servers)] if servers else None
    return {"servers": names, "groups": list(groups) or None, "user": user()}


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}


def _is_sure(output: Output, name: str, where: Mapping[str, Any]) -> bool:
    """Whether a person at a terminal says yes; BadRequest where nobody can be asked."""
    if output.as_json or not sys.stdin.isatty():
        raise BadRequest("VOLUMES_UNSURE", software=name)
    words = output.words
    groups = [words("EVERYWHERE", groups=plain(", ".join(where["groups"])))] if where["groups"] else []
    servers = [plain(server) for server in where["servers"] or []]
    named = ", ".join([*servers, *groups]) or words("ITS_SERVER")
    question = words("VOLUMES_SURE", software=plain(name), servers=named)
    output.console.print(question, end="")
    return sys.stdin.readline().strip().lower() in {"y", "yes", "是"}
