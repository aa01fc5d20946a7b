"""What is on servers, in SQL: each software there, and the revisions it has been through."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from softops.db import Database
from softops.entities import App, Page, Record, Revision
from softops.errors import NotFound
from softops.jobs import RevisionDraft
from softops.models import AppRow, JobRow, RecordRow, RevisionRow, ServerRow
from softops.paging import page_of
from softops.playbooks import RUNNING_AFTER
from softops.secretparams import secret_names
from softops.statuses import AppState

RECENT = 20
"""Revisions whose secrets a container may still tell."""


class Apps:
    """Reads the tables of apps and revisions; they are written together with the records that change them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> tuple[App, ...]:
        """Everything on all servers, by server and name."""
        return self._found()

    def on(self, server_id: int) -> tuple[App, ...]:
        """Everything on one server, by name."""
        return self._found(AppRow.server_id == server_id)

    def where(self, name: str) -> tuple[App, ...]:
        """The servers that have a software, by server name."""
        return self._found(AppRow.name == name)

    def page(self, *, page: int, size: int, name: str | None = None, server_id: int | None = None) -> Page[App]:
        """What is on servers, by server and name."""
        wanted = {AppRow.name: name, AppRow.server_id: server_id}
        conditions = [column == value for column, value in wanted.items() if value is not None]
        found = select(AppRow).join(ServerRow, ServerRow.id == AppRow.server_id).where(*conditions)
        with self._db.reading() as session:
            names = {row.id: row.name for row in session.execute(select(ServerRow.id, ServerRow.name))}
            return page_of(session, found, lambda row: _app_of(row, names[row.server_id]), page=page, size=size,
                           order=(ServerRow.name, AppRow.name))

    def find(self, server_id: int, name: str) -> App | None:
        """A software on a server."""
        return next(iter(self._found(AppRow.server_id == server_id, AppRow.name == name)), None)

    def revisions(self, server_id: int, name: str, *, page: int, size: int) -> Page[Revision]:
        """What a software has been on a server, newest first."""
        found = select(RevisionRow).where(RevisionRow.server_id == server_id, RevisionRow.name == name,
                                          RevisionRow.number.is_not(None))
        with self._db.reading() as session:
            return page_of(session, found, revision_of, page=page, size=size, order=(RevisionRow.number.desc(),))

    def latest(self, server_id: int, name: str) -> Revision | None:
        """What was last tried with a software on a server, whether it worked or not."""
        found = select(RevisionRow).where(RevisionRow.server_id == server_id, RevisionRow.name == name)
        with self._db.reading() as session:
            row = session.scalars(found.order_by(RevisionRow.id.desc()).limit(1)).first()
            return None if row is None else revision_of(row)

    def sealed(self, server_id: int, name: str) -> tuple[str, ...]:
        """The sealed secrets with which a software was tried of late on a server, newest first."""
        found = (select(RevisionRow.secrets).order_by(RevisionRow.id.desc()).limit(RECENT)
                 .where(RevisionRow.server_id == server_id, RevisionRow.name == name, RevisionRow.secrets.is_not(None)))
        with self._db.reading() as session:
            return tuple(dict.fromkeys(str(one) for one in session.scalars(found)))

    def kept_secrets(self, names: Collection[str]) -> Mapping[tuple[int, str], frozenset[str]]:
        """Which secrets of these software are kept from what was last tried with it, by server and software."""
        newest = (select(func.max(RevisionRow.id)).where(RevisionRow.name.in_(names))
                  .group_by(RevisionRow.server_id, RevisionRow.name))
        found = (select(RevisionRow.server_id, RevisionRow.name, RevisionRow.entry)
                 .where(RevisionRow.id.in_(newest), RevisionRow.secrets.is_not(None)))
        with self._db.reading() as session:
            return {(server_id, name): secret_names(entry) for server_id, name, entry in session.execute(found)}

    def revision(self, server_id: int, name: str, number: int) -> Revision:
        """One revision; NotFound naming the numbers there are."""
        found = select(RevisionRow).where(RevisionRow.server_id == server_id, RevisionRow.name == name)
        with self._db.reading() as session:
            row = session.scalars(found.where(RevisionRow.number == number)).one_or_none()
            if row is None:
                raise NotFound("REVISION_NOT_FOUND", software=name, revision=number,
                               choices=self._numbers(session, server_id, name))
            return revision_of(row)

    def _numbers(self, session: Session, server_id: int, name: str) -> str:
        low, high = session.execute(select(func.min(RevisionRow.number), func.max(RevisionRow.number)).where(
            RevisionRow.server_id == server_id, RevisionRow.name == name)).one()
        return "-" if low is None else f"{low}-{high}"

    def _found(self, *conditions: Any) -> tuple[App, ...]:
        found = (select(AppRow, ServerRow.name).join(ServerRow, ServerRow.id == AppRow.server_id)
                 .where(*conditions).order_by(ServerRow.name, AppRow.name))
        with self._db.reading() as session:
            return tuple(_app_of(row, server_name) for row, server_name in session.execute(found))


def _app_of(row: AppRow, server_name: str) -> App:
    return App(server_id=row.server_id, server_name=server_name, name=row.name, state=AppState(row.state),
               soft_id=row.soft_id, version=row.version, docker_image=row.docker_image, digest=row.digest,
               commit=row.commit, parameters=row.parameters, revision=row.revision, managed=row.managed,
               record_id=row.record_id, previous_record_id=row.previous_record_id, update_time=row.update_time)


def revision_of(row: RevisionRow) -> Revision:
    """The value of a row."""
    return Revision(server_id=row.server_id, name=row.name, number=row.number, record_id=row.record_id,
                    soft_id=row.soft_id, version=row.version, docker_image=row.docker_image, digest=row.digest,
                    commit=row.commit, repository=row.repository, parameters=row.parameters, secrets=row.secrets,
                    entry=row.entry, images=tuple(row.images), compose=row.compose, create_time=row.create_time)


def revision_row(record: RecordRow, draft: RevisionDraft, parameters: Mapping[str, Any], digest: str | None,
                 now: datetime) -> RevisionRow:
    """The row of the state that a record is to bring about."""
    return RevisionRow(server_id=record.server_id, name=record.soft_name, number=None, record_id=record.id,
                       soft_id=record.soft_id, version=record.version, docker_image=record.docker_image,
                       digest=digest, commit=record.commit, repository=draft.repository,
                       parameters=dict(parameters), secrets=draft.secrets, entry=dict(draft.entry),
                       images=list(draft.images), compose=draft.compose, create_time=now)


def note_success(session: Session, record: Record, now: datetime) -> Record:
    """Note in the tables what the server has since the record succeeded; the record, with the revision it made."""
    app = session.scalars(select(AppRow).where(AppRow.server_id == record.server_id, AppRow.name == record.soft_name)
                          .with_for_update()).one_or_none()
    if record.operation == "remove":
        if app is not None:
            session.delete(app)
    elif record.operation in {"stop", "restart"}:
        if app is not None:
            app.state = AppState.STOPPED if record.operation == "stop" else AppState.RUNNING
            app.update_time = now
    elif record.operation == "install":
        # What was started keeps running: an installation only brings the image of another version.
        if app is None or app.revision is None:
            _occupy(session, app, record, now, AppState.INSTALLED)
    elif record.operation in RUNNING_AFTER:
        number = _same_revision(session, app, record)
        if app is None or number is None:
            number = _number_revision(session, record)
            app = _occupy(session, app, record, now, AppState.RUNNING)
        app.state, app.revision = AppState.RUNNING, number
        app.managed = app.managed or _by_inventory(session, record)
        session.execute(update(RecordRow).where(RecordRow.id == record.id).values(revision=number))
        return replace(record, revision=number)
    return record


def _by_inventory(session: Session, record: Record) -> bool:
    """Whether the desired state of the inventory asked for the record."""
    options = session.scalars(select(JobRow.options).where(JobRow.id == record.job_id)).one()
    return bool((options or {}).get("managed"))


def _same_revision(session: Session, app: AppRow | None, record: Record) -> int | None:
    """The revision in force, where the record found it as it is and has nothing else to say of it."""
    if app is None or app.revision is None or record.changed is not False:
        return None
    mine = session.scalars(select(RevisionRow).where(RevisionRow.record_id == record.id)).one_or_none()
    there = session.scalars(select(RevisionRow).where(
        RevisionRow.server_id == record.server_id, RevisionRow.name == record.soft_name,
        RevisionRow.number == app.revision)).one_or_none()
    if mine is None or there is None:
        return None
    same = all(getattr(mine, part) == getattr(there, part) for part in (
        "soft_id", "version", "commit", "parameters", "images", "compose", "entry"))
    return there.number if same else None


def _number_revision(session: Session, record: Record) -> int | None:
    mine = session.scalars(select(RevisionRow).where(RevisionRow.record_id == record.id)).one_or_none()
    if mine is None:
        # A run by hand that could not say what it made; there is no way back to it.
        return None
    last = session.scalar(select(func.max(RevisionRow.number)).where(
        RevisionRow.server_id == record.server_id, RevisionRow.name == record.soft_name))
    mine.number = (last or 0) + 1
    mine.digest = record.digest or mine.digest
    return mine.number


def _occupy(session: Session, app: AppRow | None, record: Record, now: datetime, state: AppState) -> AppRow:
    """The row of the software on its server, now what `record` made it."""
    if app is None:
        app = AppRow(server_id=record.server_id, name=record.soft_name, create_time=now, managed=False)
        session.add(app)
    else:
        app.previous_record_id = app.record_id
    app.record_id, app.soft_id, app.state = record.id, record.soft_id, state
    app.version, app.docker_image = record.version, record.docker_image
    app.digest, app.commit, app.parameters = record.digest, record.commit, dict(record.parameters)
    app.update_time = now
    return app
