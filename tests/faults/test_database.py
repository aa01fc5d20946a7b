"""The database is gone while a job runs: nothing of the job is lost, callers are told when to come again, and nobody
takes the job for dead."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from softops import owners
from softops.entities import Job
from softops.errors import DatabaseError
from softops.statuses import RecordStatus
from tests.acceptance.services import clear
from tests.acceptance.test_installs import software
from tests.faults.cases import OTHER, WEB
from tests.faults.controller import Controller, controller
from tests.fleet import Fleet
from tests.integration.mariadb import MariaDB
from tests.waiting import wait_until

MB = 1_000_000
LAYERS = [MB] * 8


@pytest.fixture(autouse=True)
def tidy(fleet: Fleet) -> Iterator[None]:
    yield
    fleet.slow.resume()
    for name in (WEB, OTHER):
        clear(fleet, name)


@pytest.fixture
def mariadb_on_a_port(tmp_path: Path) -> Iterator[MariaDB]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
    with MariaDB(tmp_path / "m", port=port) as server:
        yield server


class Caller:
    """Asks the API twice a second, and keeps what it hears and how long that took."""

    def __init__(self, url: str) -> None:
        self.heard: list[tuple[str, int, str | None]] = []
        self.slowest = 0.0
        self._url = url
        self._over = threading.Event()

    @contextmanager
    def asking(self) -> Iterator[None]:
        thread = threading.Thread(target=self._ask, name="caller")
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _ask(self) -> None:
        calls = (("GET", "/healthz"), ("GET", "/api/system/soft/record/page"), ("GET", "/api/system/soft/job/1"),
                 ("POST", "/api/system/soft/install"))
        with httpx.Client(base_url=self._url, trust_env=False, timeout=60) as client:
            while not self._over.wait(0.5):
                for method, path in calls:
                    body = {"name": "after", "servers": [WEB]} if method == "POST" else None
                    before = time.monotonic()
                    answer = client.request(method, path, json=body)
                    self.slowest = max(self.slowest, time.monotonic() - before)
                    self.heard.append((path, answer.json()["code"], answer.headers.get("retry-after")))


def begun(made: Controller, fleet: Fleet, name: str, rate: int) -> Job:
    """An install on both servers, once layers come."""
    fleet.slow.rate, before = rate, fleet.slow.sent
    job = made.install(name, WEB, OTHER)
    wait_until(lambda: fleet.slow.sent > before + MB // 4, 60)
    return job


def files(fleet: Fleet, name: str) -> dict[str, str]:
    """`name`, which no server has, and `after`."""
    fleet.registry.push(name, "1.0", layers=LAYERS)
    fleet.registry.push("after", "1.0", layers=[MB])
    return software(name, f"{fleet.slow.host}/{name}:1.0") | software("after", fleet.registry.image("after", "1.0"))


def check_story(made: Controller, job: Job) -> None:
    """Both servers are told of from beginning to end, each layer with its end, in the order in which it happened."""
    events = made.desk.records.events_after(job.id, 0)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for server in (WEB, OTHER):
        mine = [event.payload for event in events if event.payload["serverName"] == server]
        kinds = [payload["type"] for payload in mine]
        assert (kinds[0], kinds[-1], kinds.count("docker_complete")) == ("docker_start", "docker_complete", 1)
        done = [payload["id"] for payload in mine if payload.get("status") in ("Pull complete", "Already exists")]
        # The layers of the image and the two with its program.
        assert len(done) == len(set(done)) == len(LAYERS) + 2
        times = [payload["at"] for payload in mine if "id" in payload]
        assert times == sorted(times)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("seconds", "rate"), [(10, MB), (120, MB // 4)])
def test_a_job_outlives_a_database_that_is_gone(seconds: int, rate: int, fleet: Fleet, tmp_path: Path,
                                                 mariadb_on_a_port: MariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    """In two minutes the servers are done before the database is back, in ten seconds they are not."""
    # This process stands for a softops on another host, which sees the job's lease grow old.
    monkeypatch.setattr(owners, "_host", lambda: "elsewhere-00000000")
    name = f"gone{seconds}"
    with controller(fleet, name, files(fleet, name), tmp_path, database=mariadb_on_a_port.url) as made:
        warm = made.ended(made.install("after", OTHER))
        assert warm[OTHER].status is RecordStatus.SUCCESS
        made.warm_up()
        job = begun(made, fleet, name, rate)
        caller = Caller(made.serving.url)
        made.desk.worker.recover()
        mariadb_on_a_port.stop()
        over = time.monotonic() + seconds
        with caller.asking():
            while time.monotonic() < over:
                with suppress(DatabaseError):
                    made.desk.worker.recover()
                time.sleep(min(2.0, max(0.0, over - time.monotonic())))
        assert {(code, later) for _, code, later in caller.heard} == {(503, "5")}
        assert len({path for path, _, _ in caller.heard}) == 4
        assert caller.slowest < 5
        mariadb_on_a_port.start()
        made.desk.worker.recover()
        fleet.slow.rate = None
        assert {name: one.status for name, one in made.ended(job).items()} == {
            WEB: RecordStatus.SUCCESS, OTHER: RecordStatus.SUCCESS}
        check_story(made, job)
        after = made.ended(made.install("after", WEB))
        assert after[WEB].status is RecordStatus.SUCCESS


@pytest.mark.timeout(240)
def test_a_restart_of_the_database_is_not_noticed_by_a_job(fleet: Fleet, tmp_path: Path,
                                                            mariadb_on_a_port: MariaDB) -> None:
    with controller(fleet, "restarted", files(fleet, "restarted"), tmp_path, database=mariadb_on_a_port.url) as made:
        made.warm_up()
        job = begun(made, fleet, "restarted", MB)
        for end in (mariadb_on_a_port.stop, mariadb_on_a_port.kill):
            end()
            mariadb_on_a_port.start()
        fleet.slow.rate = None
        assert {one.status for one in made.ended(job).values()} == {RecordStatus.SUCCESS}
        check_story(made, job)


@pytest.mark.timeout(300)
def test_a_database_that_hangs_keeps_nobody_waiting_for_ever(fleet: Fleet, tmp_path: Path,
                                                              mariadb_on_a_port: MariaDB) -> None:
    with controller(fleet, "frozen", files(fleet, "frozen"), tmp_path, database=mariadb_on_a_port.url) as made:
        made.warm_up()
        job = begun(made, fleet, "frozen", MB)
        caller = Caller(made.serving.url)
        mariadb_on_a_port.freeze()
        try:
            with caller.asking():
                wait_until(lambda: caller.heard != [], 120)
        finally:
            mariadb_on_a_port.thaw()
        assert caller.heard[0][1:] == (503, "5")
        assert caller.slowest < 40
        fleet.slow.rate = None
        assert {one.status for one in made.ended(job).values()} == {RecordStatus.SUCCESS}
        check_story(made, job)
