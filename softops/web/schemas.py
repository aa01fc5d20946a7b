"""What the API answers: the contract's names first, then what softops adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel, to_pascal

from softops.logins import CredentialKind
from softops.statuses import ImageStatus, RecordStatus, RepositoryStatus, ServerStatus

T = TypeVar("T")


def prefixed(prefix: str) -> Callable[[str], str]:
    """Turns `docker_image` into `systemSoftImageDockerImage`."""
    return lambda name: f"{prefix}{to_pascal(name)}"


def _without_password(url: str) -> str:
    """`url` with stars where a password or a token may stand."""
    try:
        parts = urlsplit(url)
        user, at, host = parts.netloc.rpartition("@")
    except ValueError:
        return "***"
    if not at or (parts.scheme == "ssh" and ":" not in user):
        return url
    return urlunsplit(parts._replace(netloc=f"***@{host}"))


class Shown(BaseModel):
    """Something the API shows, made from an entity by its attributes."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True,
                              from_attributes=True, frozen=True, extra="forbid")


class Software(Shown):
    """One version of a software: a row of system_soft_image."""

    model_config = ConfigDict(alias_generator=prefixed("systemSoftImage"))

    id: int
    name: str
    version: str
    docker_image: str
    description: str
    status: ImageStatus
    create_time: datetime
    update_time: datetime
    repository_id: int
    commit: str
    digest: str | None
    size: int | None


class SoftwareDetail(Software):
    """A software version with its whole catalog entry."""

    entry: Mapping[str, Any]


class RecordRow(Shown):
    """What was done on one server: a row of system_soft_record."""

    model_config = ConfigDict(alias_generator=prefixed("systemSoftRecord"))

    id: int
    soft_id: int | None
    server_id: int
    status: RecordStatus
    start_time: datetime | None
    end_time: datetime | None
    remark: str | None
    job_id: int
    operation: str
    soft_name: str
    version: str
    docker_image: str
    server_name: str
    user: str
    digest: str | None
    commit: str | None
    code: int | None
    reason: str | None
    cancel_requested: bool
    log: str | None
    changed: bool | None
    wave: int | None
    revision: int | None


class JobRow(Shown):
    """One operation on a set of servers."""

    id: int
    operation: str
    status: RecordStatus
    soft_id: int | None
    soft_name: str
    version: str
    docker_image: str
    digest: str | None
    commit: str | None
    user: str
    retry_of: int | None
    seq: int
    cancel_requested: bool
    command: str
    options: Mapping[str, Any]
    strategy: Mapping[str, Any] | None
    wave: int | None
    waves: int | None
    waiting: str | None
    parent_id: int | None
    remark: str | None
    create_time: datetime
    start_time: datetime | None
    end_time: datetime | None


class JobDetail(JobRow):
    """A job with its parameters, secrets hidden, and its records."""

    parameters: Mapping[str, Any]
    records: tuple[RecordRow, ...]


class ServerRow(Shown):
    """A server of the inventory."""

    id: int
    name: str
    address: str
    groups: tuple[str, ...]
    present: bool
    status: ServerStatus
    engine_version: str | None
    architecture: str | None
    free_bytes: int | None
    check_time: datetime | None
    message: str | None


class RepositoryRow(Shown):
    """A catalog repository; a password in its URL is hidden."""

    id: int
    name: str
    url: Annotated[str, AfterValidator(_without_password)]
    ref: str
    path: str
    interval: int
    status: RepositoryStatus
    commit: str | None
    sync_time: datetime | None
    report: Mapping[str, Any]
    webhook: bool
    """Whether it takes webhooks."""


class CredentialView(Shown):
    """What softops logs in with, without what it holds."""

    id: int
    kind: CredentialKind
    name: str
    user: str
    create_time: datetime
    update_time: datetime


class ProblemRow(Shown):
    """Something in a file of the catalog that somebody should mend."""

    file: str
    line: int
    column: int
    en: str
    zh: str
    warning: bool


class Report(Shown):
    """How a sync ended; counts are versions of software."""

    repository: str
    status: RepositoryStatus
    commit: str | None
    added: int
    changed: int
    retired: int
    retired_installed: int
    moved: bool
    unchanged: int
    kept: int
    before: int
    waiting: bool
    problems: tuple[ProblemRow, ...]
    problem_count: int
    error: Mapping[str, str] | None
    seconds: float
    softops: str


class Health(Shown):
    """That the server works."""

    status: str
    version: str


class Events(Shown):
    """Milestones of a job in order; `last` is the number to go on after."""

    events: tuple[Mapping[str, Any], ...]
    last: int


class PageOf(Shown, Generic[T]):
    """One page of a list, as the contract has it."""

    records: tuple[T, ...]
    total: int
    size: int
    current: int
    pages: int


class Envelope(Shown, Generic[T]):
    """What every answer is wrapped in."""

    code: int
    message: str
    data: T


class Refusal(Shown):
    """An answer that is no success."""

    code: int
    message: str
    data: Any = None
