"""The things softops keeps in SQL, as frozen values. Rows become these at the border and nothing else does.

Times are naive datetimes in UTC with whole seconds, as the contract shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from softops.statuses import AppState, ImageStatus, RecordStatus, RepositoryStatus, ServerStatus

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page(Generic[T]):
    """One page of a list, in the contract's terms."""

    records: tuple[T, ...]
    total: int
    size: int
    current: int

    @property
    def pages(self) -> int:
        """How many pages there are, 0 for an empty list."""
        return -(-self.total // self.size)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repository:
    """A git repository that holds catalog entries."""

    id: int
    name: str
    url: str
    ref: str
    path: str
    interval: int
    status: RepositoryStatus
    commit: str | None = None
    """The commit whose entries are in use."""
    sync_time: datetime | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    """What the last sync counted and refused (`sync.SyncReport` as JSON)."""
    webhook: bool = False
    """Whether it takes webhooks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftImage:
    """One version of a software: a row of system_soft_image."""

    id: int
    name: str
    version: str
    docker_image: str
    description: str
    status: ImageStatus
    repository_id: int
    commit: str
    digest: str | None = None
    """The digest pinned in git, or else the one the registry answered last."""
    size: int | None = None
    """Bytes to download, all layers compressed; None: not known."""
    entry: Mapping[str, Any] = field(default_factory=dict)
    """The whole entry as the catalog file has it, with this version's own fields under `version`."""
    create_time: datetime
    update_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server of the inventory."""

    id: int
    name: str
    """The inventory hostname."""
    address: str
    groups: tuple[str, ...] = ()
    present: bool = True
    """False once the inventory no longer has it."""
    status: ServerStatus = ServerStatus.UNKNOWN
    engine_version: str | None = None
    architecture: str | None = None
    free_bytes: int | None = None
    """Free space where the engine keeps its images; None: not known."""
    check_time: datetime | None = None
    message: str | None = None
    """Why the last check failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One operation on one software on a set of servers."""

    id: int
    operation: str
    """`pull`, `install`, `start`, `upgrade`, `rollback`, `stop`, `restart`, `remove` or `apply`."""
    status: RecordStatus
    soft_id: int | None
    soft_name: str
    version: str
    docker_image: str
    digest: str | None
    commit: str | None
    user: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    retry_of: int | None = None
    seq: int = 0
    """The number of the job's newest event."""
    cancel_requested: bool = False
    lease_owner: str | None = None
    lease_until: datetime | None = None
    command: str = ""
    """The ansible-playbook command that does the same by hand."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """How it is done: `acceptPermissions`, `removeVolumes`, `healthTimeout` ..."""
    strategy: Mapping[str, Any] | None = None
    """In which waves (`waves.Strategy` as JSON); None: all servers at once."""
    wave: int | None = None
    """The wave that runs now, from 1."""
    waves: int | None = None
    waiting: str | None = None
    """What it waits for between two waves: `approval` or `settle`."""
    approved_wave: int | None = None
    """The last wave that somebody allowed to begin."""
    parent_id: int | None = None
    """The job for which this one was made."""
    remark: str | None = None
    create_time: datetime
    start_time: datetime | None = None
    end_time: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What a job does on one server: a row of system_soft_record."""

    id: int
    job_id: int
    soft_id: int | None
    server_id: int
    status: RecordStatus
    operation: str
    soft_name: str
    version: str
    docker_image: str
    server_name: str
    user: str
    start_time: datetime | None = None
    end_time: datetime | None = None
    remark: str | None = None
    digest: str | None = None
    """What the server really has after the operation."""
    commit: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    code: int | None = None
    """The contract's code of a failure (1001, 1002 ...)."""
    reason: str | None = None
    """The key of the remark in texts.py."""
    reason_params: Mapping[str, Any] = field(default_factory=dict)
    cancel_requested: bool = False
    log: str | None = None
    """The last lines of a container that failed."""
    changed: bool | None = None
    """Whether the server was changed; None: not known."""
    wave: int | None = None
    revision: int | None = None
    """The revision that it made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """A software on a server."""

    server_id: int
    server_name: str
    name: str
    state: AppState
    soft_id: int | None
    version: str
    docker_image: str
    digest: str | None
    commit: str | None
    parameters: Mapping[str, Any]
    """Without secrets."""
    revision: int | None
    """The revision in force; None: never started."""
    managed: bool
    """Whether the desired state of the inventory put it there."""
    record_id: int
    previous_record_id: int | None
    update_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """A state of a software on a server, as a record is to bring it about or has brought it about."""

    server_id: int
    name: str
    number: int | None
    """1, 2, 3 ... for each server and software; None unless it has worked once."""
    record_id: int
    soft_id: int | None
    version: str
    docker_image: str
    digest: str | None
    commit: str | None
    repository: str
    parameters: Mapping[str, Any]
    """Without secrets."""
    secrets: str | None = field(default=None, repr=False)
    """The values of secret parameters, sealed."""
    entry: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    compose: str = ""
    """The compose.yml as it was on the server; values stand in none of it."""
    create_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """A container of softops on a server, as its engine described it last."""

    id: int
    server_id: int
    server_name: str
    engine_id: str
    name: str
    soft_name: str
    service: str
    version: str
    docker_image: str
    state: str
    """The engine's word: created, running, paused, restarting, removing, exited or dead."""
    health: str | None
    """starting, healthy or unhealthy; None without a health check."""
    exit_code: int | None
    oom_killed: bool
    restarts: int
    ports: tuple[Mapping[str, Any], ...]
    start_time: datetime | None
    update_time: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A numbered milestone of a job, kept for replay."""

    job_id: int
    seq: int
    type: str
    """The contract's message type."""
    payload: Mapping[str, Any]
    """The whole message as watchers get it."""
    record_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EventDraft:
    """A milestone that has no number yet."""

    type: str
    payload: Mapping[str, Any]
    record_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FinalState:
    """How a record ends; computed once, from the end of the run."""

    status: RecordStatus
    reason: str
    reason_params: Mapping[str, Any] = field(default_factory=dict)
    code: int | None = None
    digest: str | None = None
    log: str | None = None
    changed: bool | None = None
