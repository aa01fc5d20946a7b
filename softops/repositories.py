"""The git repositories that hold catalogs, and how their last syncs ended."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from softops.actors import acting
from softops.audit import Audit
from softops.auditnotes import synced
from softops.choices import choices
from softops.db import Database
from softops.entities import Page, Repository
from softops.errors import Conflict, ConstraintViolated, NotFound
from softops.jobs import affected
from softops.models import AppRow, ImageRow, RepositoryRow
from softops.paging import page_of
from softops.statuses import ImageStatus, RepositoryStatus


class Repositories:
    """The table of repositories."""

    def __init__(self, database: Database, *, audit: Audit | None = None) -> None:
        """`audit`: where it is noted what syncs change."""
        self._db = database
        self._audit = audit

    def ensure(self, *, name: str, url: str, ref: str, path: str, interval: int, again: bool = True) -> Repository:
        """The repository of this name, made or changed to be so. When another place is meant than before, the
        next sync reads it anew. One that was removed from this very place comes back only if `again`."""

        def work(session: Session) -> Repository:
            return _repository_of(_ensure(session, name, {"url": url, "ref": ref, "path": path}, interval, again=again))

        try:
            return self._db.run(work)
        except ConstraintViolated:
            # Another process has made it between our look and our insert; now it is there to be changed.
            return self._db.run(work)

    def page(self, *, page: int, size: int) -> Page[Repository]:
        """Repositories that were not removed, in the order in which they were made."""
        with self._db.reading() as session:
            return page_of(session, _there(), _repository_of, page=page, size=size,
                           order=(RepositoryRow.id,))

    def all(self) -> tuple[Repository, ...]:
        """All repositories that were not removed, in the order in which they were made."""
        with self._db.reading() as session:
            rows = session.scalars(_there().order_by(RepositoryRow.id))
            return tuple(_repository_of(row) for row in rows)

    def get(self, repository_id: int) -> Repository:
        """The repository with this id, also when it was removed: what came from it still names it."""
        with self._db.reading() as session:
            return _repository_of(_row(session, repository_id))

    def named(self, name: str) -> Repository:
        """The repository with this name."""
        with self._db.reading() as session:
            row = session.scalars(_there().where(RepositoryRow.name == name)).one_or_none()
            return _repository_of(row) if row is not None else _refuse(session, name)

    def placed(self, name: str) -> Repository | None:
        """The repository with this name, removed or not, if there ever was one."""
        with self._db.reading() as session:
            row = session.scalars(select(RepositoryRow).where(RepositoryRow.name == name)).one_or_none()
            return _repository_of(row) if row is not None else None

    def installed(self, repository_id: int) -> frozenset[int]:
        """The ids of the repository's versions that are on a server."""
        found = (select(AppRow.soft_id).distinct().join(ImageRow, ImageRow.id == AppRow.soft_id)
                 .where(ImageRow.repository_id == repository_id))
        with self._db.reading() as session:
            return frozenset(number for number in session.scalars(found) if number is not None)

    def remove(self, repository_id: int, now: datetime) -> tuple[Repository, int]:
        """Take the repository out and retire all of its software; how many versions those were. What is on servers
        stays as it is, and so does what records say. Done before: nothing happens."""

        def work(session: Session) -> tuple[Repository, int]:
            row = _row(session, repository_id, lock=True)
            row.status, row.report, row.webhook = RepositoryStatus.REMOVED, {}, None
            return _repository_of(row), _retire(session, row.id, now)

        return self._db.run(work)

    def set_url(self, repository_id: int, url: str) -> None:
        """Write the address of the very same place in another way."""

        def work(session: Session) -> None:
            _row(session, repository_id, lock=True).url = url

        self._db.run(work)

    def set_webhook(self, repository_id: int, sealed: str | None) -> Repository:
        """Keep the sealed secret of the repository's webhook; None: it has none."""

        def work(session: Session) -> Repository:
            row = _row(session, repository_id, lock=True)
            if row.status == RepositoryStatus.REMOVED:
                raise Conflict("REPOSITORY_GONE", repository=row.name)
            row.webhook = sealed
            return _repository_of(row)

        return self._db.run(work)

    def sealed_webhook(self, repository_id: int) -> str | None:
        """The sealed secret of the repository's webhook; None when it has none."""
        with self._db.reading() as session:
            return _row(session, repository_id).webhook

    def finish_sync(self, repository_id: int, *, status: RepositoryStatus, commit: str | None,
                    report: Mapping[str, Any], now: datetime, began: Repository | None = None) -> Repository:
        """Note how a sync ended. `commit` is the one whose entries are in use now; None: as before. What the sync
        of a place found that is not the repository's any more (`began`: as the repository was) is not noted."""

        def work(session: Session) -> Repository:
            row = _row(session, repository_id, lock=True)
            before = _repository_of(row)
            if row.status == RepositoryStatus.REMOVED:
                # It was removed in the middle of the sync.
                _retire(session, row.id, now)
            elif began is None or _place_of(row) == _place_of(began):
                row.status, row.sync_time, row.report = status, now, dict(report)
                row.commit = commit or row.commit
            after = _repository_of(row)
            if self._audit is not None and (note := synced(before, after, acting(), now)) is not None:
                self._audit.add(session, note)
            return after

        return self._db.run(work)


def _there() -> Select[RepositoryRow]:
    return select(RepositoryRow).where(RepositoryRow.status != RepositoryStatus.REMOVED)


def _place_of(repository: RepositoryRow | Repository) -> Mapping[str, str]:
    return {"url": repository.url, "ref": repository.ref, "path": repository.path}


def _ensure(session: Session, name: str, place: Mapping[str, str], interval: int, *, again: bool) -> RepositoryRow:
    row = session.scalars(select(RepositoryRow).where(RepositoryRow.name == name).with_for_update()).one_or_none()
    if row is None:
        row = RepositoryRow(name=name, **place, interval=interval, status=RepositoryStatus.NEVER, report={})
        session.add(row)
        session.flush()
        return row
    moved = _place_of(row) != place
    if moved or (again and row.status == RepositoryStatus.REMOVED):
        if row.status == RepositoryStatus.REMOVED:
            # All that came from it is retired: nothing is in use that could differ from what is read now.
            row.commit = None
        row.url, row.ref, row.path = place["url"], place["ref"], place["path"]
        row.status, row.report = RepositoryStatus.NEVER, {}
    row.interval = interval
    return row


def _retire(session: Session, repository_id: int, now: datetime) -> int:
    retired = update(ImageRow).where(ImageRow.repository_id == repository_id, ImageRow.status != ImageStatus.RETIRED)
    return affected(session.execute(retired.values(status=ImageStatus.RETIRED, update_time=now)))


def _row(session: Session, repository_id: int, *, lock: bool = False) -> RepositoryRow:
    row = session.get(RepositoryRow, repository_id, with_for_update=lock)
    return row if row is not None else _refuse(session, repository_id)


def _refuse(session: Session, wanted: object) -> NoReturn:
    there = session.execute(select(RepositoryRow.id, RepositoryRow.name)
                            .where(RepositoryRow.status != RepositoryStatus.REMOVED))
    raise NotFound("REPOSITORY_NOT_FOUND", repository=wanted,
                   choices=choices(wanted, (f"{name} ({number})" for number, name in there)))


def _repository_of(row: RepositoryRow) -> Repository:
    return Repository(id=row.id, name=row.name, url=row.url, ref=row.ref, path=row.path, interval=row.interval,
                      status=RepositoryStatus(row.status), commit=row.commit, sync_time=row.sync_time,
                      report=row.report, webhook=row.webhook is not None)
