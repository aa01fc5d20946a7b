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

from softops.errors import DatabaseError, DatabaseRefused

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = "softops_migrate"
LOCK_PATIENCE = 50
"""Seconds to wait for another process that migrates."""


RESTORING = "restoring"
"""What stands in the place of a revision while a backup is read into the database."""


def upgrade(engine: Engine) -> None:
    """Run all migrations the database has not had yet. A database that a newer softops has migrated is not
    touched: DatabaseRefused. Only one process does it at a time, the others wait and find it done."""
    with engine.begin() as connection, locked(connection):
        bring_to(connection, "head")


def bring_to(connection: Connection, revision: str) -> None:
    """Run all migrations up to `revision` that the database has not had yet."""
    config = Config(attributes={"connection": connection})
    # A percent sign in the path would be taken for interpolation.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    _refuse_newer(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, revision)


def revision_of(connection: Connection) -> str | None:
    """Which revision the schema has; None for a database that softops has never used."""
    return MigrationContext.configure(connection).get_current_revision()


def known_revisions() -> tuple[str, ...]:
    """All revisions this softops knows, the oldest first."""
    scripts = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return tuple(reversed([script.revision for script in scripts]))


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    if RESTORING in found:
        raise DatabaseRefused("DATABASE_RESTORING")
    unknown = [revision for revision in found if revision not in known]
    if unknown:
        raise DatabaseRefused("DATABASE_NEWER", database=", ".join(unknown), code=scripts.get_current_head())


@contextmanager
def locked(connection: Connection) -> Iterator[None]:
    """Let nobody else migrate meanwhile; DatabaseError when somebody else does so for too long."""
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
