"""Runs of our playbooks by hand: what the actions there say becomes jobs, records and live messages."""

from __future__ import annotations

import json
import logging
import queue
import re
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from softops.clock import Clock
from softops.entities import Job, Record, Server
from softops.errors import BadRequest, Conflict, DatabaseError, NotFound, SoftopsError, Unavailable
from softops.events import HostStats
from softops.handstates import state_by_hand
from softops.images import Images
from softops.insist import insist
from softops.jobrun import JobRun
from softops.jobs import JobDraft, RecordDraft
from softops.leases import HAND as OWNER
from softops.leases import HAND_LEASE as LEASE
from softops.logcontext import note
from softops.orders import order_of
from softops.outcomes import RunEnd, RunStatus
from softops.records import Records
from softops.servers import Servers
from softops.vault import Vault

logger = logging.getLogger(__name__)

OPERATIONS = frozenset({"install", "pull", "start", "stop", "restart", "remove"})
MAX_LINES = 2000
_COMMIT = re.compile(r"[0-9a-f]{1,64}")
MOST_OPEN = 100
"""Runs that are followed at the same time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandRun:
    """Who runs which playbook."""

    user: str
    playbook: str


@dataclass(kw_only=True, slots=True)
class _Open:
    """A run by hand that this process follows."""

    run: JobRun
    ends: queue.SimpleQueue[RunEnd | None] = field(default_factory=queue.SimpleQueue)
    thread: threading.Thread | None = None


class HandRuns:
    """Follows runs by hand. The database is the memory: a run goes on in the records when softops is restarted."""

    def __init__(self, *, records: Records, images: Images, servers: Servers, vault: Vault, clock: Clock,
                 watch: Callable[[Job, Sequence[Record]], JobRun]) -> None:
        self._records = records
        self._images = images
        self._servers = servers
        self._vault = vault
        self._clock = clock
        self._watch = watch
        self._open: dict[int, _Open] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def begin(self, hand: HandRun, orders: Sequence[Mapping[str, Any]]) -> Job:
        """A job for what the actions of a run have begun with. NotFound when softops knows none of the servers,
        Conflict when it is at work there itself: the run is then not recorded, and not hindered."""
        if len(self._open) >= MOST_OPEN:
            raise Conflict("HAND_RUNS_MANY", limit=MOST_OPEN)
        drafts = self._drafts(orders)
        if not drafts:
            raise NotFound("HAND_SERVERS_UNKNOWN", servers=", ".join(sorted({str(one.get("host")) for one in orders})))
        first = drafts[0]
        draft = JobDraft(operation=first.operation, soft_id=first.soft_id, soft_name=first.soft_name,
                         version=first.version, docker_image=first.docker_image, digest=first.digest,
                         commit=first.commit, user=hand.user, options={"byHand": hand.playbook},
                         lease_owner=f"{OWNER}{uuid.uuid4().hex}", lease_until=self._clock() + LEASE)
        job, _ = self._records.create(draft, drafts, self._clock())
        self._follow(job)
        return self._records.job(job.id)

    def hear(self, job_id: int, lines: Sequence[str]) -> Job:
        """Take what the actions have said since; also when that is nothing, it says that the run lives."""
        job = self._mine(job_id)
        followed = self._follow(job)
        for line in lines:
            said = read_line(line)
            if said.get("kind") == "order":
                self._add(job, followed, said)
            elif said.get("kind") == "state":
                self._keep_state(job, said)
            else:
                followed.run.put({"event": "verbose", "stdout": line})
        return self._records.heartbeat(job_id, owner=job.lease_owner or "", now=self._clock(), lease=LEASE)

    def end(self, job_id: int, counts: Mapping[str, HostStats] | None) -> Job:
        """The run is over: what has not told its own end ends as Ansible counted it, or else as interrupted."""
        followed = self._follow(self._mine(job_id))
        status = RunStatus.INTERRUPTED if counts is None else RunStatus.SUCCESSFUL
        followed.ends.put(RunEnd(status=status, rc=None, stats=counts))
        if followed.thread is not None:
            followed.thread.join()
        return self._records.job(job_id)

    def stop(self) -> None:
        """Follow nothing any more; runs that go on are taken up again by whoever hears of them next."""
        self._stopping.set()
        for followed in list(self._open.values()):
            followed.ends.put(None)
            if followed.thread is not None:
                followed.thread.join()

    def _mine(self, job_id: int) -> Job:
        job = self._records.job(job_id)
        if not (job.lease_owner or "").startswith(OWNER) or job.status.final:
            raise Conflict("HAND_RUN_OVER", job=job_id)
        return job

    def _follow(self, job: Job) -> _Open:
        with self._lock:
            followed = self._open.get(job.id)
            if followed is None:
                begun = self._records.start_records(job.id, self._clock())
                left = [one for one in self._records.job_records(job.id) if not one.status.final]
                followed = _Open(run=self._watch(self._records.job(job.id), left))
                if begun:
                    followed.run.announce()
                followed.thread = threading.Thread(target=self._carry, args=(job.id, followed),
                                                   name=f"hand-{job.id}")
                self._open[job.id] = followed
                followed.thread.start()
        return followed

    def _carry(self, job_id: int, followed: _Open) -> None:
        note(job=job_id)
        ended: list[RunEnd | None] = []

        def wait() -> RunEnd:
            ended.append(self._end_of(job_id, followed))
            return ended[0] or RunEnd(status=RunStatus.INTERRUPTED, rc=None, stats=None)

        try:
            end = followed.run.watch(wait, None)
            if ended[0] is not None:
                followed.run.finish(end)
                insist(lambda: self._records.finish_job(job_id, self._clock()), self._stopping,
                       f"The end of job {job_id}")
        except SoftopsError as exc:
            logger.warning("Job %s by hand could not be followed: %s", job_id, exc, extra={"action": "hand_run"})
        finally:
            with self._lock:
                self._open.pop(job_id, None)

    def _end_of(self, job_id: int, followed: _Open) -> RunEnd | None:
        """How the run ended; None when it is not to be followed any more, because softops stops or because it was
        silent for so long that its records were ended as interrupted."""
        while True:
            try:
                return followed.ends.get(timeout=LEASE.total_seconds())
            except queue.Empty:
                with suppress(DatabaseError):
                    if self._records.job(job_id).status.final:
                        return None

    def _add(self, job: Job, followed: _Open, order: Mapping[str, Any]) -> None:
        there = {(one.server_name, one.soft_name) for one in self._records.job_records(job.id)}
        for draft in self._drafts([order]):
            if (draft.server.name, draft.soft_name) not in there:
                followed.run.join(self._records.add_record(job.id, draft, self._clock()))

    def _drafts(self, orders: Sequence[Mapping[str, Any]]) -> list[RecordDraft]:
        servers = {server.name: server for server in self._servers.all()}
        drafts: dict[tuple[int, str], RecordDraft] = {}
        for order in orders:
            server = servers.get(str(order.get("host")))
            if server is not None:
                draft = self._draft(server, order)
                drafts.setdefault((server.id, draft.soft_name), draft)
        return list(drafts.values())

    def _draft(self, server: Server, order: Mapping[str, Any]) -> RecordDraft:
        operation, commit = order.get("operation"), order.get("commit")
        if not isinstance(operation, str) or operation not in OPERATIONS:
            raise BadRequest("INPUT_INVALID", problem="an order without operation")
        # The same is asked of what the actions themselves are ordered.
        said = order_of({"software": {"name": order.get("software"), **{key: order.get(key) for key in (
            "version", "image", "digest")}}})
        return RecordDraft(server=server, soft_id=self._soft_id(said.name, said.version), soft_name=said.name,
                           version=said.version, docker_image=said.image, digest=said.digest, operation=operation,
                           commit=commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else None)

    def _soft_id(self, name: str, version: str) -> int | None:
        try:
            return self._images.find(name, version).id
        except SoftopsError:
            # Catalogs of people need not be ours.
            return None

    def _keep_state(self, job: Job, said: Mapping[str, Any]) -> None:
        """Keep what a start by hand has made, so that softops can go back to it; of software that is not as the
        catalog has it, nothing is kept."""
        record = next((one for one in self._records.job_records(job.id)
                       if (one.server_name, one.soft_name) == (said.get("host"), said.get("software"))), None)
        if record is None or record.soft_id is None:
            return
        try:
            parameters, draft = state_by_hand(self._images.get(record.soft_id), record, said, self._vault)
        except (BadRequest, Unavailable) as exc:
            logger.warning("There is no way back to what job %s starts on %s: %s", job.id, record.server_name, exc,
                           extra={"action": "hand_run", "job": job.id, "record": record.id})
            return
        self._records.keep_revision(record.id, parameters, draft, self._clock())


def read_line(line: str) -> Mapping[str, Any]:
    """What an action has said; nothing when it is none of their lines."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
