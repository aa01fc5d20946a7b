"""The states of images, jobs and records, and where each may go."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from softops.errors import IllegalTransition


class ImageStatus(enum.StrEnum):
    """What can be done with a software version."""

    AVAILABLE = "AVAILABLE"
    UNAVAILABLE = "UNAVAILABLE"
    """The registry does not have the image."""
    RETIRED = "RETIRED"
    """The entry left git; the row stays for its records."""


class RecordStatus(enum.StrEnum):
    """The contract's SystemSoftRecordStatus; jobs use the same states."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def final(self) -> bool:
        """Whether the state is written once and never left."""
        return not TRANSITIONS[self]


class RepositoryStatus(enum.StrEnum):
    """How the last sync of a catalog repository ended."""

    NEVER = "NEVER"
    OK = "OK"
    PARTIAL = "PARTIAL"
    """Some files were refused; the good ones are in use."""
    WAITING = "WAITING"
    """The commit would retire more than half of the entries and waits for a confirmation."""
    FAILED = "FAILED"
    """The repository could not be read; the last good commit stays in use."""
    REMOVED = "REMOVED"
    """It is read no more; the row stays for the software that came from it."""


class ServerStatus(enum.StrEnum):
    """What the last check of a server found."""

    UNKNOWN = "UNKNOWN"
    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


class AppState(enum.StrEnum):
    """What was last done with a software on a server; what its containers do is theirs to say."""

    INSTALLED = "INSTALLED"
    """Its image is there; it was never started."""
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"


TRANSITIONS: Mapping[RecordStatus, frozenset[RecordStatus]] = {
    RecordStatus.PENDING: frozenset({RecordStatus.RUNNING, RecordStatus.FAILED, RecordStatus.CANCELLED}),
    RecordStatus.RUNNING: frozenset({RecordStatus.SUCCESS, RecordStatus.FAILED, RecordStatus.CANCELLED}),
    RecordStatus.SUCCESS: frozenset(),
    RecordStatus.FAILED: frozenset(),
    RecordStatus.CANCELLED: frozenset(),
}

ACTIVE = frozenset(status for status in RecordStatus if TRANSITIONS[status])
"""The states in which a record still holds its server and software."""


def move(what: str, actual: RecordStatus, wanted: RecordStatus) -> RecordStatus:
    """`wanted`, if the table leads there from `actual`; otherwise IllegalTransition."""
    if wanted not in TRANSITIONS[actual]:
        raise IllegalTransition("ILLEGAL_TRANSITION", what=what, actual=actual.value, wanted=wanted.value)
    return wanted
