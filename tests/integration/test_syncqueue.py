"""syncqueue: a burst becomes one sync that runs and one that sees the rest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from softops.errors import GitError
from softops.syncqueue import SyncQueue
from tests.waiting import wait_until


class Syncs:
    """Syncs that last until they are let go."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.gate = threading.Event()

    def sync(self, repository_id: int) -> None:
        self.begun.append(repository_id)
        assert self.gate.wait(30)


@pytest.fixture
def syncs() -> Syncs:
    return Syncs()


@pytest.fixture
def queue(syncs: Syncs) -> Iterator[SyncQueue]:
    queue = SyncQueue(syncs.sync)
    yield queue
    syncs.gate.set()
    queue.stop()


def test_a_burst_is_one_sync_that_runs_and_one_that_waits(queue: SyncQueue, syncs: Syncs) -> None:
    assert queue.ask(1)
    wait_until(lambda: syncs.begun == [1])
    assert [queue.ask(1) for _ in range(50)] == [True, *[False] * 49]
    syncs.gate.set()
    wait_until(lambda: syncs.begun == [1, 1])
    wait_until(lambda: not queue._threads)
    assert syncs.begun == [1, 1]


def test_repositories_do_not_wait_for_each_other(queue: SyncQueue, syncs: Syncs) -> None:
    assert queue.ask(1)
    assert queue.ask(2)
    wait_until(lambda: sorted(syncs.begun) == [1, 2])


def test_after_the_last_one_has_ended_another_begins(queue: SyncQueue, syncs: Syncs) -> None:
    syncs.gate.set()
    for count in range(1, 20):
        assert queue.ask(1)
        wait_until(lambda: len(syncs.begun) == count)  # noqa: B023


@pytest.mark.parametrize("failure", [GitError("GIT_TIMEOUT"), RuntimeError("unforeseen")])
def test_a_sync_that_fails_is_followed_by_the_next(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def sync(repository_id: int) -> None:
        tries.append(repository_id)
        raise failure

    queue = SyncQueue(sync)
    queue.ask(7)
    wait_until(lambda: not queue._threads)
    queue.ask(7)
    wait_until(lambda: tries == [7, 7])
    queue.stop()
    assert {record.name for record in caplog.records} == {"softops.syncqueue"}


def test_nothing_begins_after_the_end(syncs: Syncs) -> None:
    queue = SyncQueue(syncs.sync)
    queue.stop()
    queue.ask(1)
    assert (syncs.begun, queue._threads) == ([], {})


def test_many_who_ask_at_once_lose_nothing() -> None:
    seen = threading.Event()
    state = {"pushed": 0, "synced": 0}

    def sync(_repository_id: int) -> None:
        state["synced"] = state["pushed"]
        seen.set()

    queue = SyncQueue(sync)

    def push() -> None:
        for _ in range(200):
            with lock:
                state["pushed"] += 1
            queue.ask(1)

    lock, threads = threading.Lock(), [threading.Thread(target=push) for _ in range(4)]
    run(threads, threading.Thread.start)
    run(threads, threading.Thread.join)
    wait_until(lambda: not queue._threads)
    queue.stop()
    assert state == {"pushed": 800, "synced": 800}


def run(threads: list[threading.Thread], action: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        action(thread)
