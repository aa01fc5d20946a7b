"""The column types of the tables: what they guarantee on SQLite and on MariaDB alike."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

TEXT_LIMIT = 16_000
"""Characters that fit into TEXT on MariaDB (65,535 bytes) whatever they are."""

# SQLite numbers rows by itself only when the type is exactly INTEGER.
BIG_ID = BigInteger().with_variant(Integer(), "sqlite")

LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(), "mysql", "mariadb")


class UtcSeconds(TypeDecorator[datetime]):
    """A naive time in UTC with whole seconds; an aware one is refused instead of stored wrongly."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The value without fractions, which MariaDB would drop and SQLite would keep."""
        if value is not None and value.tzinfo is not None:
            raise ValueError(f"{value!r} has a time zone; stored times are naive UTC")
        return None if value is None else value.replace(microsecond=0)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as readable text, the same on every database."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """MEDIUMTEXT on MariaDB: TEXT ends at 65,535 bytes."""
        return dialect.type_descriptor(LONG_TEXT)

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ARG002
        """The value as compact JSON."""
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value that was stored."""
        return None if value is None else json.loads(value)


def clip_log(text: str | None) -> str | None:
    """The end of `text`, where a log says why, cut so that it fits into a TEXT column."""
    return text if text is None or len(text) <= TEXT_LIMIT else "…" + text[1 - TEXT_LIMIT:]


def clip(text: str | None) -> str | None:
    """`text`, cut so that it fits into a TEXT column."""
    if text is None or len(text) <= TEXT_LIMIT:
        return text
    return text[: TEXT_LIMIT - 1] + "…"
