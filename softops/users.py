"""The users in SQL: there is always an admin who can come in, once there was one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NoReturn, TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from softops.accessmodels import SessionRow, SettingRow, TokenRow, UserRow
from softops.choices import choices
from softops.db import Database
from softops.entities import Page
from softops.errors import Conflict, ConstraintViolated, Forbidden, NotFound
from softops.identities import User, UserChange, checked_groups
from softops.paging import page_of
from softops.rights import Role

T = TypeVar("T")
TURN = "users-turn"
"""The setting that whoever changes users holds, so that they do it one after the other."""


class Users:
    """The table of users."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def is_empty(self) -> bool:
        """Whether there was never a user."""
        with self._db.reading() as session:
            return session.scalars(select(UserRow.id).limit(1)).first() is None

    def page(self, *, page: int, size: int) -> Page[User]:
        """Users in the order in which they were made."""
        with self._db.reading() as session:
            return page_of(session, select(UserRow), user_of, page=page, size=size, order=(UserRow.id,))

    def get(self, user_id: int) -> User:
        """The user with this id."""
        with self._db.reading() as session:
            return user_of(_row(session, user_id))

    def named(self, name: str) -> User:
        """The user with this name."""
        with self._db.reading() as session:
            row = session.scalars(select(UserRow).where(UserRow.name == name)).one_or_none()
            return user_of(row) if row is not None else _refuse(session, name)

    def with_hash(self, name: str) -> tuple[User, str | None] | None:
        """The user with this name and the hash of their password; None where there is none."""
        with self._db.reading() as session:
            row = session.scalars(select(UserRow).where(UserRow.name == name)).one_or_none()
            return (user_of(row), row.password) if row is not None else None

    def hash_of(self, user_id: int) -> str | None:
        """The hash of a user's password; None: has none."""
        with self._db.reading() as session:
            return _row(session, user_id).password

    def add_first(self, name: str, password: str, now: datetime) -> User:
        """The first admin; Conflict when there is a user already, also when two are made at once."""

        def work(session: Session) -> User:
            if session.scalar(select(func.count(UserRow.id))):
                raise Conflict("SETUP_DONE")
            return _add(session, name, password, Role.ADMIN, None, now)

        return self._in_turn(work)

    def add(self, name: str, password: str | None, role: Role, groups: tuple[str, ...] | None, now: datetime) -> User:
        """A new user; Conflict when the name is taken. `password` is a hash."""
        allowed = checked_groups(role, groups)
        return self._in_turn(lambda session: _add(session, name, password, role, allowed, now))

    def vouched(self, subject: str, name: str, role: Role, groups: tuple[str, ...] | None, now: datetime) -> User:
        """The user that the identity provider calls `subject`, with what they may do now; a new one where there is
        none. They keep the name that they had first. Conflict when somebody else has it or no admin were left,
        Forbidden for one that is disabled."""

        def work(session: Session) -> User:
            row = session.scalars(select(UserRow).where(UserRow.subject == subject).with_for_update()).one_or_none()
            if row is None:
                if session.scalars(select(UserRow.id).where(UserRow.name == name)).first() is not None:
                    raise Conflict("OIDC_NAME_TAKEN", user=name)
                return _add(session, name, None, role, checked_groups(role, groups), now, subject=subject)
            if row.disabled:
                raise Forbidden("OIDC_DISABLED", user=row.name)
            _keep_an_admin(session, row, stays=role is Role.ADMIN)
            row.role, row.groups, row.update_time = role, _listed(checked_groups(role, groups)), now
            session.flush()
            return user_of(row)

        return self._in_turn(work)

    def change(self, user_id: int, change: UserChange, now: datetime) -> User:
        """The user as changed; Conflict when no admin were left. Whoever is disabled is logged out."""

        def work(session: Session) -> User:
            row = _row(session, user_id, lock=True)
            role = change.role or Role(row.role)
            groups = change.groups if change.regroup else _groups(row.groups)
            if change.role is Role.ADMIN and not change.regroup:
                groups = None
            disabled = row.disabled if change.disabled is None else change.disabled
            _keep_an_admin(session, row, stays=role is Role.ADMIN and not disabled)
            row.role, row.groups = role, _listed(checked_groups(role, groups))
            row.disabled, row.update_time = disabled, now
            if disabled:
                session.execute(delete(SessionRow).where(SessionRow.user_id == row.id))
            session.flush()
            return user_of(row)

        return self._in_turn(work)

    def set_password(self, user_id: int, password: str, now: datetime, *, keep: int | None = None) -> User:
        """Keep the hash of a new password, and log out all browsers of the user but session `keep`."""

        def work(session: Session) -> User:
            row = _row(session, user_id, lock=True)
            row.password, row.update_time = password, now
            session.execute(delete(SessionRow).where(SessionRow.user_id == row.id, SessionRow.id != (keep or 0)))
            return user_of(row)

        return self._db.run(work)

    def rehash(self, user_id: int, was: str, password: str) -> None:
        """Keep the same password as another hash, unless it has been changed meanwhile."""
        self._db.run(lambda session: session.execute(
            update(UserRow).where(UserRow.id == user_id, UserRow.password == was).values(password=password)))

    def remove(self, user_id: int) -> User:
        """Forget the user with all sessions and tokens; Conflict when no admin were left."""

        def work(session: Session) -> User:
            row = _row(session, user_id, lock=True)
            _keep_an_admin(session, row, stays=False)
            gone = user_of(row)
            for table in (SessionRow, TokenRow):
                session.execute(delete(table).where(table.user_id == user_id))
            session.delete(row)
            return gone

        return self._in_turn(work)

    def _in_turn(self, work: Callable[[Session], T]) -> T:
        """The value of `work` while no other process changes users."""

        def alone(session: Session) -> T:
            held = select(SettingRow.name).where(SettingRow.name == TURN).with_for_update()
            if session.scalars(held).one_or_none() is None:
                session.add(SettingRow(name=TURN, value=""))
                session.flush()
            return work(session)

        try:
            return self._db.run(alone)
        except ConstraintViolated as exc:
            if exc.constraint == "uq_system_soft_user_name":
                raise Conflict("USER_EXISTS") from exc
            # The very first change was made by somebody else at the same time; now there is something to hold.
            return self._db.run(alone)


def user_of(row: UserRow) -> User:
    """The user that a row describes."""
    return User(id=row.id, name=row.name, role=Role(row.role), groups=_groups(row.groups), disabled=row.disabled,
                subject=row.subject, seen_time=row.seen_time, create_time=row.create_time,
                update_time=row.update_time)


def was_seen(session: Session, user_id: int, now: datetime) -> None:
    """Note that the user is there."""
    session.execute(update(UserRow).where(UserRow.id == user_id).values(seen_time=now))


def _add(session: Session, name: str, password: str | None, role: Role, groups: tuple[str, ...] | None,
         now: datetime, *, subject: str | None = None) -> User:
    if session.scalars(select(UserRow.id).where(UserRow.name == name)).first() is not None:
        raise Conflict("USER_EXISTS", user=name)
    row = UserRow(name=name, password=password, role=role, groups=_listed(groups), disabled=False, subject=subject,
                  seen_time=None, create_time=now, update_time=now)
    session.add(row)
    session.flush()
    return user_of(row)


def _keep_an_admin(session: Session, row: UserRow, *, stays: bool) -> None:
    """Conflict when the user is the only one who can decide about users, and that does not stay so."""
    others = select(UserRow.id).where(UserRow.id != row.id, UserRow.role == Role.ADMIN, UserRow.disabled.is_(False))
    if row.role == Role.ADMIN and not row.disabled and not stays and session.scalars(others).first() is None:
        raise Conflict("LAST_ADMIN", user=row.name)


def _row(session: Session, user_id: int, *, lock: bool = False) -> UserRow:
    row = session.get(UserRow, user_id, with_for_update=lock)
    return row if row is not None else _refuse(session, user_id)


def _refuse(session: Session, wanted: object) -> NoReturn:
    there = session.execute(select(UserRow.id, UserRow.name))
    raise NotFound("USER_NOT_FOUND", user=wanted, choices=choices(wanted, (f"{name} ({key})" for key, name in there)))


def _groups(stored: list[str] | None) -> tuple[str, ...] | None:
    return None if stored is None else tuple(stored)


def _listed(groups: tuple[str, ...] | None) -> list[str] | None:
    return None if groups is None else list(groups)
