"""What the records of a job say whose process has died: decided from a look at the servers afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from softops.entities import FinalState, Record
from softops.errors import SoftopsError
from softops.outcomes import HostTale, RunEnd, RunStatus
from softops.playbooks import IMAGE_OPERATIONS, RUNNING_AFTER
from softops.statuses import RecordStatus
from softops.texts import nested

PREFIX = "INTERRUPTED"
"""How the reasons begin with which a record ends because softops was stopped or killed."""


def looks(records: Iterable[Record]) -> tuple[tuple[Record, ...], ...]:
    """The records, divided by what can be looked at in one run: what was to be started is brought to a good end,
    everything else is only asked whether it is done."""
    begun = tuple(records)
    parts = (tuple(one for one in begun if (one.operation in RUNNING_AFTER) is started) for started in (True, False))
    return tuple(part for part in parts if part)


def broke_off(end: RunEnd) -> str | None:
    """Why a run ended in its middle, so that nobody knows what is on the servers; None when it did not."""
    if end.stats is not None:
        return None
    if end.status in {RunStatus.TIMEOUT, RunStatus.FULL}:
        return "RUN_HUNG" if end.status is RunStatus.TIMEOUT else "RUN_NO_ROOM_LEFT"
    return "ANSIBLE_KILLED" if end.status is RunStatus.FAILED and end.rc is None else None


def as_found(cause: str, operation: str, final: FinalState, tale: HostTale) -> FinalState:
    """How a record of `operation` ends of whose server a look says `final`: done only when nothing is to be done.
    `cause` is why one had to look."""
    reason = final.reason or ""
    if final.status is RecordStatus.CANCELLED or reason == PREFIX:
        return final
    because = nested("cause", cause, {})
    if reason.startswith(PREFIX):
        return replace(final, reason_params={**final.reason_params, **because})
    if final.status is not RecordStatus.SUCCESS:
        return unseen(cause, reason, final.reason_params, final.code)
    seen = (tale.ok.changed if tale.ok else None) if operation in IMAGE_OPERATIONS else final.changed
    if seen is not False:
        return FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED_UNDONE", code=500, reason_params=because)
    return replace(final, reason="FOUND_DONE", reason_params=because)


def not_looked_at(cause: str, error: SoftopsError) -> FinalState:
    """How a record ends when nobody could even begin to look."""
    return unseen(cause, error.reason, {key: str(value) for key, value in error.params.items()}, error.code)


def unseen(cause: str, reason: str, params: Mapping[str, object], code: int | None) -> FinalState:
    """How a record ends of whose server nothing is known, for this reason."""
    return FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED_UNSEEN", code=code or 500,
                      reason_params={**nested("message", reason, params), **nested("cause", cause, {})})
