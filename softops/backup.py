"""Everything that only the database knows, put into one file while softops runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, MetaData, Table, select

from softops import __version__
from softops.backupfile import Header, Rows, write_backup
from softops.clock import Clock
from softops.config import Settings
from softops.db import Database
from softops.errors import BadRequest
from softops.upgrade import revision_of
from softops.vault import KEY_FILE

PREFIX = "system_soft_"
LEFT_OUT = frozenset({"system_soft_session"})
"""Tables that are in no backup: whoever was logged in then is not to be so after a restore."""
AT_ONCE = 500
"""Rows that are held at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A backup that was made."""

    path: Path
    schema: str
    rows: Mapping[str, int]
    """How many of each table."""
    has_key: bool


def back_up(settings: Settings, path: Path, *, clock: Clock, with_key: bool = False) -> Backup:
    """Write the state of one moment into the new file `path`, whoever works meanwhile. BadRequest when there is no
    database or something lies at `path`; DatabaseError, BackupFailed when one of the two can't be used."""
    database = Database(settings.database_url)
    try:
        refuse_nothing(database)
        with database.snapshot() as connection:
            return dump(connection, path, now=clock(), key=key_in_use(settings) if with_key else None)
    finally:
        database.close()


def refuse_nothing(database: Database) -> None:
    """BadRequest where a SQLite database is not there: opening it would make it."""
    if database.path is not None and not database.path.exists():
        raise BadRequest("BACKUP_NOTHING", database=database.shown)


def dump(connection: Connection, path: Path, *, now: datetime, key: str | None = None) -> Backup:
    """Write what the transaction of `connection` sees, in the schema that it has."""
    revision = revision_of(connection)
    if revision is None:
        raise BadRequest("BACKUP_NOTHING", database=connection.engine.url.database)
    header = Header(schema=revision, softops=__version__, made=now.isoformat(), database=connection.dialect.name,
                    key=key)
    rows = write_backup(path, header, _tables(connection))
    return Backup(path=path, schema=revision, rows=rows, has_key=key is not None)


def key_in_use(settings: Settings) -> str | None:
    """The key that seals secrets; None where none was made yet. BadRequest when it can't be read."""
    if settings.secret_key:
        return settings.secret_key.strip()
    path = settings.var_dir / KEY_FILE
    try:
        return path.read_text(encoding="ascii").strip() if path.exists() else None
    except (OSError, UnicodeDecodeError) as exc:
        raise BadRequest("SECRET_KEY_UNREADABLE", path=path, problem=exc) from exc


def tables_of(connection: Connection) -> tuple[Table, ...]:
    """The tables of softops as this database has them, each after those that it points at."""
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name.startswith(PREFIX))
    return tuple(known.sorted_tables)


def _tables(connection: Connection) -> Iterator[Rows]:
    for table in tables_of(connection):
        if table.name not in LEFT_OUT:
            yield Rows(table=table.name, columns=tuple(table.columns.keys()), rows=_rows(connection, table))


def _rows(connection: Connection, table: Table) -> Iterator[tuple[object, ...]]:
    # In the order of their keys: some point at earlier ones of the same table.
    found = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=AT_ONCE)
    with connection.execute(found) as result:
        for row in result:
            yield tuple(row)
