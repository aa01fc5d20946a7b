"""Who may come in, what was done, and what is kept secret: users, sessions, tokens, audit, credentials."""

from __future__ import annotations

import logging
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

logger = logging.getLogger(__name__)

revision = "0003"
down_revision = "0002"

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")
OPTIONS = {f"{dialect}_{key}": value for dialect in ("mysql", "mariadb")
           for key, value in {"engine": "InnoDB", "row_format": "DYNAMIC", "charset": "utf8mb4",
                              "collate": "utf8mb4_bin"}.items()}


def upgrade() -> None:
    """Add columns and tables; what a migration that was cut off has made already stays."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("system_soft_repository")}
    if "system_soft_repository_webhook" not in there:
        op.add_column("system_soft_repository", sa.Column("system_soft_repository_webhook", LONG_TEXT, nullable=True))
    _create_users()
    _create_audit()
    _create_secrets()


def _table(name: str, columns: dict[str, tuple[Any, bool]], *constraints: Any) -> None:
    """`columns`: the type of each and whether it may be NULL. The first one is the key."""
    parts = [sa.Column(f"{name}_{column}", kind, nullable=nullable) for column, (kind, nullable) in columns.items()]
    first = next(iter(columns))
    op.create_table(name, *parts, sa.PrimaryKeyConstraint(f"{name}_{first}", name=f"pk_{name}"), *constraints,
                    if_not_exists=True, sqlite_autoincrement=first == "id", **OPTIONS)


def _refers(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.{table}_id"], name=f"fk_{column}")


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    """Named after the last of the columns."""
    names = [f"{table}_{column}" for column in columns]
    return sa.UniqueConstraint(*names, name=f"uq_{names[-1]}")


def _index(table: str, column: str) -> None:
    name = f"ix_{table}_{column}"
    if name not in {index["name"] for index in sa.inspect(op.get_bind()).get_indexes(table)}:
        op.create_index(name, table, [f"{table}_{column}"])


def _text(length: int) -> tuple[Any, bool]:
    return sa.String(length), False


TIME, MAYBE_TIME = (sa.DateTime(), False), (sa.DateTime(), True)
ID, NUMBER, MAYBE_NUMBER = (BIG_ID, False), (sa.BigInteger(), False), (sa.BigInteger(), True)


def _create_users() -> None:
    user, session, token = "system_soft_user", "system_soft_session", "system_soft_token"
    _table(user, {"id": ID, "name": _text(100), "password": (sa.String(255), True), "role": _text(50),
                  "groups": (LONG_TEXT, True), "disabled": (sa.Boolean(), False), "subject": (sa.String(255), True),
                  "seen_time": MAYBE_TIME, "create_time": TIME, "update_time": TIME},
           _unique(user, "name"), _unique(user, "subject"))
    _table(session, {"id": ID, "user_id": NUMBER, "hash": _text(64), "address": _text(255), "agent": _text(255),
                     "create_time": TIME, "seen_time": TIME, "expire_time": TIME},
           _refers(f"{session}_user_id", user), _unique(session, "hash"))
    _table(token, {"id": ID, "user_id": NUMBER, "name": _text(100), "hash": _text(64), "role": _text(50),
                   "groups": (LONG_TEXT, True), "create_time": TIME, "seen_time": MAYBE_TIME,
                   "expire_time": MAYBE_TIME, "revoke_time": MAYBE_TIME},
           _refers(f"{token}_user_id", user), _unique(token, "hash"))
    _index(session, "user_id")
    _index(token, "user_id")


def _create_audit() -> None:
    audit = "system_soft_audit"
    _table(audit, {"id": ID, "time": TIME, "user": _text(100), "role": _text(50), "via": _text(50),
                   "address": _text(255), "action": _text(100), "target": _text(500), "outcome": _text(50),
                   "code": NUMBER, "message": (sa.Text(), False), "request": _text(100), "job_id": MAYBE_NUMBER,
                   "begun_id": MAYBE_NUMBER, "before": (LONG_TEXT, True), "after": (LONG_TEXT, True),
                   "previous": _text(64), "hash": _text(64)},
           _unique(audit, "previous"), _unique(audit, "hash"))
    for column in ("time", "user", "action", "begun_id"):
        _index(audit, column)
    for change in ("update", "delete"):
        _refuse(audit, change)


def _refuse(table: str, change: str) -> None:
    """Let the database itself refuse to change what stands in a table. MariaDB and MySQL may not allow that: without
    the privilege TRIGGER, or without SUPER where there is a binary log. What is done to the table is seen then only."""
    name, refusal = f"{table}_no_{change}", f"{table} is append-only"
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {change.upper()} ON {table} "
                   f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END")
        return
    known = sa.text("SELECT count(*) FROM information_schema.triggers "
                    "WHERE trigger_schema = DATABASE() AND trigger_name = :name")
    if op.get_bind().scalar(known, {"name": name}):
        return
    try:
        op.execute(f"CREATE TRIGGER {name} BEFORE {change.upper()} ON {table} FOR EACH ROW "
                   f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{refusal}'")
    except sa.exc.DBAPIError as exc:
        logger.warning("The database does not let softops refuse changes of %s: %s. `softops audit verify` sees them "
                       "all the same", table, exc.orig, extra={"action": "migrate"})


def _create_secrets() -> None:
    credential, idempotency, webhook = "system_soft_credential", "system_soft_idempotency", "system_soft_webhook"
    _table(credential, {"id": ID, "kind": _text(50), "name": _text(255), "user": _text(255),
                        "secret": (LONG_TEXT, False), "create_time": TIME, "update_time": TIME},
           _unique(credential, "kind", "name"))
    _table(idempotency, {"id": ID, "user": _text(100), "key": _text(255), "hash": _text(64), "job_id": MAYBE_NUMBER,
                         "create_time": TIME}, _unique(idempotency, "user", "key"))
    _table(webhook, {"id": ID, "repository_id": NUMBER, "delivery": _text(255), "create_time": TIME},
           _refers(f"{webhook}_repository_id", "system_soft_repository"),
           _unique(webhook, "repository_id", "delivery"))
    _table("system_soft_setting", {"name": _text(100), "value": (sa.Text(), False)})
    _index(idempotency, "create_time")
    _index(webhook, "create_time")
