"""The jobs and what those that are not done wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from softops.cli.board import Waves
from softops.cli.output import Output
from softops.cli.session import session
from softops.cli.terms import meant
from softops.client import Client

Row = Mapping[str, Any]


def jobs(*, status: str | None, limit: int, as_json: bool) -> None:
    """The newest jobs, with what they wait for."""
    with session(as_json=as_json) as (client, output):
        found = client.rows("/job/page", status=None if status is None else meant(status))
        rows = list(islice(found, limit))
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_JOBS")
        else:
            output.table(("JOB", "OPERATION", "SOFTWARE", "VERSION", "STATUS", "OF_WAVES", "USER", "MADE", "REMARK"),
                         [_job_cells(output, row) for row in rows], spare=("USER", "MADE"))


def with_waits(client: Client, output: Output, records: Iterable[Row]) -> Sequence[Row]:
    """The records, those of later waves with what they wait for as their remark."""
    rows = list(records)
    ids = {row["systemSoftRecordJobId"] for row in rows if _later(row)}
    waves = {job_id: Waves.of(client.get(f"/job/{job_id}")) for job_id in sorted(ids)}
    return [{**row, "systemSoftRecordRemark": row["systemSoftRecordRemark"] or _wait(
        output, waves[row["systemSoftRecordJobId"]], row["systemSoftRecordWave"])} if _later(row) else row
        for row in rows]


def _later(record: Row) -> bool:
    return record["systemSoftRecordStatus"] == "PENDING" and (record["systemSoftRecordWave"] or 1) > 1


def _wait(output: Output, job: Waves | None, wave: int) -> str:
    """What a record of `wave` waits for; nothing when its wave has its turn."""
    if job is None or (wave <= job.wave and job.waiting is None):
        return ""
    if wave == job.wave and job.waiting == "approval":
        return output.words("WAITS_APPROVAL", job=job.job)
    return output.words("WAITS_WAVE", wave=wave, waves=job.count)


def _job_cells(output: Output, row: Row) -> Sequence[str]:
    waves = Waves.of(row)
    waits = _wait(output, waves, waves.wave) if waves is not None else ""
    return (str(row["id"]), row["operation"], row["softName"] or "-", row["version"] or "-", row["status"],
            f"{waves.wave}/{waves.count}" if waves is not None else "-", row["user"] or "-",
            output.time(row["createTime"]), waits or row["remark"] or "")
