"""Setting right what a server that went away in the middle of a start has been left with, once it is back."""

from __future__ import annotations

import logging

from softops.enginewatch import EngineWatch
from softops.errors import Conflict, SoftopsError
from softops.records import Records
from softops.starts import Starts

logger = logging.getLogger(__name__)

UNKNOWN = "START_UNKNOWN"
"""The reason of a record of which nobody knows how it ended on its server."""


class Amends:
    """Makes a job for each software whose last start was cut off by the loss of its server, as soon as that is reached
    again: what ran before runs again, and nothing else. Whatever is asked for meanwhile counts instead."""

    def __init__(self, *, records: Records, starts: Starts, engines: EngineWatch) -> None:
        self._records = records
        self._starts = starts
        self._engines = engines

    def make(self) -> None:
        """Look once; DatabaseError when even that does not work."""
        for record in self._records.last_with(UNKNOWN):
            if not self._engines.is_current(record.server_id):
                continue
            try:
                job = self._starts.amend(record)
            except Conflict:
                # Somebody was quicker.
                continue
            except SoftopsError as exc:
                logger.warning("%s on %s can't be set right: %s", record.soft_name, record.server_name, exc,
                               extra={"action": "amend", "record": record.id})
                continue
            if job is not None:
                logger.info("%s is back; job %s sets right what record %s has left there", record.server_name, job.id,
                            record.id, extra={"action": "amend", "record": record.id, "job": job.id})
