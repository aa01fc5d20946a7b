"""The tokens of programs, in SQL; what they hold is known by its SHA-256 alone. Revoked ones stay in the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from softops.accessmodels import TokenRow, UserRow
from softops.db import Database
from softops.entities import Page
from softops.errors import Conflict, NotFound
from softops.identities import Token, User
from softops.paging import page_of
from softops.rights import Role
from softops.users import user_of, was_seen

Found = tuple[Token, User]


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenDraft:
    """A token that has no id yet; the fields are those of Token."""

    user_id: int
    name: str
    role: Role
    groups: tuple[str, ...] | None
    expire_time: datetime | None


class Tokens:
    """The table of tokens."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, draft: TokenDraft, key: str, now: datetime) -> Token:
        """A new token known by `key`; Conflict when its user has been removed or disabled meanwhile."""

        def work(session: Session) -> Token:
            user = session.get(UserRow, draft.user_id, with_for_update=True)
            if user is None or user.disabled:
                raise Conflict("TOKEN_USER_GONE")
            row = TokenRow(user_id=draft.user_id, name=draft.name, hash=key, role=draft.role,
                           groups=None if draft.groups is None else list(draft.groups), create_time=now,
                           seen_time=None, expire_time=draft.expire_time, revoke_time=None)
            session.add(row)
            session.flush()
            return _token_of(row, user)

        return self._db.run(work)

    def known(self, key: str) -> Found | None:
        """The token with this key and its user, whether it is good or not."""
        return self._find(TokenRow.hash == key)

    def get(self, token_id: int) -> Found | None:
        """The token with this id and its user."""
        return self._find(TokenRow.id == token_id)

    def seen(self, found: Token, now: datetime) -> None:
        """Note that it was used."""

        def work(session: Session) -> None:
            session.execute(update(TokenRow).where(TokenRow.id == found.id).values(seen_time=now))
            was_seen(session, found.user_id, now)

        self._db.run(work)

    def page(self, *, page: int, size: int, user_id: int | None = None) -> Page[Token]:
        """Tokens, the newest first; those of one user, or all."""
        there = select(TokenRow)
        if user_id is not None:
            there = there.where(TokenRow.user_id == user_id)
        with self._db.reading() as session:
            return page_of(session, there, lambda row: _token_of(row, session.get_one(UserRow, row.user_id)),
                           page=page, size=size, order=(TokenRow.id.desc(),))

    def revoke(self, token_id: int, now: datetime, *, user_id: int | None = None) -> Token:
        """The token, good for nothing from now on; NotFound when there is none, or where `user_id` is given none
        of that user. Revoked before: nothing changes."""

        def work(session: Session) -> Token:
            row = session.get(TokenRow, token_id, with_for_update=True)
            if row is None or user_id not in (None, row.user_id):
                raise NotFound("TOKEN_NOT_FOUND", token=token_id)
            row.revoke_time = row.revoke_time or now
            return _token_of(row, session.get_one(UserRow, row.user_id))

        return self._db.run(work)

    def _find(self, which: ColumnElement[bool]) -> Found | None:
        found = select(TokenRow, UserRow).join(UserRow, UserRow.id == TokenRow.user_id).where(which)
        with self._db.reading() as session:
            rows = session.execute(found).one_or_none()
            return (_token_of(rows[0], rows[1]), user_of(rows[1])) if rows is not None else None


def _token_of(row: TokenRow, user: UserRow) -> Token:
    return Token(id=row.id, user_id=row.user_id, user=user.name, name=row.name, role=Role(row.role),
                 groups=None if row.groups is None else tuple(row.groups), create_time=row.create_time,
                 seen_time=row.seen_time, expire_time=row.expire_time, revoke_time=row.revoke_time)
