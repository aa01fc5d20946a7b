"""salvaging.py: how records end whose work broke off, from what a look at their servers says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from softops.entities import FinalState
from softops.errors import RunFailed
from softops.events import HostOk, HostStats
from softops.outcomes import HostTale, RunEnd, RunStatus
from softops.salvaging import as_found, broke_off, not_looked_at
from softops.statuses import RecordStatus
from softops.texts import render

DONE = FinalState(status=RecordStatus.SUCCESS, reason="INSTALL_SUCCESS", digest="sha256:1")
CAUSE = {"cause": "softops was killed in the middle of this.", "cause_reason": "SOFTOPS_KILLED"}


def tale(*, changed: bool) -> HostTale:
    return HostTale(ok=HostOk(host="web1", task="t", softops={"digest": "sha256:1"}, changed=changed))


@pytest.mark.parametrize(("operation", "final", "seen", "status", "reason"), [
    ("install", DONE, tale(changed=False), RecordStatus.SUCCESS, "FOUND_DONE"),
    ("install", DONE, tale(changed=True), RecordStatus.FAILED, "INTERRUPTED_UNDONE"),
    ("install", DONE, HostTale(), RecordStatus.FAILED, "INTERRUPTED_UNDONE"),
    ("stop", replace(DONE, changed=False), HostTale(), RecordStatus.SUCCESS, "FOUND_DONE"),
    ("stop", replace(DONE, changed=True), HostTale(), RecordStatus.FAILED, "INTERRUPTED_UNDONE"),
    ("stop", DONE, HostTale(), RecordStatus.FAILED, "INTERRUPTED_UNDONE"),
])
def test_only_what_needs_nothing_any_more_is_done(operation: str, final: FinalState, seen: HostTale,
                                                  status: RecordStatus, reason: str) -> None:
    found = as_found("SOFTOPS_KILLED", operation, final, seen)
    assert (found.status, found.reason, found.reason_params) == (status, reason, CAUSE)


def test_what_a_server_says_itself_is_kept_with_the_cause() -> None:
    final = FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED_BACK", code=1003,
                       reason_params={"version": "1.0"})
    found = as_found("ANSIBLE_KILLED", "upgrade", final, HostTale())
    assert found.reason_params["version"] == "1.0"
    assert render("INTERRUPTED_BACK", "en", found.reason_params) == (
        "Ansible was killed in the middle of this. Afterwards version 1.0 was brought back on the server and runs "
        "there now. Repeat it with `softops retry`.")


def test_a_server_that_could_not_be_asked_is_not_judged() -> None:
    final = FinalState(status=RecordStatus.FAILED, reason="SERVER_UNREACHABLE", code=1001,
                       reason_params={"message": "no route"})
    found = as_found("SOFTOPS_KILLED", "install", final, HostTale())
    assert (found.status, found.reason, found.code) == (RecordStatus.FAILED, "INTERRUPTED_UNSEEN", 1001)
    assert "no route" in render("INTERRUPTED_UNSEEN", "en", found.reason_params)
    nobody = not_looked_at("SOFTOPS_KILLED", RunFailed("RUN_DIRECTORY", path="/runs", problem="full"))
    assert "/runs" in render("INTERRUPTED_UNSEEN", "zh", nobody.reason_params)


def test_an_end_without_a_look_and_a_cancel_stay_what_they_are() -> None:
    for final in (FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED", code=500),
                  FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")):
        assert as_found("SOFTOPS_KILLED", "install", final, HostTale()) is final


@pytest.mark.parametrize(("end", "cause"), [
    (RunEnd(status=RunStatus.SUCCESSFUL, rc=0, stats={"web1": HostStats(ok=1)}), None),
    (RunEnd(status=RunStatus.FAILED, rc=2, stats=None), None),
    (RunEnd(status=RunStatus.CANCELED, rc=None, stats=None), None),
    (RunEnd(status=RunStatus.FAILED, rc=None, stats=None), "ANSIBLE_KILLED"),
    (RunEnd(status=RunStatus.TIMEOUT, rc=254, stats=None), "RUN_HUNG"),
    (RunEnd(status=RunStatus.FULL, rc=None, stats=None), "RUN_NO_ROOM_LEFT"),
])
def test_a_run_broke_off_when_nobody_asked_it_to_end_and_it_did_not_count(end: RunEnd, cause: str | None) -> None:
    assert broke_off(end) == cause
