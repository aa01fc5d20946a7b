"""The servers of the inventory, with ids that stay and what the last look at each of them found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from softops.choices import choices
from softops.columns import clip
from softops.db import Database
from softops.entities import Page, Server
from softops.errors import BadRequest, ConstraintViolated, NotFound
from softops.inventory import InventoryHost
from softops.models import ServerGroupRow, ServerRow
from softops.paging import page_of
from softops.statuses import ServerStatus

EVERY = "all"
"""Ansible's group of all hosts."""
DEFAULT = "default"
"""The group that is meant when nothing is said."""


class Servers:
    """The table of servers. A server keeps its id by its name, also while the inventory does not have it."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def reconcile(self, hosts: Sequence[InventoryHost], now: datetime) -> tuple[Server, ...]:
        """The servers as the inventory has them; those it no longer has are kept as not present."""
        try:
            return self._db.run(lambda session: _reconcile(session, hosts, now))
        except ConstraintViolated:
            # Another process has added the same server between our look and our insert.
            return self._db.run(lambda session: _reconcile(session, hosts, now))

    def page(self, *, page: int, size: int, name: str | None = None, status: ServerStatus | None = None,
             group: str | None = None) -> Page[Server]:
        """Servers by name, those that left the inventory last. `name` is any part of it, taken literally."""
        found = select(ServerRow)
        if name:
            found = found.where(ServerRow.name.icontains(name, autoescape=True))
        if status is not None:
            found = found.where(ServerRow.status == status)
        if group is not None and group != EVERY:
            found = found.where(ServerRow.id.in_(
                select(ServerGroupRow.server_id).where(ServerGroupRow.name == group)))
        with self._db.reading() as session:
            return page_of(session, found, _server_of, page=page, size=size,
                           order=(ServerRow.present.desc(), ServerRow.name))

    def get(self, server_id: int) -> Server:
        """The server with this id, whether the inventory still has it or not."""
        with self._db.reading() as session:
            row = session.get(ServerRow, server_id)
            if row is None:
                raise _unknown(server_id, _present(session))
            return _server_of(row)

    def all(self) -> tuple[Server, ...]:
        """The servers that the inventory has, by name."""
        with self._db.reading() as session:
            return _present(session)

    def choose(self, ids: Iterable[int] = (), names: Iterable[str] = (),
               groups: Iterable[str] = ()) -> tuple[Server, ...]:
        """Everything that is named, once each, by name and never empty. Nothing named means the group `default`,
        or else the only server there is. NotFound for what the inventory does not have."""
        ids, names, groups = set(ids), set(names), set(groups)
        there = self.all()
        if not (ids or names or groups):
            return _unsaid(there)
        _check(there, ids, names, groups)
        return tuple(server for server in there if server.id in ids or server.name in names
                     or groups & {*server.groups, EVERY})

    def save_check(self, server_id: int, *, status: ServerStatus, engine_version: str | None,
                   architecture: str | None, free_bytes: int | None, message: str | None, now: datetime) -> Server:
        """The server with what a look at it found; what a failed look can't tell stays as it was."""

        def work(session: Session) -> Server:
            row = session.get(ServerRow, server_id)
            if row is None:
                raise _unknown(server_id, _present(session))
            row.status, row.check_time, row.message = status, now, clip(message)
            row.engine_version = engine_version or row.engine_version
            row.architecture = architecture or row.architecture
            row.free_bytes = free_bytes
            return _server_of(row)

        return self._db.run(work)

    def note_reach(self, server_id: int, *, status: ServerStatus, engine_version: str | None, message: str | None,
                   now: datetime) -> bool:
        """Whether the server's engine can be reached; nothing is written and False returned unless that is news."""
        with self._db.reading() as session:
            row = session.get(ServerRow, server_id)
            version = engine_version or (row.engine_version if row is not None else None)
            if row is None or (row.status, row.message, row.engine_version) == (status, clip(message), version):
                return False

        def work(session: Session) -> None:
            row = session.get(ServerRow, server_id)
            if row is not None:
                row.status, row.check_time, row.message = status, now, clip(message)
                row.engine_version = engine_version or row.engine_version

        self._db.run(work)
        return True


def _reconcile(session: Session, hosts: Sequence[InventoryHost], now: datetime) -> tuple[Server, ...]:
    rows = {row.name: row for row in session.scalars(select(ServerRow).order_by(ServerRow.id))}
    wanted = {host.name: host for host in hosts}
    for name, host in wanted.items():
        if name not in rows:
            rows[name] = ServerRow(name=name, address=host.address[:255], present=True, create_time=now,
                                   update_time=now, status=ServerStatus.UNKNOWN)
            session.add(rows[name])
        _adjust(rows[name], host, now)
    for name in rows.keys() - wanted.keys():
        if rows[name].present:
            rows[name].present, rows[name].update_time = False, now
    session.flush()
    return tuple(_server_of(row) for _, row in sorted(rows.items()) if row.present)


def _adjust(row: ServerRow, host: InventoryHost, now: datetime) -> None:
    groups = sorted(set(host.groups))
    address = host.address[:255]
    if (row.present, row.address, [group.name for group in row.groups]) == (True, address, groups):
        return
    if row.address != address:
        # What was found was found at another address.
        row.status, row.message, row.free_bytes = ServerStatus.UNKNOWN, None, None
    row.present, row.address, row.update_time = True, address, now
    kept = {group.name: group for group in row.groups}
    row.groups = [kept.get(name) or ServerGroupRow(name=name) for name in groups]


def _unsaid(there: Sequence[Server]) -> tuple[Server, ...]:
    chosen = tuple(server for server in there if DEFAULT in server.groups)
    if not chosen and len(there) == 1:
        chosen = tuple(there)
    if not there:
        raise BadRequest("INVENTORY_EMPTY")
    if not chosen:
        raise BadRequest("SERVERS_MISSING", choices=choices("", (f"{one.name} ({one.id})" for one in there)))
    return chosen


def _check(there: Sequence[Server], ids: set[int], names: set[str], groups: set[str]) -> None:
    known_groups = {group for server in there for group in server.groups} | ({EVERY} if there else set())
    unknown: list[object] = [*sorted(ids - {server.id for server in there}),
                             *sorted(names - {server.name for server in there})]
    if unknown:
        raise _unknown(unknown[0], there)
    if missing := sorted(groups - known_groups):
        raise NotFound("GROUP_NOT_FOUND", group=missing[0], choices=choices(missing[0], known_groups))


def _unknown(wanted: object, there: Iterable[Server]) -> NotFound:
    return NotFound("SERVER_NOT_FOUND", server=wanted,
                    choices=choices(wanted, (f"{server.name} ({server.id})" for server in there)))


def _present(session: Session) -> tuple[Server, ...]:
    rows = session.scalars(select(ServerRow).where(ServerRow.present.is_(True)).order_by(ServerRow.name))
    return tuple(_server_of(row) for row in rows)


def _server_of(row: ServerRow) -> Server:
    return Server(id=row.id, name=row.name, address=row.address, groups=tuple(group.name for group in row.groups),
                  present=row.present, status=ServerStatus(row.status), engine_version=row.engine_version,
                  architecture=row.architecture, free_bytes=row.free_bytes, check_time=row.check_time,
                  message=row.message)
