"""The database: connections, transactions and what their errors mean. SQLite is embedded, MariaDB or MySQL shared."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import clear_frames
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Table, UniqueConstraint, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
    StatementError,
)
from sqlalchemy.orm import Session

from softops.accessmodels import TABLES
from softops.errors import ConfigError, ConstraintViolated, DatabaseError, DatabaseRefused
from softops.solitude import alone, keep_others_out
from softops.upgrade import upgrade

logger = logging.getLogger(__name__)
T = TypeVar("T")

DRIVERS = ("sqlite", "mysql+pymysql", "mariadb+pymysql")
PATIENCE = 30
"""Seconds to wait for a lock that somebody else holds."""
TRIES = 5
"""How often a transaction runs that loses against another one."""
LOST = frozenset({1205, 1213})
"""MariaDB: lock wait timeout, deadlock. The transaction did nothing and can be run again."""
ANSWER = 15
"""Seconds that MariaDB may be silent while a statement runs. It never waits so long for a lock."""
HOUR = 3600
"""Seconds that a change of the schema, or the reading of everything, may be silent."""
POOL = {"pool_size": 16, "max_overflow": 48, "pool_timeout": PATIENCE}
BEGIN = "softops_begin"


class Database:
    """A database that many threads use at the same time; each transaction is one `with` block or one `run`.

    Errors of SQLAlchemy and the drivers come out as DatabaseError, those that no repetition mends as
    DatabaseRefused, none of them with the password.
    """

    def __init__(self, url: str) -> None:
        self._url = _parsed(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = _sqlite_engine(self._url) if self._sqlite else _mariadb_engine(self._url)
        self._lock = threading.Lock()
        self._writing = self._engine.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})

    @property
    def engine(self) -> Engine:
        """The engine, for tests and tools that look at the schema."""
        return self._engine

    def migrate(self) -> None:
        """Bring the schema up to this version of softops; several processes may do it at the same time.
        A schema of a newer softops is left alone: DatabaseRefused."""
        with self._guarded(), self._turn(), self._patient() as engine:
            upgrade(engine)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One writing transaction: committed at the end of the block, rolled back on any error."""
        with (self._guarded(), self._turn(), Session(self._writing, expire_on_commit=False) as session,
              session.begin()):
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One reading transaction: sees one state, waits for no writer and keeps none waiting."""
        with self._guarded(), Session(self._engine, expire_on_commit=False) as session:
            yield session

    def run(self, work: Callable[[Session], T]) -> T:
        """The value of `work` in one writing transaction, run again when it loses against another one.
        `work` must have no effect outside the session."""
        for attempt in range(1, TRIES):
            try:
                with self.session() as session:
                    return work(session)
            except DatabaseError as exc:
                if not _lost(exc.__cause__):
                    raise
                logger.info("A transaction lost against another one and is repeated",
                            extra={"action": "repeat_transaction", "attempt": attempt})
                time.sleep(0.02 * attempt)
        with self.session() as session:
            return work(session)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One reading transaction over everything as it is at its beginning, whoever writes meanwhile."""
        with self._guarded(), self._patient() as engine, engine.connect() as connection:
            if not self._sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
                connection.exec_driver_sql("START TRANSACTION WITH CONSISTENT SNAPSHOT")
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """One writing transaction while no other process uses the database: Conflict when one does, and one that
        comes meanwhile waits. On MariaDB, changes of the schema are kept even when the block fails."""
        engine = _sqlite_engine(self._url, exclusive=True) if self._sqlite else _mariadb_engine(self._url, answer=HOUR)
        engine.update_execution_options(**{BEGIN: "BEGIN EXCLUSIVE"})
        # What is open of its own is company, too.
        self._engine.dispose()
        try:
            with self._guarded(), alone(engine, self.shown) as connection:
                yield connection
        finally:
            engine.dispose()

    @property
    def shown(self) -> str:
        """Where the database is, without its password."""
        return _shown(self._url)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database."""
        return Path(self._url.database or "") if self._sqlite else None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextmanager
    def _patient(self) -> Iterator[Engine]:
        """An engine on which single statements may take long."""
        if self._sqlite:
            yield self._writing
            return
        engine = _mariadb_engine(self._url, answer=HOUR)
        try:
            yield engine
        finally:
            engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer at a time. Threads of this process queue here, which is fair and wakes them at
        once, while SQLite's own waiting sleeps and polls."""
        if self._sqlite and not self._lock.acquire(timeout=PATIENCE):
            raise DatabaseError("DATABASE_FAILED", database=_shown(self._url),
                                problem=f"another thread has been writing for {PATIENCE} s")
        try:
            yield
        finally:
            if self._sqlite:
                self._lock.release()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError as exc:
            raise ConstraintViolated("DATABASE_CONSTRAINT", constraint=violated(str(exc.orig))) from exc
        except SQLAlchemyError as exc:
            _let_go(exc)
            kind = DatabaseRefused if _is_for_good(exc) else DatabaseError
            raise kind("DATABASE_FAILED", database=_shown(self._url), problem=_problem(exc)) from exc


class Bound(Database):
    """The database within a transaction that somebody has begun, who alone ends it."""

    def __init__(self, connection: Connection) -> None:
        self._url = connection.engine.url
        self._sqlite = connection.dialect.name == "sqlite"
        self._connection = connection

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A part of the transaction."""
        with self._guarded(), Session(self._connection, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A part of the transaction that only reads."""
        with self._guarded(), Session(self._connection, expire_on_commit=False) as session:
            yield session


def violated(message: str) -> str:
    """The name of the constraint that a driver's message speaks of; SQLite names only its columns."""
    if match := re.search(r"UNIQUE constraint failed: (.+)", message):
        columns = [part.rpartition(".")[2] for part in match[1].split(", ")]
        return next((name for name, of in _unique_constraints() if of == columns), match[1])
    if match := re.search(r"for key '(?:[^'.]+\.)?([^']+)'", message):
        return match[1]
    match = re.search(r"CONSTRAINT `([^`]+)`", message)
    return match[1] if match else message


def _unique_constraints() -> Iterator[tuple[str, list[str]]]:
    for table in TABLES.values():
        yield from _of_table(table)


def _of_table(table: Table) -> Iterator[tuple[str, list[str]]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        # The value is not shown: what can't be parsed can't be freed of its password either.
        raise ConfigError("DATABASE_URL", value="…", known=", ".join(DRIVERS)) from exc
    in_memory = parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:")
    if parsed.drivername not in DRIVERS or in_memory:
        raise ConfigError("DATABASE_URL", value=_shown(parsed), known=", ".join(DRIVERS))
    return parsed


def _shown(url: URL) -> str:
    return url.set(query={}).render_as_string(hide_password=True)


def _sqlite_engine(url: URL, *, exclusive: bool = False) -> Engine:
    patience = 0 if exclusive else PATIENCE
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": patience}, **POOL)
    event.listen(engine, "do_connect", _make_private)
    if exclusive:
        event.listen(engine, "connect", keep_others_out)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_private(_dialect: object, _record: object, words: list[Any], _options: object) -> None:
    """A new file is for its owner alone, and so is what SQLite puts beside it. Why it can't be made SQLite says."""
    path = str(words[0]) if words else ""
    if path and not path.startswith((":memory:", "file:")):
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _set_up_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # The driver's own BEGIN comes too late and is never IMMEDIATE.
    connection.isolation_level = None
    try:
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        # Nobody else would close it, and open it keeps its locks.
        connection.close()
        raise


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts reading and then writes can't wait for another writer, it fails at once;
    # so what may write says so at its beginning.
    connection.exec_driver_sql(connection.get_execution_options().get(BEGIN, "BEGIN"))


def _mariadb_engine(url: URL, *, answer: int = ANSWER) -> Engine:
    timeouts = {"connect_timeout": 5, "read_timeout": answer, "write_timeout": answer}
    engine = create_engine(url.update_query_dict({"charset": "utf8mb4"}), hide_parameters=True, pool_pre_ping=True,
                           isolation_level="READ COMMITTED", connect_args=timeouts, **POOL)
    event.listen(engine, "connect", _set_up_mariadb)
    return engine


def _set_up_mariadb(connection: Any, _: object) -> None:
    with connection.cursor() as cursor:
        # Too long values are errors instead of being cut, whatever the server's own setting.
        cursor.execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
                       f"innodb_lock_wait_timeout = {PATIENCE // 3}")


def _lost(exc: BaseException | None) -> bool:
    if not isinstance(exc, DBAPIError):
        return False
    return exc.orig is not None and bool(exc.orig.args) and exc.orig.args[0] in LOST


def _is_for_good(exc: SQLAlchemyError) -> bool:
    """Whether what was asked is wrong itself, so that a database that works again would not take it either."""
    if isinstance(exc, DBAPIError):
        return isinstance(exc, DataError | NotSupportedError | ProgrammingError)
    # A value that could not even be handed to the driver.
    return isinstance(exc, StatementError)


def _let_go(exc: BaseException | None) -> None:
    """Forget the variables of the functions that an error of the driver came through: they hold each other, and
    while the database is gone that would be most of the memory."""
    while exc is not None:
        clear_frames(exc.__traceback__)
        exc = exc.__cause__ or exc.__context__


def _problem(exc: SQLAlchemyError) -> str:
    orig = exc.orig if isinstance(exc, DBAPIError) else exc
    return str(orig.args[-1]) if orig is not None and orig.args else type(exc).__name__
