"""Takes pending jobs and runs them, several at a time, under a lease that tells others it lives."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from softops.broadcast import Hub
from softops.clock import Clock
from softops.entities import FinalState, Job, Record
from softops.errors import Conflict, SoftopsError
from softops.images import Images
from softops.insist import insist
from softops.jobrun import CANCELLED, JobRun
from softops.leases import LEASE, RELEASED, Leases
from softops.logcontext import about, informed_thread
from softops.logins import Login
from softops.owners import is_gone
from softops.playbooks import HealthLimits, PullLimits
from softops.records import Records
from softops.repositories import Repositories
from softops.rollout import Rollout
from softops.runner import PlaybookRun, Runner
from softops.statuses import RecordStatus
from softops.texts import Lang
from softops.vault import Vault

logger = logging.getLogger(__name__)

HEARTBEAT = 2.0
"""Seconds between two prolongations of the lease; also how late a cancel from another process is seen."""
WAKE = 0.5
"""Seconds after which a job that waits sees that softops stops."""
LOOK = 2.0
"""Seconds between two looks for jobs that other processes made."""

STOP_GRACE = 20.0
"""Seconds that servers have to bring back what ran on them before, when softops stops."""

FAR_FUTURE = datetime(9999, 1, 1)  # noqa: DTZ001  naive UTC like all stored times


@dataclass(kw_only=True, slots=True)
class _Active:
    """A job this process is running: its `rollout.Control`."""

    stopping: threading.Event
    cancel: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    poke: threading.Event = field(default_factory=threading.Event)
    woken: threading.Event = field(default_factory=threading.Event)
    playbook: PlaybookRun | None = None
    asked: set[int] = field(default_factory=set)
    """Records whose cancel the present run has heard of."""
    patience: float | None = None
    """Until when (monotonic) the run may go on although softops stops; None: it has not heard of that."""

    def cancelled(self) -> bool:
        return self.cancel.is_set()

    def stops(self) -> bool:
        if not self.stopping.is_set():
            return self.lost.is_set()
        if self.patience is None:
            self.patience = time.monotonic() + STOP_GRACE
        return self.lost.is_set() or time.monotonic() > self.patience

    def ends(self) -> bool:
        return self.cancel.is_set() or self.lost.is_set() or self.stopping.is_set()

    def pause(self, seconds: float, *, settling: bool = True) -> None:
        deadline = time.monotonic() + seconds
        while not self.ends() and (left := deadline - time.monotonic()) > 0:
            if self.woken.wait(min(left, WAKE)):
                self.woken.clear()
                if not settling:
                    return

    def attach(self, playbook: PlaybookRun | None) -> None:
        self.playbook = playbook
        self.asked = set()


class Worker:
    """A pool of threads that run jobs. `start` and `stop` once each.

    Unless it `takes_all`, it runs only jobs that it is notified of: those of others would end with it.
    """

    def __init__(self, *, records: Records, images: Images, repositories: Repositories, runner: Runner, hub: Hub,
                 clock: Clock, owner: str, workers: int, limits: PullLimits, lang: Lang, vault: Vault,
                 patience: HealthLimits, takes_all: bool = True,
                 logins: Callable[[Iterable[str]], Mapping[str, Login]] = lambda _registries: {}) -> None:
        self._records = records
        self._runner = runner
        self._stopping = threading.Event()
        self._rollout = Rollout(records=records, images=images, repositories=repositories, runner=runner,
                                vault=vault, limits=limits, patience=patience, clock=clock, watch=self.job_run,
                                stopping=self._stopping, logins=logins)
        self._after: Callable[[int], object] = lambda _job: None
        self._hub = hub
        self._clock = clock
        self._owner = owner
        self.leases = Leases()
        """What is known of those who hold jobs."""
        self._lang = lang
        self._takes_all = takes_all
        self._jobs: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._active: dict[int, _Active] = {}
        self._adopted: set[int] = set()
        """Jobs of dead processes, to be ended with what is true on their servers."""
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=self._work, name=f"worker-{number}") for number in range(workers)]
        self._looker = threading.Thread(target=self._look, name="worker-look")

    def start(self) -> None:
        """End what dead processes left behind, then begin to take jobs."""
        self._runner.sweep()
        self.recover()
        for thread in (*self._threads, self._looker):
            thread.start()

    def stop(self) -> None:
        """Take no more jobs, end the running ones as interrupted, and return when all threads are done."""
        self._stopping.set()
        for active in list(self._active.values()):
            active.poke.set()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in (*self._threads, self._looker):
            thread.join()

    def takes_back(self, undo: Callable[[Job, Sequence[Record]], Job | None]) -> None:
        """How a job is undone whose strategy says that it is to be."""
        self._rollout.undo = undo

    def follows(self, after: Callable[[int], object]) -> None:
        """What is called with the number of each job that has ended here."""
        self._after = after

    def notify(self, job_id: int) -> None:
        """A new job waits."""
        self._jobs.put(job_id)

    def wake(self, job_id: int) -> None:
        """Something that the job may wait for has come."""
        active = self._active.get(job_id)
        if active is not None:
            active.woken.set()

    def poke(self, job_id: int) -> None:
        """Something about the job was stored: see to it now instead of at the next heartbeat."""
        active = self._active.get(job_id)
        if active is not None:
            active.poke.set()
        with self._changed:
            self._changed.notify_all()

    def cancel(self, job_id: int) -> None:
        """A cancel of the job, or of some of its records, was stored: carry it out now.

        What has not begun ends here; what runs is told at once instead of at the next heartbeat.
        """
        active, job = self._active.get(job_id), self._records.job(job_id)
        if active is None and job.status is RecordStatus.PENDING and job.cancel_requested:
            self._take(job_id)
            return
        if active is not None:
            active.poke.set()
        if not job.cancel_requested and (active is not None or job.status is RecordStatus.PENDING):
            # Servers of a later wave wait as well.
            self.job_run(job, self._records.cancelled_records(job_id)).cancel_waiting()

    def wait(self, job_id: int, timeout: float | None) -> Job:
        """The job once it is final, or as it is after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            # Read and wait under one lock: an end between the two would be noticed only at the next look.
            with self._changed:
                job = self._records.job(job_id)
                left = LOOK if deadline is None else min(LOOK, deadline - time.monotonic())
                if job.status.final or left <= 0:
                    return job
                self._changed.wait(left)

    def recover(self) -> tuple[Job, ...]:
        """Take over the jobs whose owner died: what is true on their servers is found out, and they end with that."""
        running = self._records.expired_jobs(FAR_FUTURE)
        self.leases.keep_only(frozenset(job.id for job in running))
        lost = [job for job in running if self._is_lost(job)]
        lost += [job for job in self._records.kept_jobs() if is_gone(job.lease_owner or "")]
        if lost:
            # Nobody else may be at work on the servers when they are looked at.
            self._runner.sweep()
        # Asked again: one of ours may have ended since the list was made.
        return tuple(self._take_over(job) for job in lost if not self._records.job(job.id).status.final)

    def _is_lost(self, job: Job) -> bool:
        if job.lease_owner == self._owner:
            return job.id not in self._active and job.id not in self._adopted
        return self.leases.is_lost(job)

    def _take_over(self, job: Job) -> Job:
        """See to it that a job whose process died ends with what is true; where nothing was begun, at once."""
        if job.status is not RecordStatus.RUNNING or "byHand" in job.options:
            return self._close_lost(job)
        # Before the lease is ours: a job of ours that nobody works on counts as lost.
        self._adopted.add(job.id)
        adopted = None
        try:
            adopted = self._records.adopt(job, owner=self._owner, now=self._clock(), lease=LEASE)
        finally:
            if adopted is None:
                self._adopted.discard(job.id)
        if adopted is None:
            return job
        logger.warning("Job %s was interrupted; its servers are looked at", job.id,
                       extra={"action": "recover", "job": job.id})
        self._jobs.put(job.id)
        return adopted

    def _close_lost(self, job: Job) -> Job:
        active = [record for record in self._records.job_records(job.id) if not record.status.final]
        run = self.job_run(job, active)
        run.fail(FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED", code=500))
        logger.warning("Job %s was interrupted", job.id, extra={"action": "recover", "job": job.id})
        self._rollout.take_back(job)
        ended = self._records.finish_job(job.id, self._clock())
        if "byHand" not in job.options:
            self._after(job.id)
        return ended

    def _look(self) -> None:
        while not self._stopping.is_set():
            try:
                for job_id in self._records.pending_jobs() if self._takes_all else ():
                    self._jobs.put(job_id)
                self.recover()
            except SoftopsError as exc:
                logger.warning("Pending jobs could not be read: %s", exc, extra={"action": "look"})
            self._stopping.wait(LOOK)

    def _work(self) -> None:
        while (job_id := self._jobs.get()) is not None:
            if self._stopping.is_set() and self._takes_all:
                continue  # It is kept for the next start; a job that nobody else will take ends as interrupted.
            try:
                self._take(job_id)
            except Exception:
                logger.exception("Job %s could not be run", job_id, extra={"action": "run_job", "job": job_id})

    def _take(self, job_id: int) -> None:
        """Claim a job and run it; nothing happens when another worker was first."""
        active = _Active(stopping=self._stopping)
        # Registered before the claim: a job of ours that is not in here counts as lost.
        if self._active.setdefault(job_id, active) is not active:
            return
        try:
            job = self._records.job(job_id) if job_id in self._adopted else self._records.claim(
                job_id, owner=self._owner, now=self._clock(), lease=LEASE)
            if job is not None:
                with about(job=job.id):
                    self._attempt(job, active)
                    self._after(job_id)
        finally:
            self._adopted.discard(job_id)
            del self._active[job_id]
            with self._changed:
                self._changed.notify_all()

    def _attempt(self, job: Job, active: _Active) -> None:
        keeper = informed_thread(self._keep, job.id, active, name=f"job-{job.id}-lease")
        keeper.start()
        try:
            if job.id in self._adopted:
                self._rollout.salvage(job, active)
            elif job.cancel_requested:
                self._end_rest(job, CANCELLED)
            else:
                self._rollout.run(job, active)
        except SoftopsError as exc:
            logger.warning("Job %s failed: %s", job.id, exc, extra={"action": "run_job", "job": job.id})
            self._end_rest(job, FinalState(status=RecordStatus.FAILED, reason=exc.reason, reason_params=_plain(exc),
                                           code=exc.code))
        except Exception as exc:
            self._end_rest(job, FinalState(status=RecordStatus.FAILED, reason="INTERNAL", code=500,
                                           reason_params={"detail": type(exc).__name__}))
            raise
        finally:
            active.ended.set()
            active.poke.set()
            keeper.join()
            self._take_back(job)
            insist(lambda: self._records.finish_job(job.id, self._clock()), self._stopping,
                   f"The end of job {job.id}")

    def _take_back(self, job: Job) -> None:
        try:
            self._rollout.take_back(job)
        except SoftopsError as exc:
            logger.warning("Job %s is not taken back: %s", job.id, exc, extra={"action": "undo", "job": job.id})

    def _end_rest(self, job: Job, final: FinalState) -> None:
        """End every record of the job that is not final yet with the same state."""
        left = insist(lambda: [one for one in self._records.job_records(job.id) if not one.status.final],
                      self._stopping, f"What is left of job {job.id}")
        if left:
            self.job_run(self._records.job(job.id), left).fail(final)

    def _keep(self, job_id: int, active: _Active) -> None:
        """Prolong the lease and pass on cancels until the job has ended."""
        while not active.ended.is_set():
            try:
                self._beat(job_id, active)
            except Conflict as exc:
                # Its records are final and its servers free for others, who must not meet us there.
                logger.warning("Job %s is stopped: %s", job_id, exc, extra={"action": "heartbeat", "job": job_id})
                active.lost.set()
                active.cancel.set()
                return
            except SoftopsError as exc:
                logger.warning("The lease of job %s could not be prolonged: %s", job_id, exc,
                               extra={"action": "heartbeat", "job": job_id})
            active.poke.wait(HEARTBEAT)
            active.poke.clear()

    def _beat(self, job_id: int, active: _Active) -> None:
        job = self._records.heartbeat(job_id, owner=self._owner, now=self._clock(), lease=LEASE)
        if job.cancel_requested:
            active.cancel.set()
            active.woken.set()
            return
        cancelled = self._records.cancelled_records(job_id)
        records = self._records.job_records(job_id)
        unfinished = [record for record in records if not record.status.final]
        if unfinished and len(cancelled) == len(unfinished):
            active.cancel.set()
            active.woken.set()
            return
        self._pass_on(job_id, cancelled, active)
        self._tell(active, [record for record in records if record.reason == RELEASED])

    def _pass_on(self, job_id: int, cancelled: Sequence[Record], active: _Active) -> None:
        if waiting := [record for record in cancelled if record.status is RecordStatus.PENDING]:
            # Of a later wave, and cancelled through another process.
            self.job_run(self._records.job(job_id), waiting).cancel_waiting()
        self._tell(active, [record for record in cancelled if record.status is RecordStatus.RUNNING])

    def _tell(self, active: _Active, records: Sequence[Record]) -> None:
        """Let the present run stop with each of these once."""
        playbook, asked = active.playbook, active.asked
        for record in records:
            if playbook is not None and record.id not in asked:
                asked.add(record.id)
                playbook.cancel_one(record.server_name, record.soft_name)

    def job_run(self, job: Job, records: Sequence[Record]) -> JobRun:
        """What turns the events of these records of a job into milestones, messages and final states."""
        return JobRun(job, records, store=self._records, hub=self._hub, clock=self._clock, lang=self._lang,
                      stopping=self._stopping)


def _plain(exc: SoftopsError) -> dict[str, str]:
    return {key: str(value) for key, value in exc.params.items()}
