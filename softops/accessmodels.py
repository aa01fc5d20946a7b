"""The tables about who may come in, what they did, and what is kept secret for softops itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from softops.columns import BIG_ID, LONG_TEXT, JsonText
from softops.models import TABLE, Base

AUDIT_CHAIN = "uq_system_soft_audit_previous"
"""The constraint that lets only one entry follow another."""


class UserRow(Base):
    """Somebody who may come in."""

    __tablename__ = "system_soft_user"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_user_id", BIG_ID, primary_key=True)
    name: Mapped[str] = mapped_column("system_soft_user_name", String(100), unique=True)
    password: Mapped[str | None] = mapped_column("system_soft_user_password", String(255))
    """The argon2id hash; NULL: comes in some other way."""
    role: Mapped[str] = mapped_column("system_soft_user_role", String(50))
    groups: Mapped[list[str] | None] = mapped_column("system_soft_user_groups", JsonText)
    """Groups of the inventory; NULL: all servers."""
    disabled: Mapped[bool] = mapped_column("system_soft_user_disabled")
    subject: Mapped[str | None] = mapped_column("system_soft_user_subject", String(255), unique=True)
    """Who this is for the identity provider; NULL for a user of softops alone."""
    seen_time: Mapped[datetime | None] = mapped_column("system_soft_user_seen_time")
    create_time: Mapped[datetime] = mapped_column("system_soft_user_create_time")
    update_time: Mapped[datetime] = mapped_column("system_soft_user_update_time")


class SessionRow(Base):
    """A browser that is logged in."""

    __tablename__ = "system_soft_session"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_session_id", BIG_ID, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        "system_soft_session_user_id", BigInteger, ForeignKey("system_soft_user.system_soft_user_id"), index=True)
    hash: Mapped[str] = mapped_column("system_soft_session_hash", String(64), unique=True)
    """SHA-256 of what the cookie holds."""
    address: Mapped[str] = mapped_column("system_soft_session_address", String(255))
    agent: Mapped[str] = mapped_column("system_soft_session_agent", String(255))
    create_time: Mapped[datetime] = mapped_column("system_soft_session_create_time")
    seen_time: Mapped[datetime] = mapped_column("system_soft_session_seen_time")
    expire_time: Mapped[datetime] = mapped_column("system_soft_session_expire_time")


class TokenRow(Base):
    """What a program comes in with."""

    __tablename__ = "system_soft_token"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_token_id", BIG_ID, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        "system_soft_token_user_id", BigInteger, ForeignKey("system_soft_user.system_soft_user_id"), index=True)
    name: Mapped[str] = mapped_column("system_soft_token_name", String(100))
    hash: Mapped[str] = mapped_column("system_soft_token_hash", String(64), unique=True)
    role: Mapped[str] = mapped_column("system_soft_token_role", String(50))
    """The most it may do; never more than its user."""
    groups: Mapped[list[str] | None] = mapped_column("system_soft_token_groups", JsonText)
    create_time: Mapped[datetime] = mapped_column("system_soft_token_create_time")
    seen_time: Mapped[datetime | None] = mapped_column("system_soft_token_seen_time")
    expire_time: Mapped[datetime | None] = mapped_column("system_soft_token_expire_time")
    revoke_time: Mapped[datetime | None] = mapped_column("system_soft_token_revoke_time")


class AuditRow(Base):
    """Something that was done or refused. Rows are only ever added, each chained to the one before."""

    __tablename__ = "system_soft_audit"
    __table_args__ = (TABLE,)

    id: Mapped[int] = mapped_column("system_soft_audit_id", BIG_ID, primary_key=True)
    time: Mapped[datetime] = mapped_column("system_soft_audit_time", index=True)
    user: Mapped[str] = mapped_column("system_soft_audit_user", String(100), index=True)
    role: Mapped[str] = mapped_column("system_soft_audit_role", String(50))
    via: Mapped[str] = mapped_column("system_soft_audit_via", String(50))
    address: Mapped[str] = mapped_column("system_soft_audit_address", String(255))
    action: Mapped[str] = mapped_column("system_soft_audit_action", String(100), index=True)
    target: Mapped[str] = mapped_column("system_soft_audit_target", String(500))
    outcome: Mapped[str] = mapped_column("system_soft_audit_outcome", String(50))
    code: Mapped[int] = mapped_column("system_soft_audit_code")
    message: Mapped[str] = mapped_column("system_soft_audit_message", Text)
    request: Mapped[str] = mapped_column("system_soft_audit_request", String(100))
    job_id: Mapped[int | None] = mapped_column("system_soft_audit_job_id")
    begun_id: Mapped[int | None] = mapped_column("system_soft_audit_begun_id", index=True)
    """The entry that said that this began."""
    before: Mapped[dict[str, Any] | None] = mapped_column("system_soft_audit_before", JsonText)
    after: Mapped[dict[str, Any] | None] = mapped_column("system_soft_audit_after", JsonText)
    previous: Mapped[str] = mapped_column("system_soft_audit_previous", String(64), unique=True)
    """The hash of the entry before; 64 zeros for the first."""
    hash: Mapped[str] = mapped_column("system_soft_audit_hash", String(64), unique=True)


class CredentialRow(Base):
    """What softops logs in with at a registry or git server."""

    __tablename__ = "system_soft_credential"
    __table_args__ = (
        UniqueConstraint("system_soft_credential_kind", "system_soft_credential_name",
                         name="uq_system_soft_credential_name"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_credential_id", BIG_ID, primary_key=True)
    kind: Mapped[str] = mapped_column("system_soft_credential_kind", String(50))
    """`registry` or `repository`."""
    name: Mapped[str] = mapped_column("system_soft_credential_name", String(255))
    """The registry as images name it (host:port), or the repository's name."""
    user: Mapped[str] = mapped_column("system_soft_credential_user", String(255))
    secret: Mapped[str] = mapped_column("system_soft_credential_secret", LONG_TEXT)
    """Sealed (`vault.py`)."""
    create_time: Mapped[datetime] = mapped_column("system_soft_credential_create_time")
    update_time: Mapped[datetime] = mapped_column("system_soft_credential_update_time")


class IdempotencyRow(Base):
    """A request that is answered only once, however often it comes."""

    __tablename__ = "system_soft_idempotency"
    __table_args__ = (
        UniqueConstraint("system_soft_idempotency_user", "system_soft_idempotency_key",
                         name="uq_system_soft_idempotency_key"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_idempotency_id", BIG_ID, primary_key=True)
    user: Mapped[str] = mapped_column("system_soft_idempotency_user", String(100))
    key: Mapped[str] = mapped_column("system_soft_idempotency_key", String(255))
    hash: Mapped[str] = mapped_column("system_soft_idempotency_hash", String(64))
    """SHA-256 of method, path, query and body."""
    job_id: Mapped[int | None] = mapped_column("system_soft_idempotency_job_id")
    """The job that it made; NULL while it is being worked on."""
    create_time: Mapped[datetime] = mapped_column("system_soft_idempotency_create_time", index=True)


class WebhookRow(Base):
    """A delivery of a webhook that was taken; it is not taken again."""

    __tablename__ = "system_soft_webhook"
    __table_args__ = (
        UniqueConstraint("system_soft_webhook_repository_id", "system_soft_webhook_delivery",
                         name="uq_system_soft_webhook_delivery"),
        TABLE,
    )

    id: Mapped[int] = mapped_column("system_soft_webhook_id", BIG_ID, primary_key=True)
    repository_id: Mapped[int] = mapped_column(
        "system_soft_webhook_repository_id", BigInteger,
        ForeignKey("system_soft_repository.system_soft_repository_id"))
    delivery: Mapped[str] = mapped_column("system_soft_webhook_delivery", String(255))
    create_time: Mapped[datetime] = mapped_column("system_soft_webhook_create_time", index=True)


class SettingRow(Base):
    """Something softops has to remember about itself, by name."""

    __tablename__ = "system_soft_setting"
    # Its key is a text, which SQLite does not number.
    __table_args__ = (TABLE | {"sqlite_autoincrement": False},)

    name: Mapped[str] = mapped_column("system_soft_setting_name", String(100), primary_key=True)
    value: Mapped[str] = mapped_column("system_soft_setting_value", Text)


TABLES = Base.metadata.tables
"""All tables there are, those of `models.py` too."""
