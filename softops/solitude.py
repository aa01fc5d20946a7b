"""Having a database to oneself: no other process is connected, and whoever comes waits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from softops.errors import Conflict
from softops.upgrade import locked


def keep_others_out(connection: sqlite3.Connection, _: object) -> None:
    """Let a new connection of SQLite begin only where nobody else is connected, and keep everybody out then."""
    # Before the first look into the file: a connection in WAL mode holds a lock on it for as long as it is open,
    # and this mode asks for all of them.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")


@contextmanager
def alone(engine: Engine, shown: str) -> Iterator[Connection]:
    """One writing transaction over a database that is called `shown`; Conflict when somebody else uses it."""
    if engine.dialect.name == "sqlite":
        with _first(engine, shown) as connection:
            yield connection
            connection.commit()
        return
    with engine.connect() as connection, locked(connection):
        _refuse_company(connection, shown)
        yield connection
        connection.commit()


@contextmanager
def _first(engine: Engine, shown: str) -> Iterator[Connection]:
    try:
        connection = engine.connect()
        connection.begin()
    except OperationalError as exc:
        if "locked" not in str(exc.orig):
            raise
        raise Conflict("DATABASE_IN_USE", database=shown, who=_openers(engine.url.database or "")) from exc
    with connection:
        yield connection


def _refuse_company(connection: Connection, shown: str) -> None:
    found = connection.execute(text("SELECT DISTINCT host FROM information_schema.processlist "
                                    "WHERE db = DATABASE() AND id <> CONNECTION_ID()")).scalars().all()
    if found:
        raise Conflict("DATABASE_IN_USE", database=shown, who=", ".join(sorted(found)))


def _openers(path: str) -> str:
    """The processes of this machine that have a file open, as far as this user may see that."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()) == str(Path(path).resolve()):
                found.add(link.parts[2])
    return ", ".join(sorted(found, key=int)) or "?"
