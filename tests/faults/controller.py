"""A real `softops serve` that is killed and started again, and a desk in this process that orders its work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx

from softops.config import PROJECT, Settings
from softops.entities import Job, Record
from softops.service import Service
from softops.starts import Wish
from softops.statuses import RecordStatus
from tests.demo.serving import Serving
from tests.faults.aftermath import Aftermath, Footprint
from tests.fleet import Fleet
from tests.homes import commit

TRUTH = 30.0
"""Seconds after the start in which records of a killed softops have to say what is true."""


class Controller:
    """The server and the desk; jobs made here are found in SQL by the server, as if another process had made them."""

    def __init__(self, fleet: Fleet, serving: Serving, settings: Settings) -> None:
        self.fleet = fleet
        self.serving = serving
        self.settings = settings
        self.desk = Service(settings)
        self.aftermath = Aftermath(fleet=fleet, settings=settings)
        self.base: Footprint | None = None
        """What the server takes once it has done a job."""
        self._started = time.monotonic()

    def kill(self) -> None:
        """kill -9, as the kernel does when memory is short."""
        self.serving.process.kill()
        self.serving.process.wait()

    def start(self) -> None:
        """Start it again, and time it from here."""
        self._started = time.monotonic()
        self.serving.start()
        self.base = None

    def install(self, name: str, *servers: str) -> Job:
        return self.desk.installs.request("install", self.desk.images.find(name),
                                          self.desk.servers.choose(names=servers), user="tester", parameters={})

    def run(self, name: str, version: str, *servers: str, operation: str = "start") -> Job:
        return self.desk.starts.start(self.desk.images.find(name, version), self.desk.servers.choose(names=servers),
                                      Wish(user="tester"), operation=operation)

    def warm_up(self) -> None:
        """Let the server open what it keeps open, connections to its database above all, and compare with that."""
        def ask(_: int) -> int:
            return httpx.get(f"{self.serving.url}/api/system/soft/record/page", trust_env=False, timeout=60).status_code

        with ThreadPoolExecutor(32) as pool:
            assert set(pool.map(ask, range(200))) == {200}
        self.base = Footprint.of(self.serving.process.pid)

    def ended(self, job: Job, timeout: float = 100) -> Mapping[str, Record]:
        """The records of a job by server, once it is final."""
        ended = self.desk.installs.wait(job.id, timeout)
        assert ended.status.final, f"job {job.id} is still {ended.status}"
        records = self.records(job)
        if self.base is None and any(one.status is RecordStatus.SUCCESS for one in records.values()):
            self.base = Footprint.of(self.serving.process.pid)
        return records

    def truth(self, job: Job) -> Mapping[str, Record]:
        """The same, in time after the start."""
        return self.ended(job, TRUTH - (time.monotonic() - self._started))

    def records(self, job: Job) -> Mapping[str, Record]:
        return {record.server_name: record for record in self.desk.records.job_records(job.id)}

    def retry(self, job: Job) -> Mapping[str, Record]:
        return self.ended(self.desk.installs.retry(job.id, user="tester"))


@contextmanager
def controller(fleet: Fleet, name: str, files: Mapping[str, str], directory: Path,
               runs: Callable[[Path], AbstractContextManager[None]] = lambda _path: nullcontext(),
               **settings: Any) -> Iterator[Controller]:
    """A server on the fleet with a catalog; afterwards the aftermath is looked at, while it runs and after its end.
    `runs` makes the directory of its runs."""
    commit(directory / "catalog", files)
    serving = Serving(fleet, catalog=directory / "catalog", name=name, port=0, sync_interval=0, language="en",
                      auth="none", **settings)
    with runs(serving.directory / "var/runs"), serving:
        own = Settings(home=PROJECT, var=serving.directory / "var", inventory=fleet.inventory(),
                       catalog=str(directory / "catalog"), catalog_ref="main", sync_interval=0, language="en",
                       insecure_registries=fleet.plain_http, database=str(settings.get("database", "")))
        made = Controller(fleet, serving, own)
        try:
            made.desk.syncer.sync(made.desk.repositories.named("catalog").id)
            yield made
            made.aftermath.check()
            if made.base is not None:
                made.base.check(serving.process.pid)
        finally:
            made.desk._registry.close()
            made.desk.database.close()
    made.aftermath.check_stopped()
