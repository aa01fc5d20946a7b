"""How each record of a run ends: decided once, when the run is over, from its status, rc and stats."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from softops.entities import FinalState
from softops.events import AppEnded, HostFailed, HostOk, HostStats
from softops.playbooks import ACTION_OF, RUNNING_AFTER
from softops.statuses import RecordStatus

SUCCESS_REASON = {operation: f"{operation.upper()}_SUCCESS" for operation in (
    "install", "pull", "start", "upgrade", "rollback", "stop", "restart", "remove")}


class RunStatus(enum.StrEnum):
    """How a playbook run as a whole ended."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    TIMEOUT = "timeout"
    CANCELED = "canceled"
    INTERRUPTED = "interrupted"
    """softops itself was stopped."""
    FULL = "full"
    """There was no room left for what a run writes on this machine."""


BROKEN_REASON = {RunStatus.FULL: "RUN_NO_ROOM", RunStatus.TIMEOUT: "RUN_TIMEOUT", RunStatus.INTERRUPTED: "INTERRUPTED"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnd:
    """The end of one playbook run."""

    status: RunStatus
    rc: int | None
    stats: Mapping[str, HostStats] | None
    """None when Ansible did not get as far as counting."""
    output: str = ""
    """The last lines Ansible printed, to explain a run that broke."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostTale:
    """What a run told about one server; used to explain an outcome, and to decide it only for a server
    whose work was already complete when its run was ended."""

    failure: HostFailed | None = None
    ok: HostOk | None = None


def ended(operation: str, event: AppEnded) -> FinalState:
    """The final state of the record whose work our action has ended as `event` says."""
    if event.outcome == "success":
        reason = SUCCESS_REASON.get(operation, "OPERATION_SUCCESS")
        if event.changed is False and operation in RUNNING_AFTER:
            reason = "ALREADY_RUNNING"
        return FinalState(status=RecordStatus.SUCCESS, reason=reason, digest=event.digest, changed=event.changed)
    if event.outcome == "cancelled":
        return FinalState(status=RecordStatus.CANCELLED, reason=event.reason, reason_params=event.params,
                          changed=event.changed)
    return FinalState(status=RecordStatus.FAILED, reason=event.reason, reason_params=event.params, code=event.code,
                      changed=event.changed, log=event.log)


def outcome(operation: str, host: str, end: RunEnd, tale: HostTale) -> FinalState:
    """The final state of the record of `host`."""
    stats = (end.stats or {}).get(host)
    if stats is None:
        return _not_counted(operation, end, tale)
    if stats.unreachable:
        return _failed(tale, code=1001, reason="SERVER_UNREACHABLE")
    if stats.failures:
        return _failed(tale, code=None, reason="TASK_FAILED")
    if not stats.ok:
        # All tasks were skipped: by a tag, a condition or a variable of somebody.
        return FinalState(status=RecordStatus.FAILED, reason="NOTHING_DONE", code=500)
    if operation in ACTION_OF:
        # Our action says how each software ended; where it said nothing, nothing is known.
        return FinalState(status=RecordStatus.FAILED, reason="SERVER_PASSED_OVER", code=500)
    return _success(operation, tale)


def _success(operation: str, tale: HostTale) -> FinalState:
    return FinalState(status=RecordStatus.SUCCESS, reason=SUCCESS_REASON.get(operation, "OPERATION_SUCCESS"),
                      digest=_digest(tale))


def _failed(tale: HostTale, *, code: int | None, reason: str) -> FinalState:
    failure = tale.failure
    said = failure.softops if failure else {}
    if said.get("reason") == "CANCELLED":
        return FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")
    params = {"message": failure.message if failure else "", "task": failure.task if failure else ""}
    if isinstance(said.get("reason"), str):
        given = said.get("params")
        said_code = said.get("code")
        return FinalState(status=RecordStatus.FAILED, reason=said["reason"],
                          reason_params=given if isinstance(given, dict) else params,
                          code=said_code if isinstance(said_code, int) else code or 500)
    return FinalState(status=RecordStatus.FAILED, reason=reason, reason_params=params, code=code or 500)


def _not_counted(operation: str, end: RunEnd, tale: HostTale) -> FinalState:
    if tale.ok is not None and _digest(tale) and operation not in ACTION_OF:
        return _success(operation, tale)
    if end.status is RunStatus.CANCELED:
        return FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")
    if tale.failure is not None and not tale.failure.ignored:
        return _failed(tale, code=None, reason="TASK_FAILED")
    if end.stats is not None and end.status not in BROKEN_REASON:
        return FinalState(status=RecordStatus.FAILED, reason="SERVER_PASSED_OVER", code=500)
    return FinalState(status=RecordStatus.FAILED, reason=BROKEN_REASON.get(end.status, "RUN_BROKEN"), code=500,
                      reason_params={"rc": end.rc, "output": end.output})


def _digest(tale: HostTale) -> str | None:
    digest = tale.ok.softops.get("digest") if tale.ok else None
    return digest if isinstance(digest, str) else None
