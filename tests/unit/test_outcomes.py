"""outcomes.py: the final state comes from status, rc and stats at the end, never from single events."""

import pytest

from softops.entities import FinalState
from softops.events import HostFailed, HostOk, HostStats
from softops.outcomes import HostTale, RunEnd, RunStatus, outcome
from softops.statuses import RecordStatus

OK = HostOk(host="web1", task="Pull", softops={"digest": "sha256:1"})
FAILURE = HostFailed(host="web1", task="Pull", message="no such image",
                     softops={"reason": "PULL_NOT_FOUND", "code": 1002, "params": {"image": "x:1"}})


def end(status: RunStatus = RunStatus.SUCCESSFUL, stats: HostStats | None = None, rc: int = 0) -> RunEnd:
    return RunEnd(status=status, rc=rc, stats=None if stats is None else {"web1": stats}, output="boom")


def test_a_server_without_failures_succeeds_although_another_failed() -> None:
    assert outcome("install", "web1", end(RunStatus.FAILED, HostStats(ok=1), rc=2), HostTale(ok=OK)) == FinalState(
        status=RecordStatus.SUCCESS, reason="INSTALL_SUCCESS", digest="sha256:1")


def test_a_rescued_failure_is_a_success() -> None:
    final = outcome("pull", "web1", end(stats=HostStats(ok=1, rescued=1)), HostTale(failure=FAILURE, ok=OK))
    assert final == FinalState(status=RecordStatus.SUCCESS, reason="PULL_SUCCESS", digest="sha256:1")


def test_a_failure_has_the_reason_and_code_of_our_plugin() -> None:
    final = outcome("pull", "web1", end(RunStatus.FAILED, HostStats(failures=1), 2), HostTale(failure=FAILURE))
    assert final == FinalState(status=RecordStatus.FAILED, reason="PULL_NOT_FOUND", code=1002,
                               reason_params={"image": "x:1"})


def test_a_failure_of_a_foreign_task_is_told_with_its_task_and_message() -> None:
    foreign = HostFailed(host="web1", task="Template", message="bad")
    final = outcome("pull", "web1", end(RunStatus.FAILED, HostStats(failures=1), 2), HostTale(failure=foreign))
    assert final == FinalState(status=RecordStatus.FAILED, reason="TASK_FAILED", code=500,
                               reason_params={"task": "Template", "message": "bad"})


def test_an_unreachable_server_fails_with_1001() -> None:
    dark = HostFailed(host="web1", task="Pull", message="timed out", unreachable=True)
    final = outcome("pull", "web1", end(RunStatus.FAILED, HostStats(unreachable=1), 4), HostTale(failure=dark))
    assert final == FinalState(status=RecordStatus.FAILED, reason="SERVER_UNREACHABLE", code=1001,
                               reason_params={"task": "Pull", "message": "timed out"})


def test_a_server_that_was_told_to_stop_is_cancelled() -> None:
    told = HostFailed(host="web1", task="Pull", message="", softops={"reason": "CANCELLED"})
    final = outcome("pull", "web1", end(RunStatus.FAILED, HostStats(failures=1), 2), HostTale(failure=told))
    assert final == FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")


@pytest.mark.parametrize(("status", "expected"), [
    (RunStatus.CANCELED, FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")),
    (RunStatus.TIMEOUT, FinalState(status=RecordStatus.FAILED, reason="RUN_TIMEOUT", code=500,
                                   reason_params={"rc": 2, "output": "boom"})),
    (RunStatus.INTERRUPTED, FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED", code=500,
                                       reason_params={"rc": 2, "output": "boom"})),
    (RunStatus.FAILED, FinalState(status=RecordStatus.FAILED, reason="RUN_BROKEN", code=500,
                                  reason_params={"rc": 2, "output": "boom"}))])
def test_a_run_that_never_counted_ends_by_how_it_was_ended(status: RunStatus, expected: FinalState) -> None:
    assert outcome("install", "web1", end(status, rc=2), HostTale()) == expected


@pytest.mark.parametrize("status", list(RunStatus))
def test_a_server_that_was_complete_before_the_run_was_ended_succeeds(status: RunStatus) -> None:
    assert outcome("install", "web1", end(status), HostTale(ok=OK)).status is RecordStatus.SUCCESS


def test_an_ignored_failure_does_not_explain_a_broken_run() -> None:
    ignored = HostFailed(host="web1", task="Look", message="", ignored=True)
    assert outcome("install", "web1", end(RunStatus.FAILED, rc=4), HostTale(failure=ignored)).reason == "RUN_BROKEN"


def test_a_server_on_which_every_task_was_skipped_did_not_succeed() -> None:
    assert outcome("install", "web1", end(stats=HostStats(skipped=1)), HostTale()) == FinalState(
        status=RecordStatus.FAILED, reason="NOTHING_DONE", code=500)


def test_a_server_that_ansible_passed_over_did_not_succeed() -> None:
    assert outcome("install", "web2", end(stats=HostStats(ok=1)), HostTale()) == FinalState(
        status=RecordStatus.FAILED, reason="SERVER_PASSED_OVER", code=500)
