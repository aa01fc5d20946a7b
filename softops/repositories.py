"""The git repositories that hold catalogs, and how their last syncs ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from softops.choices import choices
from softops.db import Database
from softops.entities import Page, Repository
from softops.errors import ConstraintViolated, NotFound
from softops.models import RepositoryRow
from softops.paging import page_of
from softops.statuses import RepositoryStatus


class Repositories:
    """The table of repositories."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def ensure(self, *, name: str, url: str, ref: str, path: str, interval: int) -> Repository:
        """The repository of this name, made or changed to be so. When another place is meant than before, the
        next sync reads it anew."""

        def work(session: Session) -> Repository:
            return _repository_of(_ensure(session, name, {"url": url, "ref": ref, "path": path}, interval))

        try:
            return self._db.run(work)
        except ConstraintViolated:
            # Another process has made it between our look and our insert; now it is there to be changed.
            return self._db.run(work)

    def page(self, *, page: int, size: int) -> Page[Repository]:
        """Repositories in the order in which they were made."""
        with self._db.reading() as session:
            return page_of(session, select(RepositoryRow), _repository_of, page=page, size=size,
                           order=(RepositoryRow.id,))

    def all(self) -> tuple[Repository, ...]:
        """All repositories in the order in which they were made."""
        with self._db.reading() as session:
            rows = session.scalars(select(RepositoryRow).order_by(RepositoryRow.id))
            return tuple(_repository_of(row) for row in rows)

    def get(self, repository_id: int) -> Repository:
        """The repository with this id."""
        with self._db.reading() as session:
            return _repository_of(_row(session, repository_id))

    def named(self, name: str) -> Repository:
        """The repository with this name."""
        with self._db.reading() as session:
            row = session.scalars(select(RepositoryRow).where(RepositoryRow.name == name)).one_or_none()
            return _repository_of(row) if row is not None else _refuse(session, name)

    def finish_sync(self, repository_id: int, *, status: RepositoryStatus, commit: str | None,
                    report: Mapping[str, Any], now: datetime) -> Repository:
        """Note how a sync ended. `commit` is the one whose entries are in use now; None: as before."""

        def work(session: Session) -> Repository:
            row = _row(session, repository_id)
            row.status, row.sync_time, row.report = status, now, dict(report)
            row.commit = commit or row.commit
            return _repository_of(row)

        return self._db.run(work)


def _ensure(session: Session, name: str, place: Mapping[str, str], interval: int) -> RepositoryRow:
    row = session.scalars(select(RepositoryRow).where(RepositoryRow.name == name).with_for_update()).one_or_none()
    if row is None:
        row = RepositoryRow(name=name, **place, interval=interval, status=RepositoryStatus.NEVER, report={})
        session.add(row)
        session.flush()
        return row
    if {"url": row.url, "ref": row.ref, "path": row.path} != place:
        row.url, row.ref, row.path = place["url"], place["ref"], place["path"]
        row.status, row.report = RepositoryStatus.NEVER, {}
    row.interval = interval
    return row


def _row(session: Session, repository_id: int) -> RepositoryRow:
    row = session.get(RepositoryRow, repository_id)
    return row if row is not None else _refuse(session, repository_id)


def _refuse(session: Session, wanted: object) -> NoReturn:
    there = session.execute(select(RepositoryRow.id, RepositoryRow.name))
    raise NotFound("REPOSITORY_NOT_FOUND", repository=wanted,
                   choices=choices(wanted, (f"{name} ({number})" for number, name in there)))


def _repository_of(row: RepositoryRow) -> Repository:
    return Repository(id=row.id, name=row.name, url=row.url, ref=row.ref, path=row.path, interval=row.interval,
                      status=RepositoryStatus(row.status), commit=row.commit, sync_time=row.sync_time,
                      report=row.report)
