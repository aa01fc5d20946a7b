"""Brings the schema of a database to the one this version of softops knows, with Alembic, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from softops.errors import DatabaseError

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = "softops_migrate"
LOCK_PATIENCE = 50
"""Seconds to wait for another process that migrates."""


def upgrade(engine: Engine) -> None:
    """Run all migrations the database has not had yet. A database that a newer softops has migrated is not
    touched: DatabaseError. Only one process does it at a time, the others wait and find it done."""
    with engine.begin() as connection, _alone(connection):
        config = Config(attributes={"connection": connection})
        # A percent sign in the path would be taken for interpolation.
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        _refuse_newer(connection, ScriptDirectory.from_config(config))
        command.upgrade(config, "head")


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    unknown = [revision for revision in found if revision not in known]
    if unknown:
        raise DatabaseError("DATABASE_NEWER", database=", ".join(unknown), code=scripts.get_current_head())


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "sqlite":
        # The transaction itself has begun IMMEDIATE, and SQLite rolls back schema changes too.
        yield
        return
    if connection.scalar(text("SELECT GET_LOCK(:name, :seconds)"), {"name": LOCK, "seconds": LOCK_PATIENCE}) != 1:
        raise DatabaseError("DATABASE_MIGRATING")
    try:
        yield
    finally:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": LOCK})
