"""Which webhooks were here before: what is taken once is not taken again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from softops.accessmodels import WebhookRow
from softops.clock import Clock
from softops.db import Database
from softops.errors import ConstraintViolated

KEPT = timedelta(days=30)
"""How long a webhook is known again; forges repeat one within days."""


class HookMarks:
    """The table of webhooks that were taken."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def take(self, repository_id: int, marks: Sequence[str]) -> bool:
        """Whether none of the marks was known of this repository; now all are. Of two at the same time one is new."""
        now = self._clock()

        def work(session: Session) -> None:
            session.execute(delete(WebhookRow).where(WebhookRow.create_time < now - KEPT))
            session.add_all(WebhookRow(repository_id=repository_id, delivery=mark, create_time=now) for mark in marks)

        try:
            self._db.run(work)
        except ConstraintViolated:
            return False
        return True
