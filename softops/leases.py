"""Who still holds a job: what a lease says, without believing any clock but this process's own."""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from softops.entities import Job
from softops.owners import is_gone, runs_here

LEASE = timedelta(seconds=30)
HAND_LEASE = timedelta(seconds=60)
"""After so long a silence a run by hand counts as interrupted."""
HAND = "hand-"
"""How the owner of a run by hand is called."""
GAP = 5.0
"""Seconds that count between two looks at most: while nobody looked, or the database was gone, nothing was proven."""


@dataclass(kw_only=True, slots=True)
class _Watched:
    """A lease as it was found, and for how long it has been the same."""

    owner: str
    until: datetime
    seen: float
    silent: float = 0.0


RELEASED = "LOCK_RELEASED"
"""The reason of a record that was taken from who held it: he is to stop there."""
SILENT = 10.0
"""Seconds without a sign after which a holder on another host counts as silent; a sign comes every two."""


class Holder(enum.StrEnum):
    """What is known of the process that holds a job."""

    NONE = "NONE"
    """Nobody has begun."""
    ALIVE = "ALIVE"
    SILENT = "SILENT"
    """It runs elsewhere and has given no sign for a while."""
    DEAD = "DEAD"


class Leases:
    """Judges leases. A process of this host is seen to live or to be dead. One of another host proves its life by
    prolonging its lease; whether that is past says nothing, because clocks differ and jump. Only a lease that this
    process has watched standing still for its whole length is lost."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._watched: dict[int, _Watched] = {}

    def is_lost(self, job: Job) -> bool:
        """Whether the holder of a RUNNING job is certainly gone; asked again and again, by one thread."""
        owner, until = job.lease_owner or "", job.lease_until
        if runs_here(owner):
            # Seen to live: a lease that ran out while the database was gone does not make the job lost.
            return is_gone(owner)
        if until is None:
            return True
        now, watched = self._now(), self._watched.get(job.id)
        if watched is None or (watched.owner, watched.until) != (owner, until):
            self._watched[job.id] = _Watched(owner=owner, until=until, seen=now)
            return False
        watched.silent += min(now - watched.seen, GAP)
        watched.seen = now
        return watched.silent > length_of(owner)

    def holder(self, job: Job) -> Holder:
        """What is known of who holds a job, by what was seen at the last look."""
        owner, watched = job.lease_owner or "", self._watched.get(job.id)
        if not owner:
            return Holder.NONE
        if runs_here(owner):
            return Holder.DEAD if is_gone(owner) else Holder.ALIVE
        same = watched is not None and (watched.owner, watched.until) == (owner, job.lease_until)
        return Holder.SILENT if same and watched is not None and watched.silent > SILENT else Holder.ALIVE

    def keep_only(self, job_ids: frozenset[int]) -> None:
        """Forget the leases of all other jobs."""
        self._watched = {job_id: one for job_id, one in self._watched.items() if job_id in job_ids}


def is_alive(job: Job) -> bool:
    """Whether the holder of a job is seen to live on this machine."""
    owner = job.lease_owner or ""
    return runs_here(owner) and not is_gone(owner)


def length_of(owner: str) -> float:
    """Seconds for which `owner` takes a lease."""
    return (HAND_LEASE if owner.startswith(HAND) else LEASE).total_seconds()
