"""Software that can be asked to run, and what a worker would write about it; no server is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from softops.accessmodels import TABLES
from softops.config import Settings
from softops.entities import App, FinalState, Job, Record, Revision, Server, SoftImage
from softops.errors import SoftopsError
from softops.service import Service
from softops.starts import Wish
from softops.statuses import RecordStatus
from tests.factories import DIGEST, NOW, an_item, later, some_images, some_servers

PARAMS = [{"name": "PORT", "type": "port", "default": 8080}, {"name": "HOST", "type": "string"},
          {"name": "PASSWORD", "type": "secret"}, {"name": "KEY", "type": "secret", "generate": 24}]
SERVICE = {"ports": ["${PORT}:80"], "env": {"HOST": "${HOST}", "PASSWORD": "${PASSWORD}", "KEY": "${KEY}"}}
GIVEN = {"HOST": "shop.example.com", "PASSWORD": "hunter2-never-seen"}
DONE = FinalState(status=RecordStatus.SUCCESS, reason="START_SUCCESS", digest=DIGEST, changed=True)


def an_entry(name: str, version: str, **entry: Any) -> Any:
    """A version whose digest is known, so that no registry is asked."""
    own = {"name": name, "version": {"image": f"{name}:{version}", "digest": DIGEST}, "service": {"env": {}}, **entry}
    return an_item(name, version, digest=DIGEST, entry=own)


CATALOG = (
    an_entry("shop", "1.0", params=PARAMS, service=SERVICE),
    an_entry("shop", "2.0", params=[*PARAMS[1:], {"name": "MODE", "type": "enum", "choices": ["a", "b"],
                                                  "default": "a"}],
             service={"env": {"HOST": "${HOST}", "KEY": "${KEY}", "PASSWORD": "${PASSWORD}", "MODE": "${MODE}"}}),
    an_entry("front", "1.0", requires=["cache", "queue"]), an_entry("queue", "1.0", requires=["cache"]),
    an_entry("cache", "1.0"), an_entry("cache", "1.1"),
    an_entry("lonely", "1.0", requires=["nowhere"]),
    an_entry("chicken", "1.0", requires=["egg"]), an_entry("egg", "1.0", requires=["chicken"]),
    an_entry("tracer", "1.0", permissions=["host_network"], compose="compose.yml.j2",
             composeTemplate="services:\n  tracer:\n    image: {{ image }}\n    network_mode: host\n"),
    an_entry("sneaky", "1.0", compose="compose.yml.j2",
             composeTemplate="services:\n  sneaky:\n    image: {{ image }}\n    privileged: true\n"),
)

AUDIT = {"system_soft_audit", "system_soft_setting"}


class Desk:
    """A service that runs no jobs, its software, and what a worker would write."""

    lease = timedelta(seconds=30)

    def __init__(self, service: Service) -> None:
        self.service = service
        self.starts = service.starts
        images = some_images(service.database, *CATALOG)
        self.images: Mapping[str, SoftImage] = {f"{image.name}:{image.version}": image for image in images}

    def servers(self, *names: str) -> tuple[Server, ...]:
        return self.service.servers.choose(names=names or ("web1",))

    def start(self, software: str, *names: str, operation: str = "start", **wish: Any) -> Job:
        return self.starts.start(self.images[software], self.servers(*names), Wish(user="zoe", **wish),
                                 operation=operation)

    def end(self, job: Job, final: FinalState | Mapping[str, FinalState] = DONE) -> tuple[Record, ...]:
        """Take a job through to its end; `final` is the same for all, or by server."""
        records = self.service.records
        records.claim(job.id, owner="me", now=NOW, lease=self.lease)
        for record in records.start_records(job.id, NOW):
            one = final if isinstance(final, FinalState) else final[record.server_name]
            records.finish_record(record.id, one, later(60), "en")
        records.finish_job(job.id, later(60))
        return records.job_records(job.id)

    def run(self, software: str, *names: str, **wish: Any) -> tuple[Record, ...]:
        return self.end(self.start(software, *names, **wish))

    def app(self, name: str) -> App:
        found = self.service.apps.find(self.servers()[0].id, name)
        assert found is not None
        return found

    def history(self, name: str, server: str = "web1") -> list[tuple[int | None, str, Mapping[str, Any]]]:
        found = self.service.apps.revisions(self.servers(server)[0].id, name, page=1, size=100).records
        return [(one.number, one.version, one.parameters) for one in found]

    def revision(self, job: Job) -> Revision:
        (found,) = self.service.records.revisions_of(job.id).values()
        return found

    def secrets(self, job: Job) -> Mapping[str, object]:
        return self.service.vault.open(self.revision(job).secrets)

    def rows(self) -> str:
        """Everything that is in the database but the audit, which also says what was refused."""
        with self.service.database.reading() as session:
            return repr([session.execute(text(f"SELECT * FROM {table}")).all()
                         for table in TABLES if table not in AUDIT])

    def refused(self, action: Callable[[], object]) -> SoftopsError:
        """Why `action` is refused; nothing is stored then."""
        before = self.rows()
        with pytest.raises(SoftopsError) as caught:
            action()
        assert self.rows() == before
        return caught.value


@contextmanager
def open_desk(home: Path, database_url: str) -> Iterator[Desk]:
    """The servers web1 and web2 and the software of CATALOG in a database that has its tables."""
    service = Service(Settings(home=home, database=database_url, language="en", auth="none"))
    some_servers(service.database, "web1", "web2")
    yield Desk(service)
    service.database.close()
