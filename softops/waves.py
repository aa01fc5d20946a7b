"""Waves: which servers of a job come first, and when the others are not to follow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softops.choices import choices
from softops.entities import Record
from softops.errors import BadRequest
from softops.statuses import RecordStatus

STOP, ROLL_BACK = "stop", "rollback"
MAX_SETTLE = 86_400
_PERCENT = re.compile(r"([1-9][0-9]?|100)%")
_KEYS = ("canary", "batch", "maxFailures", "onFailure", "approval", "settle")


@dataclass(frozen=True, kw_only=True, slots=True)
class Strategy:
    """How a job goes over its servers."""

    canary: int = 0
    """Servers that come alone before all others."""
    batch: int | None = None
    """Servers of each further wave; None: see `percent`."""
    percent: int | None = None
    """The same as a share of all servers, rounded up; None as well: all that are left."""
    max_failures: int = 0
    """Servers that may fail before no further wave begins."""
    on_failure: str = STOP
    """Then: `stop` and keep what was done, or `rollback` the servers that were changed."""
    approval: bool = False
    """Whether somebody has to allow each wave after the first."""
    settle: int = 10
    """Seconds between two waves, after which the software must still be healthy."""

    def to_json(self) -> dict[str, Any]:
        """What `strategy_of` reads."""
        batch: int | str | None = f"{self.percent}%" if self.percent is not None else self.batch
        return {"canary": self.canary, "batch": batch, "maxFailures": self.max_failures,
                "onFailure": self.on_failure, "approval": self.approval, "settle": self.settle}


def strategy_of(data: Mapping[str, Any]) -> Strategy:
    """The strategy that somebody asked for; BadRequest naming what is wrong."""
    unknown = next((key for key in data if key not in _KEYS), None)
    if unknown is not None:
        raise BadRequest("STRATEGY_UNKNOWN", name=str(unknown)[:100], choices=choices(str(unknown)[:100], _KEYS))
    batch, percent = _batch(data.get("batch"))
    on_failure = data.get("onFailure", STOP)
    if on_failure not in (STOP, ROLL_BACK):
        raise BadRequest("STRATEGY_INVALID", name="onFailure", wanted=f"{STOP}, {ROLL_BACK}")
    approval = data.get("approval", False)
    if not isinstance(approval, bool):
        raise BadRequest("STRATEGY_INVALID", name="approval", wanted="true, false")
    return Strategy(canary=_whole(data, "canary", 0, 0, 10_000), batch=batch, percent=percent,
                    max_failures=_whole(data, "maxFailures", 0, 0, 10_000), on_failure=str(on_failure),
                    approval=approval, settle=_whole(data, "settle", 10, 0, MAX_SETTLE))


def assign(servers: int, strategy: Strategy) -> tuple[int, ...]:
    """The wave of each of so many servers, from 1; none is empty."""
    size = strategy.batch or servers
    if strategy.percent is not None:
        size = max(1, -(-servers * strategy.percent // 100))
    first = min(strategy.canary, servers)
    rest = [1 + (first > 0) + number // size for number in range(servers - first)]
    return (*(1 for _ in range(first)), *rest)


def is_breached(strategy: Strategy, records: Sequence[Record]) -> bool:
    """Whether so many servers have failed that no further wave may begin."""
    return len(failed_servers(records)) > strategy.max_failures


def failed_servers(records: Sequence[Record]) -> frozenset[int]:
    """The servers on which something failed. That softops was stopped or killed says nothing against them."""
    return frozenset(record.server_id for record in records
                     if record.status is RecordStatus.FAILED and not (record.reason or "").startswith("INTERRUPTED"))


def _batch(value: object) -> tuple[int | None, int | None]:
    if value is None:
        return None, None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value, None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and 0 < int(value) <= 10_000:
        return int(value), None
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BadRequest("STRATEGY_BATCH", name="batch")
    return None, int(found[1])


def _whole(data: Mapping[str, Any], key: str, otherwise: int, low: int, high: int) -> int:
    value = data.get(key, otherwise)
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # for JSON the same
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadRequest("STRATEGY_INVALID", name=key, wanted=f"{low} ... {high}")
    return value
