"""What the records of a job say whose process has died: decided from a look at the servers afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from softops.entities import FinalState, Record
from softops.errors import SoftopsError
from softops.outcomes import HostTale
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


def as_found(operation: str, final: FinalState, tale: HostTale) -> FinalState:
    """How a record of `operation` ends of whose server a look says `final`: done only when nothing is to be done."""
    if final.status is RecordStatus.CANCELLED or (final.reason or "").startswith(PREFIX):
        return final
    if final.status is not RecordStatus.SUCCESS:
        return unseen(final.reason or "", final.reason_params, final.code)
    seen = (tale.ok.changed if tale.ok else None) if operation in IMAGE_OPERATIONS else final.changed
    if seen is not False:
        return FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED_UNDONE", code=500)
    return replace(final, reason="FOUND_DONE")


def not_looked_at(error: SoftopsError) -> FinalState:
    """How a record ends when nobody could even begin to look."""
    return unseen(error.reason, error.params, error.code)


def unseen(reason: str, params: object, code: int | None) -> FinalState:
    """How a record ends of whose server nothing is known, for this reason."""
    given = dict(params) if isinstance(params, dict) else {}
    return FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED_UNSEEN", code=code or 500,
                      reason_params=nested("message", reason, given))
