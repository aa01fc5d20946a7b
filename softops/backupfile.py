"""The file of a backup: gzip over lines of JSON, which begin with what it is and end with a checksum over all of it.

    {"format": "softops-backup", "version": 1, "schema": "0003", "made": "2024-01-01T10:00:00", ...}
    {"table": "system_soft_job", "columns": ["system_soft_job_id", ...]}
    [1, "install", ...]
    {"end": true, "rows": {"system_soft_job": 1}, "sha256": "..."}

Times are ISO 8601 in UTC, everything else is what JSON has, so any database can be made of it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from softops.errors import BackupFailed, BadRequest, SoftopsError

FORMAT = "softops-backup"
VERSION = 1
"""The newest version of the format, and the only one so far."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What a backup is of."""

    schema: str
    """The revision of the tables."""
    softops: str
    """The version that made it."""
    made: str
    """When, in UTC."""
    database: str
    """The kind of database: sqlite, mysql or mariadb."""
    key: str | None = field(default=None, repr=False)
    """The key that opens what is sealed in it; None: it is kept elsewhere."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """A table on its way into or out of a backup."""

    table: str
    columns: tuple[str, ...]
    rows: Iterable[Sequence[Any]]


def write_backup(path: Path, header: Header, tables: Iterable[Rows]) -> Mapping[str, int]:
    """Write a new file (mode 0600), which is there whole or not at all; how many rows of each table it has.
    BackupFailed when that can't be done or when something is there already."""
    if path.exists():
        raise BadRequest("BACKUP_EXISTS", path=path)
    try:
        with _new_file(path) as raw, gzip.open(raw, "wt", encoding="utf-8", newline="\n") as file:
            return _write(file, header, tables)
    except FileExistsError as exc:
        raise BadRequest("BACKUP_EXISTS", path=path) from exc
    except OSError as exc:
        raise BackupFailed("BACKUP_UNWRITABLE", path=path, problem=exc.strerror or exc) from exc


def check_backup(path: Path) -> tuple[Header, Mapping[str, int]]:
    """What a file is of and how many rows of each table it has, after all of it was read and found whole.
    BadRequest for everything that is no whole backup."""
    with _opened(path) as lines:
        header = _header(path, next(lines))
        counts = {rows.table: sum(1 for _ in rows.rows) for rows in _tables(lines)}
        return header, counts


@contextmanager
def read_backup(path: Path) -> Iterator[Iterator[Rows]]:
    """The tables of a whole backup, in their order; the rows of one have to be read before the next one is asked."""
    with _opened(path) as lines:
        next(lines)
        yield _tables(lines)


def _write(file: TextIO, header: Header, tables: Iterable[Rows]) -> Mapping[str, int]:
    seen, counts = hashlib.sha256(), dict[str, int]()

    def put(value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain) + "\n"
        seen.update(line.encode())
        file.write(line)

    put({"format": FORMAT, "version": VERSION, **asdict(header)})
    for table in tables:
        put({"table": table.table, "columns": table.columns})
        counts[table.table] = 0
        for row in table.rows:
            put(list(row))
            counts[table.table] += 1
    file.write(json.dumps({"end": True, "rows": counts, "sha256": seen.hexdigest()}) + "\n")
    return counts


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a backup")


@contextmanager
def _new_file(path: Path) -> Iterator[Any]:
    """A file beside `path` that becomes `path` at the end of the block."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _put(fresh: Path, path: Path) -> None:
    try:
        # A link never replaces what is there.
        os.link(fresh, path)
    except FileExistsError:
        raise
    except OSError:
        # Not all file systems have links.
        if path.exists():
            raise FileExistsError(path) from None
        fresh.rename(path)


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[Any]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            yield _values(file)
    except SoftopsError:
        raise
    except (EOFError, zlib.error, ValueError, KeyError, TypeError, gzip.BadGzipFile, StopIteration) as exc:
        raise BadRequest("BACKUP_DAMAGED", path=path, problem=str(exc) or type(exc).__name__) from exc
    except OSError as exc:
        raise BadRequest("BACKUP_UNREADABLE", path=path, problem=exc.strerror or exc) from exc


def _values(file: TextIO) -> Iterator[Any]:
    """Every line but the last one, which says whether these were all."""
    seen = hashlib.sha256()
    for line in file:
        value = json.loads(line)
        if isinstance(value, dict) and value.get("end"):
            if value["sha256"] != seen.hexdigest():
                raise ValueError("checksum")
            return
        seen.update(line.encode())
        yield value
    raise EOFError("it has no end")


def _header(path: Path, first: Any) -> Header:
    if not isinstance(first, dict) or first.get("format") != FORMAT:
        raise ValueError("it is no backup of softops")
    if first["version"] != VERSION:
        raise BadRequest("BACKUP_FORMAT_NEWER", path=path, found=first["version"], known=VERSION)
    return Header(schema=first["schema"], softops=first["softops"], made=first["made"], database=first["database"],
                  key=first["key"])


def _tables(lines: Iterator[Any]) -> Iterator[Rows]:
    """The lines by table. What stands between two tables is read by whoever has the first one."""
    head = next(lines, None)
    while head is not None:
        following: list[Any] = []
        yield Rows(table=head["table"], columns=tuple(head["columns"]), rows=_rows(lines, following))
        head = following[0] if following else None


def _rows(lines: Iterator[Any], following: list[Any]) -> Iterator[Sequence[Any]]:
    for value in lines:
        if isinstance(value, dict):
            following.append(value)
            return
        yield value
