"""The software table: every version of every software that is or was in a catalog."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Select, insert, select, update
from sqlalchemy.orm import Session, defer

from softops.catalog import CatalogItem
from softops.choices import choices
from softops.columns import clip
from softops.db import Database
from softops.entities import Page, SoftImage
from softops.errors import BadRequest, NotFound
from softops.models import ImageRow, RepositoryRow
from softops.paging import page_of
from softops.plan import Change, StoredEntry, SyncPlan
from softops.statuses import ImageStatus
from softops.versions import version_key

T = TypeVar("T")

BATCH = 500
"""Rows that one statement names; SQLite allows 32,766 variables in one."""
ORDER = (ImageRow.name, ImageRow.version_key.desc(), ImageRow.version.desc(), ImageRow.id)
"""By name, newest version first."""


class Images:
    """The table system_soft_image. A version that left git is RETIRED, never deleted."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def page(self, *, page: int, size: int, name: str | None = None,
             status: ImageStatus | None = None) -> Page[SoftImage]:
        """Software by name, newest version first. `name` is any part of the name, taken literally."""
        found = select(ImageRow)
        if name:
            found = found.where(ImageRow.name.icontains(name, autoescape=True))
        if status is not None:
            found = found.where(ImageRow.status == status)
        with self._db.reading() as session:
            return page_of(session, found, _image_of, page=page, size=size, order=ORDER)

    def get(self, soft_id: int) -> SoftImage:
        """The software with this id."""
        with self._db.reading() as session:
            return _image_of(_row(session, soft_id))

    def find(self, name: str, version: str | None = None, repository: str | None = None) -> SoftImage:
        """The named version, or else the highest that is AVAILABLE. NotFound says what there is; BadRequest
        when several repositories have it and none is named."""
        with self._db.reading() as session:
            rows = session.scalars(_named(name, repository).order_by(*ORDER)).all()
            if not rows:
                raise _no_such_name(session, name, repository)
            return _image_of(_only(session, name, _candidates(name, version, rows)))

    def versions(self, name: str, repository: str | None = None) -> tuple[SoftImage, ...]:
        """All versions of a software, newest first and never none; NotFound says what there is. Their entries are
        left out: there may be a thousand, each with a long template."""
        found = _named(name, repository).options(defer(ImageRow.entry)).order_by(*ORDER)
        with self._db.reading() as session:
            rows = session.scalars(found).all()
            if not rows:
                raise _no_such_name(session, name, repository)
            return tuple(_image_of(row, entry={}) for row in rows)

    def stored(self, repository_id: int) -> Mapping[tuple[str, str], StoredEntry]:
        """What is known of every row of a repository, by name and version."""
        found = select(ImageRow.id, ImageRow.name, ImageRow.version, ImageRow.status,
                       ImageRow.entry_hash).where(ImageRow.repository_id == repository_id)
        with self._db.reading() as session:
            return {(name, version): StoredEntry(id=soft_id, name=name, version=version, status=ImageStatus(status),
                                                 entry_hash=entry_hash)
                    for soft_id, name, version, status, entry_hash in session.execute(found)}

    def apply(self, plan: SyncPlan, repository_id: int, commit: str, now: datetime) -> None:
        """Make the rows what the plan says, all or none. Rows that change name `commit` as theirs; an unchanged
        row keeps the commit that changed it last."""
        if not plan.empty:
            self._db.run(lambda session: _apply(session, plan, repository_id, commit, now))

    def refresh(self, soft_id: int, *, status: ImageStatus, digest: str | None, size: int | None,
                now: datetime) -> SoftImage:
        """The software with what its registry says of it; one that left git stays RETIRED."""

        def work(session: Session) -> SoftImage:
            row = _row(session, soft_id)
            before = (row.status, row.digest, row.size)
            row.status = row.status if row.status == ImageStatus.RETIRED else status
            row.digest, row.size = digest, size
            if before != (row.status, row.digest, row.size):
                row.update_time = now
            return _image_of(row)

        return self._db.run(work)


def _named(name: str, repository: str | None) -> Select[ImageRow]:
    found = select(ImageRow).where(ImageRow.name == name)
    if repository is None:
        return found
    return found.join(RepositoryRow, RepositoryRow.id == ImageRow.repository_id).where(
        RepositoryRow.name == repository)


def _no_such_name(session: Session, name: str, repository: str | None) -> NotFound:
    names = select(ImageRow.name).distinct()
    if repository is None:
        return NotFound("SOFTWARE_NAME_NOT_FOUND", name=name, choices=choices(name, session.scalars(names)))
    there = {row.name: row.id for row in session.scalars(select(RepositoryRow))}
    if repository not in there:
        return NotFound("REPOSITORY_NOT_FOUND", repository=repository, choices=choices(repository, there))
    own = session.scalars(names.where(ImageRow.repository_id == there[repository]))
    return NotFound("SOFTWARE_NOT_IN_REPOSITORY", name=name, repository=repository, choices=choices(name, own))


def _candidates(name: str, version: str | None, rows: Sequence[ImageRow]) -> list[ImageRow]:
    """The rows that may be meant, best first; at most one per repository."""
    if version is not None:
        fitting = [row for row in rows if row.version == version]
        if not fitting:
            raise NotFound("SOFTWARE_VERSION_NOT_FOUND", name=name, version=version,
                           choices=choices(version, (row.version for row in rows)))
        return [row for row in fitting if row.status != ImageStatus.RETIRED] or fitting[:1]
    available = [row for row in rows if row.status == ImageStatus.AVAILABLE]
    if not available:
        raise NotFound("SOFTWARE_NO_VERSION", name=name,
                       choices=", ".join(f"{row.version} ({row.status})" for row in rows[:10]))
    return list({row.repository_id: row for row in reversed(available)}.values())


def _only(session: Session, name: str, candidates: Sequence[ImageRow]) -> ImageRow:
    if len(candidates) > 1:
        ids = [row.repository_id for row in candidates]
        names = session.scalars(select(RepositoryRow.name).where(RepositoryRow.id.in_(ids)))
        raise BadRequest("SOFTWARE_AMBIGUOUS", name=name, choices=", ".join(sorted(names)))
    return candidates[0]


def _apply(session: Session, plan: SyncPlan, repository_id: int, commit: str, now: datetime) -> None:
    common = {"commit": commit, "update_time": now, "status": ImageStatus.AVAILABLE}
    for items in _batches(plan.added):
        session.execute(insert(ImageRow), [
            {**common, **_content(item), "repository_id": repository_id, "name": item.name, "version": item.version,
             "version_key": version_key(item.version), "create_time": now, "digest": item.digest, "size": None}
            for item in items])
    for changes in _batches((*plan.changed, *plan.revived)):
        session.execute(update(ImageRow), [
            {**common, **_content(change.item), **known, "id": change.stored.id}
            for change, known in _with_known(session, changes)])
    for entries in _batches(plan.retired):
        session.execute(update(ImageRow).where(ImageRow.id.in_([entry.id for entry in entries])).values(
            status=ImageStatus.RETIRED, commit=commit, update_time=now))


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start:start + BATCH] for start in range(0, len(rows), BATCH))


def _content(item: CatalogItem) -> dict[str, Any]:
    return {"docker_image": item.docker_image, "description": clip(item.description), "entry": dict(item.entry),
            "entry_hash": item.entry_hash}


def _with_known(session: Session, changes: Sequence[Change]) -> Iterable[tuple[Change, dict[str, Any]]]:
    """The digest and size of each changed row: what git demands, or what the registry said of the same image."""
    ids = [change.stored.id for change in changes]
    rows = {row.id: row for row in session.scalars(select(ImageRow).where(ImageRow.id.in_(ids)))}
    for change in changes:
        row, item = rows[change.stored.id], change.item
        was_pinned = "digest" in row.entry.get("version", {})
        same_image = row.docker_image == item.docker_image
        answered = (row.digest, row.size) if same_image and not was_pinned else (None, None)
        size = row.size if same_image and row.digest == item.digest else None
        digest, size = (item.digest, size) if item.digest is not None else answered
        yield change, {"digest": digest, "size": size}


def _row(session: Session, soft_id: int) -> ImageRow:
    found = session.get(ImageRow, soft_id)
    if found is None:
        raise NotFound("SOFTWARE_NOT_FOUND", soft=soft_id)
    return found


def _image_of(row: ImageRow, *, entry: Mapping[str, Any] | None = None) -> SoftImage:
    return SoftImage(id=row.id, name=row.name, version=row.version, docker_image=row.docker_image,
                     description=row.description, status=ImageStatus(row.status), repository_id=row.repository_id,
                     commit=row.commit, digest=row.digest, size=row.size,
                     entry=row.entry if entry is None else entry,
                     create_time=row.create_time, update_time=row.update_time)
