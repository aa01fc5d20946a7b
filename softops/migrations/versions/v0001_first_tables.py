"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
OPTIONS = {f"{dialect}_{key}": value for dialect in ("mysql", "mariadb")
           for key, value in {"engine": "InnoDB", "row_format": "DYNAMIC", "charset": "utf8mb4",
                              "collate": "utf8mb4_bin"}.items()}


def upgrade() -> None:
    """The first tables."""
    _create_repository()
    _create_server()
    _create_image()
    _create_server_group()
    _create_job()
    _create_record()
    _create_app()
    _create_event()


def _table(name: str, *parts: Any, **options: Any) -> None:
    # MariaDB commits every statement by itself: a migration that was cut off is taken up where it ended.
    op.create_table(name, *parts, if_not_exists=True, **OPTIONS, **options)


def _refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.{table}_id"], name=f"fk_{column}")


def _index(name: str, table: str, columns: list[str]) -> None:
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, columns)


def _create_repository() -> None:
    _table(
        "system_soft_repository",
        sa.Column("system_soft_repository_id", BIG_ID, nullable=False),
        sa.Column("system_soft_repository_name", sa.String(100), nullable=False),
        sa.Column("system_soft_repository_url", sa.Text(), nullable=False),
        sa.Column("system_soft_repository_ref", sa.String(255), nullable=False),
        sa.Column("system_soft_repository_path", sa.String(500), nullable=False),
        sa.Column("system_soft_repository_interval", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_repository_status", sa.String(50), nullable=False),
        sa.Column("system_soft_repository_commit", sa.String(64), nullable=True),
        sa.Column("system_soft_repository_sync_time", sa.DateTime(), nullable=True),
        sa.Column("system_soft_repository_report", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("system_soft_repository_id", name="pk_system_soft_repository"),
        sa.UniqueConstraint("system_soft_repository_name", name="uq_system_soft_repository_name"),
        sqlite_autoincrement=True,
    )


def _create_server() -> None:
    _table(
        "system_soft_server",
        sa.Column("system_soft_server_id", BIG_ID, nullable=False),
        sa.Column("system_soft_server_name", sa.String(255), nullable=False),
        sa.Column("system_soft_server_address", sa.String(255), nullable=False),
        sa.Column("system_soft_server_present", sa.Boolean(), nullable=False),
        sa.Column("system_soft_server_status", sa.String(50), nullable=False),
        sa.Column("system_soft_server_engine_version", sa.String(100), nullable=True),
        sa.Column("system_soft_server_architecture", sa.String(100), nullable=True),
        sa.Column("system_soft_server_free_bytes", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_server_check_time", sa.DateTime(), nullable=True),
        sa.Column("system_soft_server_message", sa.Text(), nullable=True),
        sa.Column("system_soft_server_create_time", sa.DateTime(), nullable=False),
        sa.Column("system_soft_server_update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("system_soft_server_id", name="pk_system_soft_server"),
        sa.UniqueConstraint("system_soft_server_name", name="uq_system_soft_server_name"),
        sqlite_autoincrement=True,
    )


def _create_image() -> None:
    _table(
        "system_soft_image",
        sa.Column("system_soft_image_id", BIG_ID, nullable=False),
        sa.Column("system_soft_image_name", sa.String(255), nullable=False),
        sa.Column("system_soft_image_version", sa.String(100), nullable=False),
        sa.Column("system_soft_image_docker_image", sa.String(500), nullable=False),
        sa.Column("system_soft_image_description", sa.Text(), nullable=False),
        sa.Column("system_soft_image_status", sa.String(50), nullable=False),
        sa.Column("system_soft_image_create_time", sa.DateTime(), nullable=False),
        sa.Column("system_soft_image_update_time", sa.DateTime(), nullable=False),
        sa.Column("system_soft_image_repository_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_image_commit", sa.String(64), nullable=False),
        sa.Column("system_soft_image_digest", sa.String(100), nullable=True),
        sa.Column("system_soft_image_size", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_image_entry", LONG_TEXT, nullable=False),
        sa.Column("system_soft_image_entry_hash", sa.String(64), nullable=False),
        sa.Column("system_soft_image_version_key", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("system_soft_image_id", name="pk_system_soft_image"),
        _refers("system_soft_image_repository_id", "system_soft_repository"),
        sa.UniqueConstraint("system_soft_image_repository_id", "system_soft_image_name", "system_soft_image_version",
                            name="uq_system_soft_image_version"),
        sqlite_autoincrement=True,
    )
    _index("ix_system_soft_image_name", "system_soft_image", ["system_soft_image_name"])


def _create_server_group() -> None:
    _table(
        "system_soft_server_group",
        sa.Column("system_soft_server_group_server_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_server_group_name", sa.String(255), nullable=False),
        sa.PrimaryKeyConstraint("system_soft_server_group_server_id", "system_soft_server_group_name",
                                name="pk_system_soft_server_group"),
        _refers("system_soft_server_group_server_id", "system_soft_server"),
        sqlite_autoincrement=False,
    )
    _index("ix_system_soft_server_group_name", "system_soft_server_group", ["system_soft_server_group_name"])


def _create_job() -> None:
    _table(
        "system_soft_job",
        sa.Column("system_soft_job_id", BIG_ID, nullable=False),
        sa.Column("system_soft_job_operation", sa.String(50), nullable=False),
        sa.Column("system_soft_job_status", sa.String(50), nullable=False),
        sa.Column("system_soft_job_soft_id", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_job_soft_name", sa.String(255), nullable=False),
        sa.Column("system_soft_job_version", sa.String(100), nullable=False),
        sa.Column("system_soft_job_docker_image", sa.String(500), nullable=False),
        sa.Column("system_soft_job_digest", sa.String(100), nullable=True),
        sa.Column("system_soft_job_commit", sa.String(64), nullable=True),
        sa.Column("system_soft_job_repository", sa.String(100), nullable=False),
        sa.Column("system_soft_job_user", sa.String(100), nullable=False),
        sa.Column("system_soft_job_parameters", LONG_TEXT, nullable=False),
        sa.Column("system_soft_job_retry_of", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_job_seq", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_job_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("system_soft_job_lease_owner", sa.String(255), nullable=True),
        sa.Column("system_soft_job_lease_until", sa.DateTime(), nullable=True),
        sa.Column("system_soft_job_command", sa.Text(), nullable=False),
        sa.Column("system_soft_job_remark", sa.Text(), nullable=True),
        sa.Column("system_soft_job_create_time", sa.DateTime(), nullable=False),
        sa.Column("system_soft_job_start_time", sa.DateTime(), nullable=True),
        sa.Column("system_soft_job_end_time", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("system_soft_job_id", name="pk_system_soft_job"),
        _refers("system_soft_job_retry_of", "system_soft_job"),
        _refers("system_soft_job_soft_id", "system_soft_image"),
        sqlite_autoincrement=True,
    )
    _index("ix_system_soft_job_retry_of", "system_soft_job", ["system_soft_job_retry_of"])
    _index("ix_system_soft_job_soft_id", "system_soft_job", ["system_soft_job_soft_id"])
    _index("ix_system_soft_job_status", "system_soft_job", ["system_soft_job_status"])


def _create_record() -> None:
    _table(
        "system_soft_record",
        sa.Column("system_soft_record_id", BIG_ID, nullable=False),
        sa.Column("system_soft_record_soft_id", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_record_server_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_record_status", sa.String(50), nullable=False),
        sa.Column("system_soft_record_start_time", sa.DateTime(), nullable=True),
        sa.Column("system_soft_record_end_time", sa.DateTime(), nullable=True),
        sa.Column("system_soft_record_remark", sa.Text(), nullable=True),
        sa.Column("system_soft_record_job_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_record_operation", sa.String(50), nullable=False),
        sa.Column("system_soft_record_soft_name", sa.String(255), nullable=False),
        sa.Column("system_soft_record_version", sa.String(100), nullable=False),
        sa.Column("system_soft_record_docker_image", sa.String(500), nullable=False),
        sa.Column("system_soft_record_server_name", sa.String(255), nullable=False),
        sa.Column("system_soft_record_user", sa.String(100), nullable=False),
        sa.Column("system_soft_record_digest", sa.String(100), nullable=True),
        sa.Column("system_soft_record_commit", sa.String(64), nullable=True),
        sa.Column("system_soft_record_parameters", LONG_TEXT, nullable=False),
        sa.Column("system_soft_record_code", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_record_reason", sa.String(100), nullable=True),
        sa.Column("system_soft_record_reason_params", LONG_TEXT, nullable=False),
        sa.Column("system_soft_record_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("system_soft_record_active_key", sa.String(300), nullable=True),
        sa.PrimaryKeyConstraint("system_soft_record_id", name="pk_system_soft_record"),
        _refers("system_soft_record_job_id", "system_soft_job"),
        _refers("system_soft_record_server_id", "system_soft_server"),
        _refers("system_soft_record_soft_id", "system_soft_image"),
        sa.UniqueConstraint("system_soft_record_active_key", name="uq_system_soft_record_active_key"),
        sqlite_autoincrement=True,
    )
    _index("ix_system_soft_record_job_id", "system_soft_record", ["system_soft_record_job_id"])
    _index("ix_system_soft_record_server_id", "system_soft_record", ["system_soft_record_server_id"])
    _index("ix_system_soft_record_soft_id", "system_soft_record", ["system_soft_record_soft_id"])
    _index("ix_system_soft_record_status", "system_soft_record", ["system_soft_record_status"])


def _create_app() -> None:
    _table(
        "system_soft_app",
        sa.Column("system_soft_app_id", BIG_ID, nullable=False),
        sa.Column("system_soft_app_server_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_app_name", sa.String(255), nullable=False),
        sa.Column("system_soft_app_soft_id", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_app_version", sa.String(100), nullable=False),
        sa.Column("system_soft_app_docker_image", sa.String(500), nullable=False),
        sa.Column("system_soft_app_digest", sa.String(100), nullable=True),
        sa.Column("system_soft_app_commit", sa.String(64), nullable=True),
        sa.Column("system_soft_app_parameters", LONG_TEXT, nullable=False),
        sa.Column("system_soft_app_record_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_app_previous_record_id", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_app_create_time", sa.DateTime(), nullable=False),
        sa.Column("system_soft_app_update_time", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("system_soft_app_id", name="pk_system_soft_app"),
        _refers("system_soft_app_previous_record_id", "system_soft_record"),
        _refers("system_soft_app_record_id", "system_soft_record"),
        _refers("system_soft_app_server_id", "system_soft_server"),
        _refers("system_soft_app_soft_id", "system_soft_image"),
        sa.UniqueConstraint("system_soft_app_server_id", "system_soft_app_name", name="uq_system_soft_app_name"),
        sqlite_autoincrement=True,
    )
    _index("ix_system_soft_app_name", "system_soft_app", ["system_soft_app_name"])
    _index("ix_system_soft_app_previous_record_id", "system_soft_app", ["system_soft_app_previous_record_id"])
    _index("ix_system_soft_app_record_id", "system_soft_app", ["system_soft_app_record_id"])
    _index("ix_system_soft_app_soft_id", "system_soft_app", ["system_soft_app_soft_id"])


def _create_event() -> None:
    _table(
        "system_soft_event",
        sa.Column("system_soft_event_job_id", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_event_seq", sa.BigInteger(), nullable=False),
        sa.Column("system_soft_event_record_id", sa.BigInteger(), nullable=True),
        sa.Column("system_soft_event_type", sa.String(50), nullable=False),
        sa.Column("system_soft_event_payload", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("system_soft_event_job_id", "system_soft_event_seq", name="pk_system_soft_event"),
        _refers("system_soft_event_job_id", "system_soft_job"),
        _refers("system_soft_event_record_id", "system_soft_record"),
        sqlite_autoincrement=False,
    )
    _index("ix_system_soft_event_record_id", "system_soft_event", ["system_soft_event_record_id"])
