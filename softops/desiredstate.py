"""What the plan needs of SQL beside apps and images: revisions in force, heals of late, and what is managed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from softops.apps import revision_of
from softops.db import Database
from softops.entities import Revision
from softops.models import AppRow, JobRow, RecordRow, RevisionRow
from softops.statuses import ACTIVE

HEALER = "softops-heal"
"""Who asks for the jobs that self-heal makes."""


class DesiredState:
    """Reads and writes the tables for the desired state."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def revisions(self) -> Mapping[tuple[int, str], Revision]:
        """What is in force of every app that was ever started, by server and name."""
        found = select(RevisionRow).join(AppRow, and_(
            AppRow.server_id == RevisionRow.server_id, AppRow.name == RevisionRow.name,
            AppRow.revision == RevisionRow.number))
        with self._db.reading() as session:
            return {(row.server_id, row.name): revision_of(row) for row in session.scalars(found)}

    def heals(self, since: datetime) -> Counter[tuple[int, str]]:
        """How often each app was healed after a time, whatever came of it."""
        found = (select(RecordRow.server_id, RecordRow.soft_name, func.count())
                 .join(JobRow, JobRow.id == RecordRow.job_id)
                 .where(JobRow.user == HEALER, JobRow.create_time >= since)
                 .group_by(RecordRow.server_id, RecordRow.soft_name))
        with self._db.reading() as session:
            return Counter({(server, name): count for server, name, count in session.execute(found)})

    def worked_on(self, since: datetime, until: datetime) -> frozenset[tuple[int, str]]:
        """The apps at which somebody is at work, or was until some time between those two, by server and name."""
        found = select(RecordRow.server_id, RecordRow.soft_name).where(
            or_(RecordRow.status.in_(ACTIVE), RecordRow.end_time.between(since, until)))
        with self._db.reading() as session:
            return frozenset((server, name) for server, name in session.execute(found))

    def adopt(self, server_id: int, names: Iterable[str]) -> None:
        """From now on the inventory decides about these apps: no longer listed, they are removed."""
        wanted = list(names)
        if wanted:
            self._db.run(lambda session: session.execute(update(AppRow).where(
                AppRow.server_id == server_id, AppRow.name.in_(wanted)).values(managed=True)))
