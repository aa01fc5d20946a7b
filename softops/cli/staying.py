"""Staying with a job until it has ended, and telling what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import typer
from rich.text import Text

from softops.cli.amounts import elapsed, plain
from softops.cli.board import Board, Waves
from softops.cli.lists import record_table
from softops.cli.output import FAILED, INTERRUPTED, Output
from softops.cli.screen import Screen
from softops.cli.watching import show_bars, show_json, show_lines
from softops.client import Client
from softops.errors import Refused, ServerUnavailable
from softops.live import Follower, closed_job
from softops.secretparams import secret_names
from softops.statuses import RecordStatus

NAMED = 3
"""Software of one job that is named in its title."""
LOOK = 1.0
"""Seconds without a message after which a job in waves is asked what it waits for."""
WITHOUT_PARAMETERS = frozenset({"stop", "restart", "remove", "apply"})
"""Operations that by hand need no parameters, or take the secrets that the server has."""

Job = Mapping[str, Any]


def started(client: Client, output: Output, job: Job, *, detach: bool) -> None:
    """Stay with a job that was made until it has ended, or only name it."""
    # Inside this command the job would end with it.
    if detach and client.address.socket is not None:
        output.note("DETACH_STAYS", job=job["id"])
    if not detach or client.address.socket is not None:
        stay(client, output, job)
    elif output.as_json:
        output.document(job)
    else:
        output.line("JOB_MADE", job=job["id"])


def stay(client: Client, output: Output, job: Job) -> None:
    """Show the job until it has ended, then what became of it; exit code 0 only when all succeeded."""
    final = _ended(client, output, job, lambda: _show(client, output, job))
    if output.as_json:
        output.document(final)
    else:
        _tell(client, output, final)
    _stay_with_undo(client, output, final)
    _end(final)


def watch_as_json(client: Client, output: Output, job: Job) -> None:
    """Every message and the job at its end as a line of JSON each."""
    final = _ended(client, output, job, lambda: show_json(_follower(client, job), output))
    output.document({"type": "job", **final})
    _end(final)


def _ended(client: Client, output: Output, job: Job, show: Callable[[], None]) -> Job:
    """The job once it is final; `show` tells of it until then."""
    try:
        show()
        return closed_job(client, job["id"])
    except KeyboardInterrupt:
        _leave(client, output, job["id"])


def _tell(client: Client, output: Output, final: Job) -> None:
    output.text("")
    record_table(output, final["records"])
    for line in log_lines(output, final["records"]):
        output.console.print(line, soft_wrap=True)
    if final["command"]:
        output.line("BY_HAND", command=final["command"])
        if _lacks_secrets(client, final):
            output.line("BY_HAND_SECRETS")


def _lacks_secrets(client: Client, job: Job) -> bool:
    """Whether the command by hand needs secrets, which it does not say."""
    if job["operation"] in WITHOUT_PARAMETERS or job["softId"] is None:
        return False
    try:
        return bool(secret_names(client.get(f"/{job['softId']}")["systemSoftImageEntry"]))
    except (Refused, ServerUnavailable):
        # A hint is not worth an error.
        return False


def log_lines(output: Output, records: Sequence[Mapping[str, Any]]) -> Iterator[Text]:
    """What the containers of failed records said last."""
    several = _is_several(records)
    for record in records:
        if record["systemSoftRecordLog"]:
            yield Text("")
            yield Text(output.words("LAST_LINES", server=_label(record, several)), style="bold red")
            for line in record["systemSoftRecordLog"].splitlines():
                yield Text(f"  {plain(line)}", style="dim")


def _stay_with_undo(client: Client, output: Output, final: Job) -> None:
    """Stay with the job that takes back what this one did, where its strategy made one."""
    if final["status"] == "SUCCESS" or (final["strategy"] or {}).get("onFailure") != "rollback":
        return
    for row in client.get("/job/page", size=100)["records"]:
        if row["parentId"] == final["id"]:
            output.line("TAKEN_BACK", child=row["id"])
            child = client.get(f"/job/{row['id']}")
            ended = _ended(client, output, child, lambda child=child: _show(client, output, child))  # type: ignore[misc]
            if not output.as_json:
                _tell(client, output, ended)


def _end(final: Job) -> None:
    if final["status"] != "SUCCESS":
        raise typer.Exit(FAILED)


def _leave(client: Client, output: Output, job_id: int) -> NoReturn:
    """After Ctrl-C: the job goes on where a server runs it, and ends where this process did."""
    output.note("JOB_ENDS_HERE" if client.address.socket else "JOB_GOES_ON", job=job_id)
    raise typer.Exit(INTERRUPTED) from None


def _show(client: Client, output: Output, job: Job) -> None:
    board = board_of(job, output)
    if output.as_json:
        for _ in _follower(client, job).messages():
            pass
    elif output.console.is_terminal:
        screen = Screen(board, _title(output, job), output.words,
                        elapsed=elapsed(job["startTime"] or job["createTime"], job["endTime"]))
        show_bars(_follower(client, job, screen.tell_lost, board.hear), board, screen, output)
    else:
        def tell(lost: bool) -> None:
            output.note("CONNECTION_LOST" if lost else "CONNECTION_BACK")

        def hear(now: Job) -> None:
            if board.hear(now) and board.waves is not None:
                output.text(board.waves.text(output.words))

        output.text(_title(output, job))
        if board.waves is not None and board.waves.waiting is not None:
            output.text(board.waves.text(output.words))
        show_lines(_follower(client, job, tell, hear), board, output)


def board_of(job: Job, output: Output) -> Board:
    """The board of a job: a line per record, named after its server, and its software where there are several."""
    records = job["records"]
    several = _is_several(records)
    board = Board(((record["systemSoftRecordId"], _label(record, several)) for record in records), output.words.lang,
                  waves=Waves.of(job), wave_of={record["systemSoftRecordId"]: record["systemSoftRecordWave"] or 1
                                                for record in records})
    board.hear(job)
    return board


def _follower(client: Client, job: Job, on_lost: Callable[[bool], None] = lambda _: None,
              hear: Callable[[Job], object] = lambda _: None) -> Follower:
    def is_final() -> bool:
        now = client.get(f"/job/{job['id']}")
        hear(now)
        return RecordStatus(now["status"]).final

    records = (record["systemSoftRecordId"] for record in job["records"])
    if job["waves"] is None:
        return Follower(client.address, job["id"], records, is_final=is_final, on_lost=on_lost)
    return Follower(client.address, job["id"], records, is_final=is_final, on_lost=on_lost, silence=LOOK)


def _is_several(records: Sequence[Mapping[str, Any]]) -> bool:
    return len({record["systemSoftRecordSoftName"] for record in records}) > 1


def _label(record: Mapping[str, Any], several: bool) -> str:
    server, name = plain(record["systemSoftRecordServerName"]), plain(record["systemSoftRecordSoftName"])
    return f"{server} {name}" if several else server


def _title(output: Output, job: Job) -> str:
    servers = list(dict.fromkeys(record["systemSoftRecordServerName"] for record in job["records"]))
    params = {"job": job["id"], "operation": output.words.term(job["operation"]), "software": plain(_software(job))}
    if len(servers) == 1:
        return output.words("JOB_TITLE_ONE", server=plain(servers[0]), **params)
    return output.words("JOB_TITLE", count=len(servers), **params)


def _software(job: Job) -> str:
    if job["operation"] != "apply":
        return f"{job['softName']} {job['version']}"
    names = list(dict.fromkeys(record["systemSoftRecordSoftName"] for record in job["records"]))
    return ", ".join(names[:NAMED]) + (" ..." if len(names) > NAMED else "")
