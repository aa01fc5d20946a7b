"""The commands that change servers, and watching what they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from softops.cli.selection import find_servers, find_software, split_params, split_software
from softops.cli.session import session, user
from softops.cli.staying import started, stay, watch_as_json
from softops.client import Client
from softops.errors import NotFound


def install(software: str, *, servers: Sequence[str], groups: Sequence[str], params: Sequence[str],
            strategy: Mapping[str, Any] | None, detach: bool, as_json: bool) -> None:
    """Install on the chosen servers and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        body = _choice(client, software, servers, groups) | {"parameters": split_params(params)}
        body |= {"strategy": strategy} if strategy is not None else {}
        started(client, output, client.make("/install", body), detach=detach)


def pull(software: str, *, servers: Sequence[str], groups: Sequence[str], detach: bool, as_json: bool) -> None:
    """Pull the image to the chosen servers and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        soft_id = find_software(client, software)["systemSoftImageId"]
        chosen = _names(client, servers)
        job = client.make(f"/pull/{soft_id}", prefer="respond-async", server=chosen, group=list(groups), user=user())
        started(client, output, job, detach=detach)


def retry(job_id: int, *, detach: bool, as_json: bool) -> None:
    """Repeat a job where it did not succeed and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        started(client, output, client.make(f"/job/{job_id}/retry", {"user": user()}), detach=detach)


def watch(job_id: int | None, *, as_json: bool) -> None:
    """Show a job from its beginning until it is done."""
    with session(as_json=as_json) as (client, output):
        number = job_id if job_id is not None else _newest(client)
        if as_json:
            watch_as_json(client, output, client.get(f"/job/{number}"))
        else:
            stay(client, output, client.get(f"/job/{number}"))


def cancel(*, job: int | None, record: int | None, as_json: bool) -> None:
    """Ask for the end of a job or of one record."""
    with session(as_json=as_json) as (client, output):
        path = f"/job/{job}/cancel" if record is None else f"/record/{record}/cancel"
        answer = client.post(path)
        if as_json:
            output.document(answer)
        elif record is None:
            output.line("CANCEL_ASKED", job=job)
        else:
            output.line("CANCEL_ASKED_RECORD", record=record)


def _choice(client: Client, software: str, servers: Sequence[str], groups: Sequence[str]) -> dict[str, Any]:
    name, version = split_software(software)
    body = {"name": name, "version": version, "servers": _names(client, servers) or None,
            "groups": list(groups) or None, "user": user()}
    return {key: value for key, value in body.items() if value is not None}


def _names(client: Client, servers: Sequence[str]) -> list[str]:
    return [row["name"] for row in find_servers(client, servers)] if servers else []


def _newest(client: Client) -> int:
    jobs = client.get("/job/page", size=1)["records"]
    if not jobs:
        raise NotFound("JOBS_NONE")
    return int(jobs[0]["id"])
