"""Software that runs: revisions, containers, waves, sealed secrets."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
OPTIONS = {f"{dialect}_{key}": value for dialect in ("mysql", "mariadb")
           for key, value in {"engine": "InnoDB", "row_format": "DYNAMIC", "charset": "utf8mb4",
                              "collate": "utf8mb4_bin"}.items()}



def _added() -> dict[str, tuple[sa.Column[Any], ...]]:
    return {
        "system_soft_job": (
            sa.Column("system_soft_job_options", LONG_TEXT, nullable=True),
            sa.Column("system_soft_job_strategy", LONG_TEXT, nullable=True),
            sa.Column("system_soft_job_wave", sa.BigInteger(), nullable=True),
            sa.Column("system_soft_job_waves", sa.BigInteger(), nullable=True),
            sa.Column("system_soft_job_waiting", sa.String(50), nullable=True),
            sa.Column("system_soft_job_approved_wave", sa.BigInteger(), nullable=True),
            sa.Column("system_soft_job_parent_id", sa.BigInteger(), nullable=True)),
        "system_soft_record": (
            sa.Column("system_soft_record_log", LONG_TEXT, nullable=True),
            sa.Column("system_soft_record_changed", sa.Boolean(), nullable=True),
            sa.Column("system_soft_record_wave", sa.BigInteger(), nullable=True),
            sa.Column("system_soft_record_revision", sa.BigInteger(), nullable=True)),
        "system_soft_app": (
            sa.Column("system_soft_app_state", sa.String(50), nullable=False, server_default="INSTALLED"),
            sa.Column("system_soft_app_revision", sa.BigInteger(), nullable=True),
            sa.Column("system_soft_app_managed", sa.Boolean(), nullable=False, server_default="0")),
    }


def upgrade() -> None:
    """Add columns and tables; what a migration that was cut off has made already stays."""
    for table, columns in _added().items():
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(table)}
        for column in columns:
            if column.name not in there:
                op.add_column(table, column)
    if op.get_bind().dialect.name != "sqlite":
        # The command for a thousand servers; SQLite knows no length.
        op.alter_column("system_soft_job", "system_soft_job_command", type_=LONG_TEXT, existing_type=sa.Text(),
                        existing_nullable=False)
    _create_revision()
    _create_container()


def _table(name: str, *parts: Any) -> None:
    op.create_table(name, *parts, if_not_exists=True, sqlite_autoincrement=True, **OPTIONS)


def _refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.{table}_id"], name=f"fk_{column}")


def _index(table: str, column: str) -> None:
    if f"ix_{column}" not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(f"ix_{column}", table, [column])


def _create_revision() -> None:
    _table(
        "system_soft_revision",
        sa.Column("system_soft_revision_id", BIG_ID, nullable=False),
        sa.Column("system_soft_revision_server_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_revision_name", sa.String(255), nullable=False),
        sa.Column("system_soft_revision_number", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_revision_record_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_revision_soft_id", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_revision_version", sa.String(100), nullable=False),
        sa.Column("system_soft_revision_docker_image", sa.String(500), nullable=False),
        sa.Column("system_soft_revision_digest", sa.String(100), nullable=True),
        sa.Column("system_soft_revision_commit", sa.String(64), nullable=True),
        sa.Column("system_soft_revision_repository", sa.String(100), nullable=False),
        sa.Column("system_soft_revision_parameters", LONG_TEXT, nullable=False),
        sa.Column("system_soft_revision_secrets", LONG_TEXT, nullable=True),
        sa.Column("system_soft_revision_entry", LONG_TEXT, nullable=False),
        sa.Column("system_soft_revision_images", LONG_TEXT, nullable=False),
        sa.Column("system_soft_revision_compose", LONG_TEXT, nullable=False),
        sa.Column("system_soft_revision_create_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("system_soft_revision_id", name="pk_system_soft_revision"),
        _refers("system_soft_revision_server_id", "system_soft_server"),
        _refers("system_soft_revision_record_id", "system_soft_record"),
        _refers("system_soft_revision_soft_id", "system_soft_image"),
        sa.UniqueConstraint("system_soft_revision_server_id", "system_soft_revision_name",
                            "system_soft_revision_number", name="uq_system_soft_revision_number"),
        sa.UniqueConstraint("system_soft_revision_record_id", name="uq_system_soft_revision_record_id"))
    _index("system_soft_revision", "system_soft_revision_soft_id")


def _create_container() -> None:
    _table(
        "system_soft_container",
        sa.Column("system_soft_container_id", BIG_ID, nullable=False),
        sa.Column("system_soft_container_server_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_container_engine_id", sa.String(64), nullable=False),
        sa.Column("system_soft_container_name", sa.String(255), nullable=False),
        sa.Column("system_soft_container_soft_name", sa.String(255), nullable=False),
        sa.Column("system_soft_container_service", sa.String(255), nullable=False),
        sa.Column("system_soft_container_version", sa.String(100), nullable=False),
        sa.Column("system_soft_container_docker_image", sa.String(500), nullable=False),
        sa.Column("system_soft_container_state", sa.String(50), nullable=False),
        sa.Column("system_soft_container_health", sa.String(50), nullable=True),
        sa.Column("system_soft_container_exit_code", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_container_oom_killed", sa.Boolean(), nullable=False),
        sa.Column("system_soft_container_restarts", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_container_ports", LONG_TEXT, nullable=False),
        sa.Column("system_soft_container_start_time", sa.DateTime(), nullable=True),
        sa.Column("system_soft_container_update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("system_soft_container_id", name="pk_system_soft_container"),
        _refers("system_soft_container_server_id", "system_soft_server"),
        sa.UniqueConstraint("system_soft_container_server_id", "system_soft_container_engine_id",
                            name="uq_system_soft_container_engine_id"))
    _index("system_soft_container", "system_soft_container_soft_name")
