"""The tables. Column names are the contract's; attributes are the short ones the code uses.

Everything compares byte by byte (`utf8mb4_bin`), so that names differ on MariaDB exactly when they differ on SQLite.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from softops.columns import BIG_ID, LONG_TEXT, JsonText, UtcSeconds

NAMING = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(column_0_name)s",
    "uq": "uq_%(column_0_name)s",
    "ix": "ix_%(column_0_name)s",
}
TABLE = {
    "mysql_engine": "InnoDB",
    "mysql_row_format": "DYNAMIC",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_row_format": "DYNAMIC",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
    "sqlite_autoincrement": True,
}
ACTIVE_RECORD = "uq_system_soft_record_active_key"
"""The constraint that allows one active record per server and software."""


class Base(DeclarativeBase):
    """All tables of softops."""

    metadata = MetaData(naming_convention=NAMING)
    # Without a map a plain `int` would become INTEGER; the contract's numbers are BIGINT.
    type_annotation_map = {int: BigInteger(), str: Text(), bool: Boolean(), datetime: UtcSeconds()}  # noqa: RUF012


class RepositoryRow(Base):
    """A git repository that holds catalog entries."""

    __tablename__ = "system_soft_repository"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_repository_id", BIG_ID, primary_key=True)
    name: Mapped[str] = mapped_column("system_soft_repository_name", String(100), unique=True)
    url: Mapped[str] = mapped_column("system_soft_repository_url", Text)
    ref: Mapped[str] = mapped_column("system_soft_repository_ref", String(255))
    path: Mapped[str] = mapped_column("system_soft_repository_path", String(500))
    interval: Mapped[int] = mapped_column("system_soft_repository_interval")
    status: Mapped[str] = mapped_column("system_soft_repository_status", String(50))
    commit: Mapped[str | None] = mapped_column("system_soft_repository_commit", String(64))
    sync_time: Mapped[datetime | None] = mapped_column("system_soft_repository_sync_time")
    report: Mapped[dict[str, Any]] = mapped_column("system_soft_repository_report", JsonText)
    webhook: Mapped[str | None] = mapped_column("system_soft_repository_webhook", LONG_TEXT)
    """The secret of its webhook, sealed; NULL: there is none."""


class ImageRow(Base):
    """One version of a software."""

    __tablename__ = "system_soft_image"
    __table_args__ = (
        UniqueConstraint("system_soft_image_repository_id", "system_soft_image_name", "system_soft_image_version",
                         name="uq_system_soft_image_version"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_image_id", BIG_ID, primary_key=True)
    name: Mapped[str] = mapped_column("system_soft_image_name", String(255), index=True)
    version: Mapped[str] = mapped_column("system_soft_image_version", String(100))
    docker_image: Mapped[str] = mapped_column("system_soft_image_docker_image", String(500))
    description: Mapped[str] = mapped_column("system_soft_image_description", Text)
    status: Mapped[str] = mapped_column("system_soft_image_status", String(50))
    create_time: Mapped[datetime] = mapped_column("system_soft_image_create_time")
    update_time: Mapped[datetime] = mapped_column("system_soft_image_update_time")
    repository_id: Mapped[int] = mapped_column(
        "system_soft_image_repository_id", BigInteger, ForeignKey("system_soft_repository.system_soft_repository_id"))
    commit: Mapped[str] = mapped_column("system_soft_image_commit", String(64))
    digest: Mapped[str | None] = mapped_column("system_soft_image_digest", String(100))
    size: Mapped[int | None] = mapped_column("system_soft_image_size")
    entry: Mapped[dict[str, Any]] = mapped_column("system_soft_image_entry", JsonText)
    entry_hash: Mapped[str] = mapped_column("system_soft_image_entry_hash", String(64))
    version_key: Mapped[str] = mapped_column("system_soft_image_version_key", String(500))
    """Sorts as the version does (`versions.version_key`)."""


class ServerRow(Base):
    """A server of the inventory."""

    __tablename__ = "system_soft_server"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_server_id", BIG_ID, primary_key=True)
    name: Mapped[str] = mapped_column("system_soft_server_name", String(255), unique=True)
    address: Mapped[str] = mapped_column("system_soft_server_address", String(255))
    present: Mapped[bool] = mapped_column("system_soft_server_present")
    status: Mapped[str] = mapped_column("system_soft_server_status", String(50))
    engine_version: Mapped[str | None] = mapped_column("system_soft_server_engine_version", String(100))
    architecture: Mapped[str | None] = mapped_column("system_soft_server_architecture", String(100))
    free_bytes: Mapped[int | None] = mapped_column("system_soft_server_free_bytes")
    check_time: Mapped[datetime | None] = mapped_column("system_soft_server_check_time")
    message: Mapped[str | None] = mapped_column("system_soft_server_message", Text)
    create_time: Mapped[datetime] = mapped_column("system_soft_server_create_time")
    update_time: Mapped[datetime] = mapped_column("system_soft_server_update_time")
    groups: Mapped[list[ServerGroupRow]] = relationship(lazy="selectin", cascade="all, delete-orphan",
                                                        order_by="ServerGroupRow.name")


class ServerGroupRow(Base):
    """A server is in a group."""

    __tablename__ = "system_soft_server_group"
    # Its key is two columns, which SQLite does not number.
    __table_args__ = (TABLE | {"sqlite_autoincrement": False},)

    server_id: Mapped[int] = mapped_column(
        "system_soft_server_group_server_id", BigInteger, ForeignKey("system_soft_server.system_soft_server_id"),
        primary_key=True)
    name: Mapped[str] = mapped_column("system_soft_server_group_name", String(255), primary_key=True, index=True)


class JobRow(Base):
    """One operation on one software on a set of servers."""

    __tablename__ = "system_soft_job"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_job_id", BIG_ID, primary_key=True)
    operation: Mapped[str] = mapped_column("system_soft_job_operation", String(50))
    status: Mapped[str] = mapped_column("system_soft_job_status", String(50), index=True)
    soft_id: Mapped[int | None] = mapped_column(
        "system_soft_job_soft_id", BigInteger, ForeignKey("system_soft_image.system_soft_image_id"), index=True)
    soft_name: Mapped[str] = mapped_column("system_soft_job_soft_name", String(255))
    version: Mapped[str] = mapped_column("system_soft_job_version", String(100))
    docker_image: Mapped[str] = mapped_column("system_soft_job_docker_image", String(500))
    digest: Mapped[str | None] = mapped_column("system_soft_job_digest", String(100))
    commit: Mapped[str | None] = mapped_column("system_soft_job_commit", String(64))
    repository: Mapped[str] = mapped_column("system_soft_job_repository", String(100))
    user: Mapped[str] = mapped_column("system_soft_job_user", String(100))
    parameters: Mapped[dict[str, Any]] = mapped_column("system_soft_job_parameters", JsonText)
    retry_of: Mapped[int | None] = mapped_column(
        "system_soft_job_retry_of", BigInteger, ForeignKey("system_soft_job.system_soft_job_id"), index=True)
    seq: Mapped[int] = mapped_column("system_soft_job_seq")
    cancel_requested: Mapped[bool] = mapped_column("system_soft_job_cancel_requested")
    lease_owner: Mapped[str | None] = mapped_column("system_soft_job_lease_owner", String(255))
    lease_until: Mapped[datetime | None] = mapped_column("system_soft_job_lease_until")
    command: Mapped[str] = mapped_column("system_soft_job_command", LONG_TEXT)
    options: Mapped[dict[str, Any] | None] = mapped_column("system_soft_job_options", JsonText)
    strategy: Mapped[dict[str, Any] | None] = mapped_column("system_soft_job_strategy", JsonText)
    wave: Mapped[int | None] = mapped_column("system_soft_job_wave")
    waves: Mapped[int | None] = mapped_column("system_soft_job_waves")
    waiting: Mapped[str | None] = mapped_column("system_soft_job_waiting", String(50))
    """What the running job waits for: NULL, `approval` or `settle`."""
    approved_wave: Mapped[int | None] = mapped_column("system_soft_job_approved_wave")
    parent_id: Mapped[int | None] = mapped_column("system_soft_job_parent_id")
    """The job for which this one was made, as a roll-back is for an upgrade."""
    remark: Mapped[str | None] = mapped_column("system_soft_job_remark", Text)
    create_time: Mapped[datetime] = mapped_column("system_soft_job_create_time")
    start_time: Mapped[datetime | None] = mapped_column("system_soft_job_start_time")
    end_time: Mapped[datetime | None] = mapped_column("system_soft_job_end_time")


class RecordRow(Base):
    """What a job does on one server."""

    __tablename__ = "system_soft_record"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_record_id", BIG_ID, primary_key=True)
    soft_id: Mapped[int | None] = mapped_column(
        "system_soft_record_soft_id", BigInteger, ForeignKey("system_soft_image.system_soft_image_id"), index=True)
    server_id: Mapped[int] = mapped_column(
        "system_soft_record_server_id", BigInteger, ForeignKey("system_soft_server.system_soft_server_id"), index=True)
    status: Mapped[str] = mapped_column("system_soft_record_status", String(50), index=True)
    start_time: Mapped[datetime | None] = mapped_column("system_soft_record_start_time")
    end_time: Mapped[datetime | None] = mapped_column("system_soft_record_end_time")
    remark: Mapped[str | None] = mapped_column("system_soft_record_remark", Text)
    job_id: Mapped[int] = mapped_column(
        "system_soft_record_job_id", BigInteger, ForeignKey("system_soft_job.system_soft_job_id"), index=True)
    operation: Mapped[str] = mapped_column("system_soft_record_operation", String(50))
    soft_name: Mapped[str] = mapped_column("system_soft_record_soft_name", String(255))
    version: Mapped[str] = mapped_column("system_soft_record_version", String(100))
    docker_image: Mapped[str] = mapped_column("system_soft_record_docker_image", String(500))
    server_name: Mapped[str] = mapped_column("system_soft_record_server_name", String(255))
    user: Mapped[str] = mapped_column("system_soft_record_user", String(100))
    digest: Mapped[str | None] = mapped_column("system_soft_record_digest", String(100))
    commit: Mapped[str | None] = mapped_column("system_soft_record_commit", String(64))
    parameters: Mapped[dict[str, Any]] = mapped_column("system_soft_record_parameters", JsonText)
    code: Mapped[int | None] = mapped_column("system_soft_record_code")
    reason: Mapped[str | None] = mapped_column("system_soft_record_reason", String(100))
    reason_params: Mapped[dict[str, Any]] = mapped_column("system_soft_record_reason_params", JsonText)
    cancel_requested: Mapped[bool] = mapped_column("system_soft_record_cancel_requested")
    log: Mapped[str | None] = mapped_column("system_soft_record_log", LONG_TEXT)
    """The last lines of a container that failed."""
    changed: Mapped[bool | None] = mapped_column("system_soft_record_changed")
    wave: Mapped[int | None] = mapped_column("system_soft_record_wave")
    revision: Mapped[int | None] = mapped_column("system_soft_record_revision")
    """The number of the revision that it made."""
    active_key: Mapped[str | None] = mapped_column("system_soft_record_active_key", String(300), unique=True)
    """`server id:software name` while the record is active, NULL once it is final."""


class EventRow(Base):
    """A numbered milestone of a job."""

    __tablename__ = "system_soft_event"
    __table_args__ = (TABLE | {"sqlite_autoincrement": False},)

    job_id: Mapped[int] = mapped_column(
        "system_soft_event_job_id", BigInteger, ForeignKey("system_soft_job.system_soft_job_id"), primary_key=True)
    seq: Mapped[int] = mapped_column("system_soft_event_seq", primary_key=True)
    record_id: Mapped[int | None] = mapped_column(
        "system_soft_event_record_id", BigInteger, ForeignKey("system_soft_record.system_soft_record_id"), index=True)
    type: Mapped[str] = mapped_column("system_soft_event_type", String(50))
    payload: Mapped[dict[str, Any]] = mapped_column("system_soft_event_payload", JsonText)


class AppRow(Base):
    """Which software is on which server, in which state, and what was there before."""

    __tablename__ = "system_soft_app"
    __table_args__ = (
        UniqueConstraint("system_soft_app_server_id", "system_soft_app_name", name="uq_system_soft_app_name"),
        Index("ix_system_soft_app_name", "system_soft_app_name"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_app_id", BIG_ID, primary_key=True)
    server_id: Mapped[int] = mapped_column(
        "system_soft_app_server_id", BigInteger, ForeignKey("system_soft_server.system_soft_server_id"))
    name: Mapped[str] = mapped_column("system_soft_app_name", String(255))
    soft_id: Mapped[int | None] = mapped_column(
        "system_soft_app_soft_id", BigInteger, ForeignKey("system_soft_image.system_soft_image_id"), index=True)
    version: Mapped[str] = mapped_column("system_soft_app_version", String(100))
    docker_image: Mapped[str] = mapped_column("system_soft_app_docker_image", String(500))
    digest: Mapped[str | None] = mapped_column("system_soft_app_digest", String(100))
    commit: Mapped[str | None] = mapped_column("system_soft_app_commit", String(64))
    parameters: Mapped[dict[str, Any]] = mapped_column("system_soft_app_parameters", JsonText)
    state: Mapped[str] = mapped_column("system_soft_app_state", String(50), server_default="INSTALLED")
    revision: Mapped[int | None] = mapped_column("system_soft_app_revision")
    """The number of the revision that is in force; NULL while the software was never started."""
    managed: Mapped[bool] = mapped_column("system_soft_app_managed", server_default="0")
    """Whether the desired state of the inventory put it there, and so may remove it."""
    record_id: Mapped[int] = mapped_column(
        "system_soft_app_record_id", BigInteger, ForeignKey("system_soft_record.system_soft_record_id"), index=True)
    previous_record_id: Mapped[int | None] = mapped_column(
        "system_soft_app_previous_record_id", BigInteger, ForeignKey("system_soft_record.system_soft_record_id"),
        index=True)
    """The record that installed what was there before; its version, digest and parameters are the way back."""
    create_time: Mapped[datetime] = mapped_column("system_soft_app_create_time")
    update_time: Mapped[datetime] = mapped_column("system_soft_app_update_time")


class RevisionRow(Base):
    """A state of a software on a server, as a record is to bring it about or has brought it about."""

    __tablename__ = "system_soft_revision"
    __table_args__ = (
        UniqueConstraint("system_soft_revision_server_id", "system_soft_revision_name", "system_soft_revision_number",
                         name="uq_system_soft_revision_number"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_revision_id", BIG_ID, primary_key=True)
    server_id: Mapped[int] = mapped_column(
        "system_soft_revision_server_id", BigInteger, ForeignKey("system_soft_server.system_soft_server_id"))
    name: Mapped[str] = mapped_column("system_soft_revision_name", String(255))
    number: Mapped[int | None] = mapped_column("system_soft_revision_number")
    """1, 2, 3 ... for each server and software; NULL unless it has worked once."""
    record_id: Mapped[int] = mapped_column(
        "system_soft_revision_record_id", BigInteger, ForeignKey("system_soft_record.system_soft_record_id"),
        unique=True)
    soft_id: Mapped[int | None] = mapped_column(
        "system_soft_revision_soft_id", BigInteger, ForeignKey("system_soft_image.system_soft_image_id"), index=True)
    version: Mapped[str] = mapped_column("system_soft_revision_version", String(100))
    docker_image: Mapped[str] = mapped_column("system_soft_revision_docker_image", String(500))
    digest: Mapped[str | None] = mapped_column("system_soft_revision_digest", String(100))
    commit: Mapped[str | None] = mapped_column("system_soft_revision_commit", String(64))
    repository: Mapped[str] = mapped_column("system_soft_revision_repository", String(100))
    parameters: Mapped[dict[str, Any]] = mapped_column("system_soft_revision_parameters", JsonText)
    secrets: Mapped[str | None] = mapped_column("system_soft_revision_secrets", LONG_TEXT)
    """The values of secret parameters, sealed (`vault.py`)."""
    entry: Mapped[dict[str, Any]] = mapped_column("system_soft_revision_entry", JsonText)
    images: Mapped[list[str]] = mapped_column("system_soft_revision_images", JsonText)
    compose: Mapped[str] = mapped_column("system_soft_revision_compose", LONG_TEXT)
    create_time: Mapped[datetime] = mapped_column("system_soft_revision_create_time")


class ContainerRow(Base):
    """A container of softops on a server, as its engine described it last."""

    __tablename__ = "system_soft_container"
    __table_args__ = (
        UniqueConstraint("system_soft_container_server_id", "system_soft_container_engine_id",
                         name="uq_system_soft_container_engine_id"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_container_id", BIG_ID, primary_key=True)
    server_id: Mapped[int] = mapped_column(
        "system_soft_container_server_id", BigInteger, ForeignKey("system_soft_server.system_soft_server_id"))
    engine_id: Mapped[str] = mapped_column("system_soft_container_engine_id", String(64))
    """The id that the engine gave it."""
    name: Mapped[str] = mapped_column("system_soft_container_name", String(255))
    soft_name: Mapped[str] = mapped_column("system_soft_container_soft_name", String(255), index=True)
    service: Mapped[str] = mapped_column("system_soft_container_service", String(255))
    version: Mapped[str] = mapped_column("system_soft_container_version", String(100))
    docker_image: Mapped[str] = mapped_column("system_soft_container_docker_image", String(500))
    state: Mapped[str] = mapped_column("system_soft_container_state", String(50))
    """The engine's word: created, running, paused, restarting, removing, exited or dead."""
    health: Mapped[str | None] = mapped_column("system_soft_container_health", String(50))
    """starting, healthy or unhealthy; NULL without a health check."""
    exit_code: Mapped[int | None] = mapped_column("system_soft_container_exit_code")
    oom_killed: Mapped[bool] = mapped_column("system_soft_container_oom_killed")
    restarts: Mapped[int] = mapped_column("system_soft_container_restarts")
    ports: Mapped[list[Any]] = mapped_column("system_soft_container_ports", JsonText)
    start_time: Mapped[datetime | None] = mapped_column("system_soft_container_start_time")
    update_time: Mapped[datetime] = mapped_column("system_soft_container_update_time")
