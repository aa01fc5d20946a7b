"""The things softops keeps in SQL, as frozen values. Rows become these at the border and nothing else does.

Times are naive datetimes in UTC with whole seconds, as the contract shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from softops.statuses import ImageStatus, RecordStatus, RepositoryStatus, ServerStatus

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
    """`pull`, `install` or `check`."""
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
