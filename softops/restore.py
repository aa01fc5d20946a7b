"""Bringing a backup back: all of it or nothing, into a database that nobody uses."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, DateTime, MetaData, Table, func, insert, select, text

from softops.backup import PREFIX, dump, key_in_use, tables_of
from softops.backupfile import Header, Rows, check_backup, read_backup
from softops.broadcast import Hub
from softops.clock import Clock
from softops.config import Settings
from softops.db import Bound, Database
from softops.entities import FinalState, Job
from softops.errors import BackupFailed, BadRequest, ConfigError, Conflict, SoftopsError
from softops.jobrun import JobRun
from softops.leases import is_alive
from softops.records import Records
from softops.seals import opens
from softops.statuses import ACTIVE, RecordStatus
from softops.texts import Lang
from softops.upgrade import RESTORING, bring_to, known_revisions, revision_of
from softops.vault import KEY_FILE, make_vault

AT_ONCE = 500
"""Rows that are written with one statement."""
WAITED = FinalState(status=RecordStatus.CANCELLED, reason="RESTORED_WAITING")
RAN = FinalState(status=RecordStatus.FAILED, reason="RESTORED_RUNNING", code=500)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What a restore has done."""

    made: str
    """When the backup was made, in UTC."""
    rows: Mapping[str, int]
    ended: int
    """Jobs that were not over when the backup was made, and are now."""
    copy: Path | None
    """Where what was there before lies; None: nothing was there."""
    key: Path | None
    """Where the key that the backup has was written."""
    key_problem: SoftopsError | None
    """Why softops would not start with the key that is here now."""


def restore(settings: Settings, path: Path, *, clock: Clock, force: bool = False) -> Restored:
    """Make the database what it was when the backup was made, and bring it up to this version of softops.

    Refused, with nothing changed: BadRequest for a damaged file or one of a newer softops; Conflict while somebody
    uses the database, when something is in it, or when the backup has another key than is in use. With `force`
    what is there, and its key, is kept in files beside the working directory and then replaced.
    """
    header, counts = check_backup(path)
    _refuse_newer(path, header)
    replaced = _refuse_key(settings, header, force=force)
    _make_directory(settings.var_dir)
    stamp = _free_stamp(settings.var_dir, clock().strftime("%Y%m%d-%H%M%S"))
    database = Database(settings.database_url)
    try:
        with database.alone() as connection:
            copy = _make_room(connection, settings.var_dir / f"before-restore-{stamp}.backup", clock(), force=force,
                              shown=database.shown)
            _fill(connection, path, header, counts)
            ended = _end_jobs(connection, clock, settings.language)
    finally:
        database.close()
    key = _place_key(settings, header, settings.var_dir / f"{KEY_FILE}.before-restore-{stamp}" if replaced else None)
    return Restored(made=header.made, rows=counts, ended=ended, copy=copy, key=key,
                    key_problem=_key_problem(settings))


def _free_stamp(directory: Path, time: str) -> str:
    """`time`, with a number where something was kept in that very second already."""
    stamps = (time, *(f"{time}-{number}" for number in range(2, 1000)))
    return next(stamp for stamp in stamps if not any(directory.glob(f"*before-restore-{stamp}*")))


def _make_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise ConfigError("VAR_UNUSABLE", path=path, problem=exc.strerror) from exc


def _refuse_newer(path: Path, header: Header) -> None:
    known = known_revisions()
    if header.schema not in known:
        raise BadRequest("BACKUP_NEWER", path=path, schema=header.schema, known=known[-1], softops=header.softops)


def _refuse_key(settings: Settings, header: Header, *, force: bool) -> bool:
    """Whether the key in use is to be replaced by that of the backup."""
    own = key_in_use(settings)
    if header.key is None or own is None or header.key == own:
        return False
    if settings.secret_key:
        raise Conflict("RESTORE_KEY_SET")
    if not force:
        raise Conflict("RESTORE_KEY_OTHER", path=settings.var_dir / KEY_FILE)
    return True


def _make_room(connection: Connection, copy: Path, now: datetime, *, force: bool, shown: str) -> Path | None:
    """An empty database; the file that holds what was there, None for nothing."""
    found = revision_of(connection)
    tables = tables_of(connection)
    if found == RESTORING or not any(_holds(connection, table) for table in tables):
        copied = None
    elif not force:
        raise Conflict("RESTORE_NOT_EMPTY", database=shown)
    else:
        if found == known_revisions()[-1]:
            _refuse_running(connection)
        copied = dump(connection, copy, now=now).path
    _drop(connection)
    return copied


def _holds(connection: Connection, table: Table) -> bool:
    return bool(connection.scalar(select(func.count()).select_from(table)))


def _refuse_running(connection: Connection) -> None:
    """Conflict while a process works on a job, even one that has just lost the database."""
    jobs = Records(Bound(connection)).job_page(page=1, size=1000, status=RecordStatus.RUNNING).records
    alive = [job for job in jobs if is_alive(job)]
    if alive:
        raise Conflict("RESTORE_JOB_RUNS", job=alive[0].id, owner=alive[0].lease_owner)


def _drop(connection: Connection) -> None:
    everything = MetaData()
    everything.reflect(connection, only=lambda name, _: name.startswith(PREFIX) or name == "alembic_version")
    everything.drop_all(connection)


def _fill(connection: Connection, path: Path, header: Header, counts: Mapping[str, int]) -> None:
    bring_to(connection, header.schema)
    _mark(connection, RESTORING)
    if connection.dialect.name != "sqlite":
        # What follows is one transaction. Where it fails the mark stays, and nobody takes the database for whole.
        connection.commit()
    tables = {table.name: table for table in tables_of(connection)}
    with read_backup(path) as found:
        for rows in found:
            _insert(connection, path, tables, rows)
    _mark(connection, header.schema)
    missing = [name for name, count in counts.items() if count != connection.scalar(
        select(func.count()).select_from(tables[name]))]
    if missing:
        raise BackupFailed("RESTORE_INCOMPLETE", tables=", ".join(missing))
    bring_to(connection, "head")


def _mark(connection: Connection, revision: str) -> None:
    connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def _insert(connection: Connection, path: Path, tables: Mapping[str, Table], rows: Rows) -> None:
    table = tables.get(rows.table)
    unknown = [name for name in rows.columns if table is None or name not in table.columns]
    if table is None or unknown:
        raise BadRequest("BACKUP_DAMAGED", path=path, problem=f"{rows.table} {', '.join(unknown)}")
    times = [at for at, name in enumerate(rows.columns) if isinstance(table.columns[name].type, DateTime)]
    for batch in _batches(iter(rows.rows), times, rows.columns):
        connection.execute(insert(table), batch)


def _batches(rows: Iterator[Sequence[Any]], times: Sequence[int],
             columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    while batch := [dict(zip(columns, _typed(row, times), strict=True)) for row in islice(rows, AT_ONCE)]:
        yield batch


def _typed(row: Sequence[Any], times: Sequence[int]) -> list[Any]:
    values = list(row)
    for at in times:
        values[at] = None if values[at] is None else datetime.fromisoformat(values[at])
    return values


def _end_jobs(connection: Connection, clock: Clock, lang: Lang) -> int:
    """End what was not over when the backup was made, because nobody works on it and nobody is to begin now; how many
    jobs that were."""
    records = Records(Bound(connection))
    found = [job for status in ACTIVE for job in _all(records, status)]
    for job in found:
        for active, final in ((RecordStatus.PENDING, WAITED), (RecordStatus.RUNNING, RAN)):
            left = [one for one in records.job_records(job.id) if one.status is active]
            if left:
                JobRun(records.job(job.id), left, store=records, hub=Hub(), clock=clock, lang=lang,
                       stopping=threading.Event()).fail(final)
        records.finish_job(job.id, clock())
    return len(found)


def _all(records: Records, status: RecordStatus) -> list[Job]:
    jobs: list[Job] = []
    page = 1
    while more := records.job_page(page=page, size=200, status=status).records:
        jobs += more
        page += 1
    return jobs


def _place_key(settings: Settings, header: Header, kept: Path | None) -> Path | None:
    """Put the key of the backup where softops looks for it; what lies there is kept in `kept`."""
    path = settings.var_dir / KEY_FILE
    if header.key is None or key_in_use(settings) == header.key:
        return None
    try:
        if kept is not None:
            path.rename(kept)
        with suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(header.key)
    except OSError as exc:
        raise BackupFailed("RESTORE_KEY_UNWRITABLE", path=path, problem=exc.strerror or exc) from exc
    return path


def _key_problem(settings: Settings) -> SoftopsError | None:
    database = Database(settings.database_url)
    try:
        opens(database, make_vault(settings.secret_key, settings.var_dir))
    except ConfigError as exc:
        return exc
    finally:
        database.close()
    return None
