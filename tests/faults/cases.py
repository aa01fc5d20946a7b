"""What the tests of faults do alike: a software, its installation, and what came of it on each server."""

from __future__ import annotations

from softops.entities import Record
from softops.messages import Message
from softops.service import Service
from softops.statuses import RecordStatus
from tests.acceptance.test_installs import start
from tests.fleet import Fleet

WEB = "web1"
OTHER = "web2"


def ended(service: Service, job_id: int, timeout: float = 100) -> dict[str, Record]:
    """The records of a job by server, once it is final."""
    job = service.installs.wait(job_id, timeout)
    assert job.status.final, f"job {job_id} is still {job.status}"
    return {record.server_name: record for record in service.records.job_records(job_id)}


def install(service: Service, name: str, *servers: str, timeout: float = 100) -> dict[str, Record]:
    return ended(service, start(service, name, *servers).id, timeout)


def retried(service: Service, record: Record) -> dict[str, Record]:
    """The records of a retry, which names only servers that have not succeeded."""
    return ended(service, service.installs.retry(record.job_id, user="tester").id)


def failure(record: Record) -> tuple[RecordStatus, str | None, int | None]:
    return record.status, record.reason, record.code


def failed(reason: str, code: int) -> tuple[RecordStatus, str, int]:
    """What `failure` is compared with."""
    return RecordStatus.FAILED, reason, code


def says(record: Record, *words: str) -> None:
    """The sentence that people read has all these words."""
    missing = [word for word in words if word not in (record.remark or "")]
    assert not missing, f"{missing} not in {record.remark!r}"


def downloads(got: list[Message], server: str) -> bool:
    """Whether bytes of a layer have come to the server."""
    return any(message.payload.get("status") == "Downloading" and message.payload["current"]
               for message in list(got) if message.payload["serverName"] == server)


def has_image(fleet: Fleet, server: str, image: str) -> bool:
    return image in fleet.server(server).images()
