"""The containers of softops on servers, in SQL, as their engines described them last."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from softops.containerstates import ContainerState
from softops.db import Database
from softops.entities import Container, Page
from softops.errors import ConstraintViolated, NotFound
from softops.models import ContainerRow, ServerRow
from softops.paging import page_of


class Containers:
    """The table of containers."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def page(self, *, page: int, size: int, server_id: int | None = None, name: str | None = None,
             state: str | None = None) -> Page[Container]:
        """Containers by server, software and name, on the servers that the inventory has. `name` is any part of the
        name of the software or of the container, taken literally."""
        found = select(ContainerRow).join(ServerRow, ServerRow.id == ContainerRow.server_id).where(ServerRow.present)
        if server_id is not None:
            found = found.where(ContainerRow.server_id == server_id)
        if name:
            found = found.where(ContainerRow.soft_name.icontains(name, autoescape=True)
                                | ContainerRow.name.icontains(name, autoescape=True))
        if state is not None:
            found = found.where(ContainerRow.state == state)
        with self._db.reading() as session:
            names = _server_names(session)
            return page_of(session, found, lambda row: _container_of(row, names), page=page, size=size,
                           order=(ServerRow.name, ContainerRow.soft_name, ContainerRow.name, ContainerRow.id))

    def get(self, container_id: int) -> Container:
        """One container; NotFound when the table does not have it."""
        with self._db.reading() as session:
            row = session.get(ContainerRow, container_id)
            if row is None:
                raise NotFound("CONTAINER_NOT_FOUND", container=container_id)
            return _container_of(row, _server_names(session))

    def on(self, server_id: int) -> tuple[Container, ...]:
        """The containers on one server."""
        found = select(ContainerRow).where(ContainerRow.server_id == server_id).order_by(ContainerRow.id)
        with self._db.reading() as session:
            names = _server_names(session)
            return tuple(_container_of(row, names) for row in session.scalars(found))

    def save(self, server_id: int, seen: Sequence[ContainerState], gone: Collection[str],
             now: datetime) -> tuple[Container, ...]:
        """Bring the rows of `seen` up to date, remove those of `gone` (ids of the engine); what was seen, as rows.
        The time of a row changes only when something else of it does."""

        def work(session: Session) -> tuple[Container, ...]:
            if gone:
                session.execute(delete(ContainerRow).where(ContainerRow.server_id == server_id,
                                                           ContainerRow.engine_id.in_(gone)))
            return _put(session, server_id, seen, now)

        try:
            return self._db.run(work)
        except ConstraintViolated:
            # Another process that watches the same engine has added the same container between our look and insert.
            return self._db.run(work)


def _put(session: Session, server_id: int, seen: Sequence[ContainerState], now: datetime) -> tuple[Container, ...]:
    found = select(ContainerRow).where(ContainerRow.server_id == server_id,
                                       ContainerRow.engine_id.in_([state.engine_id for state in seen]))
    rows = {row.engine_id: row for row in session.scalars(found)}
    for state in seen:
        values = asdict(state) | {"ports": [dict(port) for port in state.ports]}
        row = rows.get(state.engine_id)
        if row is None:
            rows[state.engine_id] = row = ContainerRow(server_id=server_id, update_time=now, **values)
            session.add(row)
        elif any(getattr(row, name) != value for name, value in values.items()):
            _change(row, values, now)
    session.flush()
    names = _server_names(session)
    return tuple(_container_of(rows[state.engine_id], names) for state in seen)


def _change(row: ContainerRow, values: Mapping[str, Any], now: datetime) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.update_time = now


def _server_names(session: Session) -> Mapping[int, str]:
    return {row.id: row.name for row in session.execute(select(ServerRow.id, ServerRow.name))}


def _container_of(row: ContainerRow, names: Mapping[int, str]) -> Container:
    return Container(id=row.id, server_id=row.server_id, server_name=names[row.server_id], engine_id=row.engine_id,
                     name=row.name, soft_name=row.soft_name, service=row.service, version=row.version,
                     docker_image=row.docker_image, state=row.state, health=row.health, exit_code=row.exit_code,
                     oom_killed=row.oom_killed, restarts=row.restarts, ports=tuple(row.ports),
                     start_time=row.start_time, update_time=row.update_time)
