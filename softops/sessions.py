"""The browsers that are logged in, in SQL; what their cookies hold is known by its SHA-256 alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from softops.accessmodels import SessionRow, UserRow
from softops.db import Database
from softops.entities import Page
from softops.errors import NotFound
from softops.identities import BrowserSession, User
from softops.paging import page_of
from softops.users import user_of, was_seen

Found = tuple[BrowserSession, User]
MAX_TEXT = 255
"""Characters of an address or a browser's name that are kept."""


class Sessions:
    """The table of sessions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def open(self, user: User, key: str, *, password: str | None, lasts: timedelta, address: str, agent: str,
             now: datetime) -> BrowserSession | None:
        """A new session known by `key`; None when the user has been disabled or removed meanwhile, or has
        another password than the one with the hash `password`. Sessions that are over are forgotten."""

        def work(session: Session) -> BrowserSession | None:
            session.execute(delete(SessionRow).where(SessionRow.expire_time <= now))
            row = session.get(UserRow, user.id, with_for_update=True)
            if row is None or row.disabled or row.password != password:
                return None
            row.seen_time = now
            opened = SessionRow(user_id=row.id, hash=key, address=address[:MAX_TEXT], agent=agent[:MAX_TEXT],
                                create_time=now, seen_time=now, expire_time=now + lasts)
            session.add(opened)
            session.flush()
            return _session_of(opened, row)

        return self._db.run(work)

    def known(self, key: str) -> Found | None:
        """The session with this key and its user, whether it is over or not."""
        return self._find(SessionRow.hash == key)

    def get(self, session_id: int) -> Found | None:
        """The session with this id and its user; None when it was ended."""
        return self._find(SessionRow.id == session_id)

    def seen(self, found: BrowserSession, now: datetime) -> None:
        """Note that it was used."""

        def work(session: Session) -> None:
            session.execute(update(SessionRow).where(SessionRow.id == found.id).values(seen_time=now))
            was_seen(session, found.user_id, now)

        self._db.run(work)

    def page(self, now: datetime, *, page: int, size: int, user_id: int | None = None) -> Page[BrowserSession]:
        """Sessions that are not over, the newest first; those of one user, or all."""
        there = select(SessionRow).where(SessionRow.expire_time > now)
        if user_id is not None:
            there = there.where(SessionRow.user_id == user_id)
        with self._db.reading() as session:
            return page_of(session, there, lambda row: _session_of(row, session.get_one(UserRow, row.user_id)),
                           page=page, size=size, order=(SessionRow.id.desc(),))

    def end(self, session_id: int, *, user_id: int | None = None) -> BrowserSession:
        """End a session; NotFound when there is none, or where `user_id` is given none of that user."""

        def work(session: Session) -> BrowserSession:
            row = session.get(SessionRow, session_id)
            if row is None or user_id not in (None, row.user_id):
                raise NotFound("SESSION_NOT_FOUND", session=session_id)
            ended = _session_of(row, session.get_one(UserRow, row.user_id))
            session.delete(row)
            return ended

        return self._db.run(work)

    def _find(self, which: ColumnElement[bool]) -> Found | None:
        found = select(SessionRow, UserRow).join(UserRow, UserRow.id == SessionRow.user_id).where(which)
        with self._db.reading() as session:
            rows = session.execute(found).one_or_none()
            return (_session_of(rows[0], rows[1]), user_of(rows[1])) if rows is not None else None


def _session_of(row: SessionRow, user: UserRow) -> BrowserSession:
    return BrowserSession(id=row.id, user_id=row.user_id, user=user.name, address=row.address, agent=row.agent,
                          create_time=row.create_time, seen_time=row.seen_time, expire_time=row.expire_time)
