"""What must be so after any fault: nothing runs that nobody runs, nothing is lost, the records tell what is true."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from softops.apps import Apps
from softops.clock import utc_now
from softops.config import Settings
from softops.db import Database
from softops.entities import App, Job, Record
from softops.processes import TOKEN
from softops.records import Records
from softops.statuses import ACTIVE, AppState, RecordStatus
from tests.fleet import Fleet, Server
from tests.fleet.commands import OWNED
from tests.waiting import wait_until

MB = 1_000_000
MOST_MEMORY = 48 * MB
"""Bytes by which a process may have grown: caches of libraries, not jobs."""
MOST_FILES = 4
"""Open files by which a process may have grown: connections kept for the next request."""
PATIENCE = 20.0
"""Seconds in which what is being ended has to be gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Footprint:
    """What a process takes. Take it of a softops that has done a job like those that follow: its first one opens
    connections and loads modules that stay."""

    memory: int
    """Bytes."""
    files: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> Footprint:
        """As it is now."""
        if pid == os.getpid():
            gc.collect()
        process = psutil.Process(pid)
        return cls(memory=process.memory_info().rss, files=process.num_fds(), threads=process.num_threads())

    def check(self, pid: int) -> None:
        """The process takes no more than this, at the latest after PATIENCE."""
        _nothing(lambda: self._grown(pid))

    def _grown(self, pid: int) -> list[str]:
        now = self.of(pid)
        return [f"{what}: {before} -> {after}" for what, before, after, most in (
            ("memory", self.memory, now.memory, MOST_MEMORY), ("files", self.files, now.files, MOST_FILES),
            ("threads", self.threads, now.threads, MOST_FILES)) if after > before + most]


@dataclass(frozen=True, kw_only=True, slots=True)
class Aftermath:
    """Looks at the database of one softops and at its servers; each check fails with everything that is wrong."""

    fleet: Fleet
    settings: Settings

    def check(self, *, servers: Sequence[str] | None = None, all_final: bool = True) -> None:
        """Records, events, servers and processes, on all servers that have an engine unless some are named. Where
        jobs may still run (`all_final` false), these need a lease that lives."""
        database = Database(self.settings.database_url)
        try:
            wrong = [*self._records(database, all_final), *self._servers(database, servers)]
        finally:
            database.close()
        assert not wrong, "\n".join(wrong)
        _nothing(self.strays)

    def check_stopped(self) -> None:
        """softops is not running: nothing that it has started is left, but SSH connections kept warm by Ansible."""
        _nothing(lambda: [*self.strays(), *_described(pid for pid in self._started() if _is_ours(pid))])
        left = [str(path) for path in (self.settings.var_dir / "runs").glob("*/*")]
        assert not left, left

    def strays(self) -> list[str]:
        """Processes of runs whose directory is gone."""
        alive = {path.name for path in (self.settings.var_dir / "runs").glob("*/*")}
        return _described(pid for pid in self._started() if (token := _variable(pid, TOKEN)) and token not in alive)

    def _started(self) -> Iterator[int]:
        """What this test run has started, the fleet itself excepted."""
        for pid in psutil.pids():
            if pid != os.getpid() and _variable(pid, OWNED) == self.fleet.run_id:
                yield pid

    def _records(self, database: Database, all_final: bool) -> Iterator[str]:
        records = Records(database)
        jobs = records.job_page(page=1, size=1000).records
        for job in jobs:
            yield from _wrong_events(records, job)
            for record in records.job_records(job.id):
                if record.status in ACTIVE and (all_final or not _is_alive(job)):
                    yield f"record {record.id} of job {job.id} is {record.status}, the job {job.status}"
                if record.status.final and (record.end_time is None or not record.remark or not record.reason):
                    yield f"record {record.id} has ended without a word: {_told(record)}"
                if record.status is RecordStatus.FAILED and "{" in (record.remark or ""):
                    yield f"record {record.id} has a sentence with a hole: {record.remark}"
            if all_final and not job.status.final:
                yield f"job {job.id} is {job.status}"

    def _servers(self, database: Database, servers: Sequence[str] | None) -> Iterator[str]:
        apps = Apps(database).all()
        for server in self.fleet.servers:
            wanted = server.spec.alive and server.engine.answers() if servers is None else server.name in servers
            if wanted:
                mine = [app for app in apps if app.server_name == server.name]
                yield from self._wrong_apps(server.name, mine)

    def _wrong_apps(self, name: str, apps: Sequence[App]) -> Iterator[str]:
        server = self.fleet.server(name)
        rows = server.docker("ps", "-a", "--filter", "label=io.softops.name", "--format",
                             '{{.Label "io.softops.name"}} {{.Label "io.softops.version"}} {{.State}}').splitlines()
        running = {tuple(row.split()[:2]) for row in rows if row.split()[2] == "running"}
        for app in apps:
            up = {version for software, version in running if software == app.name}
            if up != ({app.version} if app.state is AppState.RUNNING else set()):
                yield f"{name}: {app.name} {app.version} is {app.state}, running there: {up or 'nothing'}"
            if app.docker_image not in server.images() and not _has(server, app):
                yield f"{name}: {app.name} is {app.state} without its image {app.docker_image}"
        for unknown in {row.split()[0] for row in rows} - {app.name for app in apps}:
            yield f"{name}: containers of {unknown}, of which nothing is recorded"


def _wrong_events(records: Records, job: Job) -> Iterator[str]:
    seqs: list[int] = []
    while events := records.events_after(job.id, len(seqs)):
        seqs += [event.seq for event in events]
        if seqs != list(range(1, len(seqs) + 1)):
            yield f"job {job.id} has events with a gap: {seqs}"
            return
    if len(seqs) != job.seq:
        yield f"job {job.id} counts {job.seq} events and has {len(seqs)}"


def _is_alive(job: Job) -> bool:
    """Whether somebody is at it, or will be."""
    if job.status is RecordStatus.RUNNING:
        return job.lease_until is not None and job.lease_until >= utc_now()
    return job.status is RecordStatus.PENDING


def _has(server: Server, app: App) -> bool:
    """Whether the image is there under its digest."""
    named = f"{app.docker_image.split('@')[0].rpartition(':')[0]}@{app.digest}"
    return app.digest is not None and named in server.docker("images", "--digests", "--format",
                                                             "{{.Repository}}@{{.Digest}}").split()


def _is_ours(pid: int) -> bool:
    """Whether it works for a playbook or carries a connection to an engine."""
    with suppress(psutil.Error):
        words = psutil.Process(pid).cmdline()
        dials = words[:1] == ["ssh"] and "dial-stdio" in " ".join(words)
        return dials or any("ansible" in word for word in words[:2])
    return False


def _variable(pid: int, name: str) -> str | None:
    """A variable of a process's environment; None for a process that is gone or already dead."""
    with suppress(OSError, psutil.Error):
        mark = f"{name}=".encode()
        found = [one for one in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") if one.startswith(mark)]
        if found and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            return found[0].removeprefix(mark).decode()
    return None


def _described(pids: Iterator[int]) -> list[str]:
    found = []
    for pid in pids:
        with suppress(psutil.Error):
            found.append(f"{pid} {' '.join(psutil.Process(pid).cmdline())[:300]}")
    return found


def _told(record: Record) -> str:
    return f"{record.status} {record.reason} {record.remark}"


def _nothing(look: Callable[[], list[str]]) -> None:
    """`look` finds nothing within PATIENCE; otherwise what it found is told."""
    try:
        wait_until(lambda: not look(), PATIENCE)
    except AssertionError:
        left = look()
        assert not left, "\n".join(left)
