"""The locks: who is at work on which software on which server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from softops.cli.output import Output
from softops.cli.session import session


def show(*, as_json: bool) -> None:
    """All of them, the oldest first."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/lock/page"))
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_LOCKS")
        else:
            output.table(("RECORD", "JOB", "OPERATION", "SOFTWARE", "VERSION", "SERVER", "STATUS", "USER", "SINCE",
                          "HOLDER_STATE", "HOLDER", "LEASE"), [_cells(output, row) for row in rows],
                         spare=("LEASE", "VERSION", "USER"))


def release(record: int, *, force: bool, as_json: bool) -> None:
    """End the record that is the lock."""
    with session(as_json=as_json) as (client, output):
        ended = client.post(f"/lock/{record}/release", {"force": force})
        if as_json:
            output.document(ended)
        else:
            output.line("RELEASED", record=record, software=ended["systemSoftRecordSoftName"],
                        server=ended["systemSoftRecordServerName"], remark=ended["systemSoftRecordRemark"])


def _cells(output: Output, row: Mapping[str, Any]) -> Sequence[str]:
    return (str(row["recordId"]), str(row["jobId"]), row["operation"], row["softName"], row["version"],
            row["serverName"], row["status"], row["user"], output.time(row["since"]), row["holderState"],
            row["holder"] or "-", output.time(row["leaseUntil"]))
