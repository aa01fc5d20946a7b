"""What Alembic runs for every command; `softops.upgrade` hands it the connection."""

from __future__ import annotations

from alembic import context

from softops.accessmodels import UserRow

context.configure(connection=context.config.attributes["connection"], target_metadata=UserRow.metadata)
with context.begin_transaction():
    context.run_migrations()
