"""leases.py: no clock and no gap makes a holder look dead."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from softops.entities import Job
from softops.leases import Leases, is_alive
from softops.owners import this_process
from softops.statuses import RecordStatus
from tests.factories import NOW

JOB = Job(id=7, operation="install", status=RecordStatus.RUNNING, soft_id=1, soft_name="nginx", version="1",
          docker_image="nginx:1", digest=None, commit=None, user="me", lease_owner="elsewhere_1_1", lease_until=NOW,
          create_time=NOW)
HERE = this_process().rsplit("_", 2)[0]


class Watch:
    """Leases with a monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.leases = Leases(lambda: self.now)

    def look(self, job: Job = JOB, *, after: float = 2.0) -> bool:
        self.now += after
        return self.leases.is_lost(job)

    def looks(self, seconds: int, job: Job = JOB) -> list[bool]:
        return [self.look(job) for _ in range(seconds // 2)]


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_a_lease_of_another_host_is_lost_after_its_length_of_silence(watch: Watch) -> None:
    assert watch.looks(32) == [False] * 16
    assert watch.look() is True


@pytest.mark.parametrize("step", [timedelta(days=-400), timedelta(hours=-1), timedelta(days=400)])
def test_a_clock_that_jumps_makes_nobody_look_dead(watch: Watch, step: timedelta) -> None:
    until: datetime = NOW + step
    for beat in range(30):
        assert watch.look(replace(JOB, lease_until=until + timedelta(seconds=2 * beat))) is False


def test_time_in_which_nobody_could_look_does_not_count(watch: Watch) -> None:
    watch.look()
    assert watch.look(after=120.0) is False
    assert watch.looks(24) == [False] * 12
    assert watch.look() is True


def test_whoever_prolongs_begins_anew(watch: Watch) -> None:
    watch.looks(30)
    later = replace(JOB, lease_until=NOW + timedelta(seconds=1))
    assert watch.looks(30, later) == [False] * 15


def test_a_run_by_hand_may_be_silent_for_longer(watch: Watch) -> None:
    hand = replace(JOB, lease_owner="hand-1")
    assert watch.looks(62, hand) == [False] * 31
    assert watch.look(hand) is True


def test_what_nobody_asks_for_any_more_is_forgotten(watch: Watch) -> None:
    watch.looks(32)
    watch.leases.keep_only(frozenset({8}))
    assert watch.look() is False


def test_processes_of_this_host_are_seen_whatever_their_lease_says(watch: Watch) -> None:
    alive, dead = replace(JOB, lease_owner=this_process()), replace(JOB, lease_owner=f"{HERE}_999999999_1")
    assert (watch.looks(60, alive), watch.look(dead)) == ([False] * 30, True)
    assert [is_alive(job) for job in (alive, dead, JOB)] == [True, False, False]


def test_a_job_without_a_lease_is_nobodys(watch: Watch) -> None:
    assert watch.look(replace(JOB, lease_until=None)) is True
