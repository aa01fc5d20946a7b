"""The commands that change servers, and watching what they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import typer

from softops.cli.amounts import elapsed, plain
from softops.cli.board import Board
from softops.cli.lists import record_table
from softops.cli.output import FAILED, INTERRUPTED, Output
from softops.cli.screen import Screen
from softops.cli.selection import find_servers, find_software, split_params, split_software
from softops.cli.session import session, user
from softops.cli.watching import show_bars, show_json, show_lines
from softops.client import Client
from softops.errors import NotFound
from softops.live import Follower, closed_job
from softops.statuses import RecordStatus

Job = Mapping[str, Any]


def install(software: str, *, servers: Sequence[str], groups: Sequence[str], params: Sequence[str], detach: bool,
            as_json: bool) -> None:
    """Install on the chosen servers and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        body = _choice(client, software, servers, groups) | {"parameters": split_params(params)}
        started(client, output, client.post("/install", body), detach=detach)


def pull(software: str, *, servers: Sequence[str], groups: Sequence[str], detach: bool, as_json: bool) -> None:
    """Pull the image to the chosen servers and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        soft_id = find_software(client, software)["systemSoftImageId"]
        chosen = _names(client, servers)
        job = client.post(f"/pull/{soft_id}", prefer="respond-async", server=chosen, group=list(groups), user=user())
        started(client, output, job, detach=detach)


def retry(job_id: int, *, detach: bool, as_json: bool) -> None:
    """Repeat a job where it did not succeed and stay until it is done."""
    with session(as_json=as_json) as (client, output):
        started(client, output, client.post(f"/job/{job_id}/retry", {"user": user()}), detach=detach)


def watch(job_id: int | None, *, as_json: bool) -> None:
    """Show a job from its beginning until it is done."""
    with session(as_json=as_json) as (client, output):
        number = job_id if job_id is not None else _newest(client)
        if as_json:
            _watch_as_json(client, output, client.get(f"/job/{number}"))
        else:
            _stay(client, output, client.get(f"/job/{number}"))


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


def started(client: Client, output: Output, job: Job, *, detach: bool) -> None:
    """Stay with a job that was made until it has ended, or only name it."""
    # Inside this command the job would end with it.
    if detach and client.address.socket is not None:
        output.note("DETACH_STAYS", job=job["id"])
    if not detach or client.address.socket is not None:
        _stay(client, output, job)
    elif output.as_json:
        output.document(job)
    else:
        output.line("JOB_MADE", job=job["id"])


def _stay(client: Client, output: Output, job: Job) -> None:
    """Show the job until it has ended, then what became of it; exit code 0 only when all succeeded."""
    try:
        _show(client, output, job)
        final = closed_job(client, job["id"])
    except KeyboardInterrupt:
        _leave(client, output, job["id"])
    if output.as_json:
        output.document(final)
    else:
        output.text("")
        record_table(output, final["records"])
        if final["command"]:
            output.line("BY_HAND", command=final["command"])
    _end(final)


def _watch_as_json(client: Client, output: Output, job: Job) -> None:
    try:
        show_json(_follower(client, job), output)
        final = closed_job(client, job["id"])
    except KeyboardInterrupt:
        _leave(client, output, job["id"])
    output.document({"type": "job", **final})
    _end(final)


def _end(final: Job) -> None:
    if final["status"] != "SUCCESS":
        raise typer.Exit(FAILED)


def _leave(client: Client, output: Output, job_id: int) -> None:
    """After Ctrl-C: the job goes on where a server runs it, and ends where this process did."""
    output.note("JOB_ENDS_HERE" if client.address.socket else "JOB_GOES_ON", job=job_id)
    raise typer.Exit(INTERRUPTED) from None


def _show(client: Client, output: Output, job: Job) -> None:
    servers = ((record["systemSoftRecordId"], record["systemSoftRecordServerName"]) for record in job["records"])
    board = Board(servers, output.words.lang)
    if output.as_json:
        for _ in _follower(client, job).messages():
            pass
    elif output.console.is_terminal:
        screen = Screen(board, _title(output, job), output.words,
                        elapsed=elapsed(job["startTime"] or job["createTime"], job["endTime"]))
        show_bars(_follower(client, job, screen.tell_lost), board, screen, output)
    else:
        def tell(lost: bool) -> None:
            output.note("CONNECTION_LOST" if lost else "CONNECTION_BACK")

        output.text(_title(output, job))
        show_lines(_follower(client, job, tell), board, output)


def _follower(client: Client, job: Job, on_lost: Callable[[bool], None] = lambda _: None) -> Follower:
    def is_final() -> bool:
        return RecordStatus(client.get(f"/job/{job['id']}")["status"]).final

    return Follower(client.address, job["id"], (record["systemSoftRecordId"] for record in job["records"]),
                    is_final=is_final, on_lost=on_lost)


def _title(output: Output, job: Job) -> str:
    names = [record["systemSoftRecordServerName"] for record in job["records"]]
    params = {"job": job["id"], "operation": output.words.term(job["operation"]),
              "software": plain(f"{job['softName']} {job['version']}")}
    if len(names) == 1:
        return output.words("JOB_TITLE_ONE", server=plain(names[0]), **params)
    return output.words("JOB_TITLE", count=len(names), **params)
