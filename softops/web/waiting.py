"""Waiting for the end of a job on behalf of a caller."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from anyio import to_thread

from softops.entities import Job, Record
from softops.statuses import RecordStatus
from softops.texts import Lang, render
from softops.web.endpoint import Call
from softops.web.views import remark_in

SLICE = 0.5
"""Seconds between two looks whether the caller is still there and the server goes on."""


async def wait_for(call: Call[Any, Any], job_id: int) -> Job:
    """The job once it is final, or as it is when the caller's patience is over, the caller has gone, or the
    server is about to end. The job itself goes on in any case."""
    patience = call.prefer.patience
    deadline = None if patience is None else time.monotonic() + patience
    while True:
        left = SLICE if deadline is None else min(SLICE, max(0.0, deadline - time.monotonic()))
        job = await to_thread.run_sync(call.service.installs.wait, job_id, left, limiter=call.waiters)
        if job.status.final or call.stopping() or await call.request.is_disconnected():
            return job
        if deadline is not None and time.monotonic() >= deadline:
            return job


def failure_code(records: Sequence[Record]) -> int:
    """The contract's code for a job that failed: that of the failures, the gravest first."""
    codes = {record.code or 500 for record in records if record.status is RecordStatus.FAILED}
    return next((code for code in (1001, 1002, 1003) if code in codes), min(codes, default=500))


def failure_text(records: Sequence[Record], lang: Lang) -> str:
    """Which servers failed and why, as one sentence."""
    failed = [record for record in records if record.status is RecordStatus.FAILED]
    remarks = [render("SERVER_FAILED", lang, {"server": record.server_name, "remark": remark_in(record, lang) or ""})
               for record in failed]
    if len(records) == 1 and remarks:
        return remarks[0]
    return render("SERVERS_FAILED", lang, {"failed": len(failed), "total": len(records),
                                           "remarks": ("; " if lang == "en" else "；").join(remarks)})
