"""Asking for work: what is requested becomes a job with one record per server, or a clear refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from softops.entities import Job, Record, Server, SoftImage
from softops.errors import BadRequest, Conflict
from softops.images import Images
from softops.jobs import alike
from softops.params import check_given
from softops.records import JobDraft, Records
from softops.repositories import Repositories
from softops.secretparams import secret_names
from softops.servers import Servers
from softops.starts import Starts
from softops.statuses import RecordStatus
from softops.targets import check_image, check_servers, pinned_digest
from softops.waves import Strategy, strategy_of
from softops.worker import Worker

OPERATIONS = ("install", "pull")


class Installs:
    """Makes, repeats and cancels jobs; the worker runs them."""

    def __init__(self, *, records: Records, images: Images, servers: Servers, repositories: Repositories,
                 worker: Worker, starts: Starts) -> None:
        self._records = records
        self._images = images
        self._servers = servers
        self._repositories = repositories
        self._worker = worker
        self._starts = starts

    def request(self, operation: str, image: SoftImage, servers: Sequence[Server], *, user: str,
                parameters: Mapping[str, Any], retry_of: int | None = None,
                strategy: Strategy | None = None) -> Job:
        """A new PENDING job for exactly `servers`. Refuses before anything is written: BadRequest for what
        can't be done at all, Conflict when one of the servers is busy with the same software."""
        self._check(operation, image, servers)
        checked = _checked(image, parameters) if operation == "install" else {}
        draft = JobDraft(operation=operation, soft_id=image.id, soft_name=image.name, version=image.version,
                         docker_image=image.docker_image, digest=pinned_digest(image), commit=image.commit,
                         user=user, parameters=dict(checked), retry_of=retry_of,
                         repository=self._repositories.get(image.repository_id).name)
        return self._starts.submit(draft, alike(draft, servers), strategy)

    def retry(self, job_id: int, *, user: str) -> Job:
        """A new job for the servers on which `job_id` did not succeed."""
        job = self._records.job(job_id)
        if not job.status.final:
            raise Conflict("JOB_STILL_RUNNING", job=job_id)
        unfinished = [record for record in self._records.job_records(job_id)
                      if record.status is not RecordStatus.SUCCESS]
        if not unfinished:
            raise Conflict("NOTHING_TO_RETRY", job=job_id)
        if job.operation not in OPERATIONS:
            return self._starts.repeat(job, unfinished, user=user)
        image = self._images.get(job.soft_id or 0)
        servers = self._servers.choose(ids=[record.server_id for record in unfinished])
        return self.request(job.operation, image, servers, user=user, parameters=job.parameters, retry_of=job_id,
                            strategy=strategy_of(job.strategy) if job.strategy else None)

    def approve(self, job_id: int) -> Job:
        """Let a job that waits for it begin its next wave; Conflict when it does not wait."""
        job = self._records.approve_wave(job_id)
        self._worker.wake(job_id)
        return job

    def cancel_job(self, job_id: int) -> Job:
        """Ask for the end of a job; it ends CANCELLED within seconds. Conflict when it is final already."""
        self._records.request_cancel_job(job_id)
        self._worker.cancel(job_id)
        return self._records.job(job_id)

    def cancel_record(self, record_id: int) -> Record:
        """Ask for the end of a job's work on one server; the others go on."""
        record = self._records.request_cancel_record(record_id)
        self._worker.cancel(record.job_id)
        return self._records.record(record_id)

    def wait(self, job_id: int, timeout: float | None) -> Job:
        """The job once it is final, or as it is after `timeout` seconds."""
        return self._worker.wait(job_id, timeout)

    def _check(self, operation: str, image: SoftImage, servers: Sequence[Server]) -> None:
        if operation not in OPERATIONS:
            raise BadRequest("OPERATION_UNKNOWN", operation=operation, known=", ".join(OPERATIONS))
        check_image(image)
        check_servers(servers)


def _checked(image: SoftImage, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters to keep with the job. Missing ones, and secrets, are for the start of the software."""
    secret = sorted(secret_names(image.entry) & parameters.keys())
    if secret:
        raise BadRequest("PARAMETER_SECRET", name=secret[0], software=image.name)
    return check_given(image.entry, parameters)
