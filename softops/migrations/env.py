"""What Alembic runs for every command; `softops.upgrade` hands it the connection."""

from __future__ import annotations

from alembic import context

from softops.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
