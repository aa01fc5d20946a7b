"""One job while it runs: events become milestones in SQL and messages for watchers, the end becomes final states."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from softops.broadcast import Hub
from softops.clock import Clock
from softops.entities import EventDraft, FinalState, Job, Record
from softops.events import HostFailed, HostOk, LayersChanged, RunEvent, StageReached, parse_event
from softops.insist import insist
from softops.messages import (
    Message,
    complete_payload,
    error_payload,
    progress_payload,
    start_payload,
    topics_of,
)
from softops.outcomes import HostTale, RunEnd, outcome
from softops.progress import ServerProgress, fold_layers
from softops.records import Records
from softops.statuses import RecordStatus
from softops.texts import Lang

logger = logging.getLogger(__name__)


CANCELLED = FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")


class JobRun:
    """What is known of a running job. Events come in from one thread, in order, and nothing is lost in between.

    While the database is gone everything waits in the queue, in order.
    """

    def __init__(self, job: Job, records: Sequence[Record], *, store: Records, hub: Hub, clock: Clock,
                 lang: Lang, stopping: threading.Event) -> None:
        self._job_id = job.id
        self._records = {record.server_name: record for record in records}
        self._store = store
        self._hub = hub
        self._clock = clock
        self._lang = lang
        self._stopping = stopping
        self._seq = job.seq
        self._progress = {host: ServerProgress() for host in self._records}
        self._tales = {host: HostTale() for host in self._records}
        self._queue: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The inventory hostnames of the job's records."""
        return tuple(self._records)

    def put(self, raw: Mapping[str, Any]) -> None:
        """Take one event of ansible-runner; returns at once."""
        self._queue.put(raw)

    def announce(self) -> None:
        """Send docker_start for every record."""
        now = time.time()
        self._send([self._message(record, start_payload(record, now), milestone=True)
                    for record in self._records.values()])

    def watch(self, execute: Callable[[], RunEnd], token: str) -> RunEnd:
        """Run `execute` while its events are handled in a second thread; all are handled on return."""
        consumer = threading.Thread(target=self._consume, args=(token,), name=f"job-{self._job_id}-events")
        consumer.start()
        try:
            return execute()
        finally:
            self._queue.put(None)
            consumer.join()

    def finish(self, operation: str, end: RunEnd) -> None:
        """Write the final state of every record, once, and tell the watchers."""
        self._finish({host: outcome(operation, host, end, self._tales[host]) for host in self._records})

    def fail(self, final: FinalState) -> None:
        """End every record that is not final yet with the same state."""
        self._finish(dict.fromkeys(self._records, final))

    def cancel_waiting(self) -> None:
        """Cancel the records that still wait; whoever has begun with the others sees their mark himself."""
        self._finish(dict.fromkeys(self._records, CANCELLED), running=False)

    def _finish(self, finals: Mapping[str, FinalState], *, running: bool = True) -> None:
        for host, final in finals.items():
            before, now, at = self._seq, self._clock(), time.time()
            # None: somebody else has ended the record, and has told of it.
            if insist(partial(self._finish_one, self._records[host].id, final, now, at, running=running),
                      self._stopping, f"The end of record {self._records[host].id}"):
                self._tell_end(self._records[host], before)

    def _finish_one(self, record_id: int, final: FinalState, now: datetime, at: float, *,
                    running: bool) -> Record | None:
        return self._store.finish_record(record_id, final, now, self._lang, after=self._seq, running=running,
                                         tell=lambda record: self._final_drafts(record, at))

    def _final_drafts(self, record: Record, at: float) -> list[EventDraft]:
        progress = self._progress[record.server_name]
        payloads = [complete_payload(record, at, progress)]
        if record.status is RecordStatus.FAILED:
            payloads.insert(0, error_payload(record, at, self._lang, progress))
        return [_draft(payload) for payload in payloads]

    def _tell_end(self, record: Record, after: int) -> None:
        """Hand on how the record ended, as it was stored."""
        events = [event for event in insist(lambda: self._store.events_after(self._job_id, after), self._stopping,
                                            f"The end of record {record.id}") if event.record_id == record.id]
        self._seq = max([self._seq, *(event.seq for event in events)])
        self._hub.publish([Message(payload=event.payload, topics=topics_of(record), milestone=True)
                           for event in events])

    def _consume(self, token: str) -> None:
        ended = False
        while not ended:
            batch, ended = self._drain()
            messages: list[Message] = []
            for raw in batch:
                try:
                    event = parse_event(raw, token)
                    if event is not None:
                        messages.extend(self._handle(event))
                except Exception:
                    logger.exception("An event could not be handled", extra={"action": "handle_event"})
            self._send(messages)

    def _drain(self) -> tuple[list[Mapping[str, Any]], bool]:
        batch: list[Mapping[str, Any]] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _handle(self, event: RunEvent) -> Iterable[Message]:
        host = getattr(event, "host", None)
        if host not in self._records:
            return ()
        if isinstance(event, LayersChanged):
            return self._layers(event)
        if isinstance(event, StageReached):
            self._stage(event)
        elif isinstance(event, HostFailed):
            if not event.ignored:
                self._tales[host] = replace(self._tales[host], failure=event)
        elif isinstance(event, HostOk):
            self._tales[host] = replace(self._tales[host], ok=event)
        return ()

    def _stage(self, event: StageReached) -> None:
        progress = self._progress[event.host]
        total = event.total if event.total is not None else progress.total
        self._progress[event.host] = replace(progress, stage=event.stage, total=total)

    def _layers(self, event: LayersChanged) -> list[Message]:
        record = self._records[event.host]
        progress, changed = fold_layers(self._progress[event.host], event.layers)
        self._progress[event.host] = progress
        return [self._message(record, progress_payload(record, layer, event.at), milestone=layer.done)
                for layer in changed]

    def _message(self, record: Record, payload: Mapping[str, Any], *, milestone: bool) -> Message:
        return Message(payload=payload, topics=topics_of(record), milestone=milestone)

    def _send(self, messages: Sequence[Message]) -> None:
        """Number and store the milestones, then hand everything on in order."""
        if not messages:
            return
        stored = iter(self._stored([_draft(message.payload) for message in messages if message.milestone]))
        numbered = []
        for message in messages:
            if message.milestone:
                self._seq = next(stored)
            numbered.append(replace(message, payload={**message.payload, "seq": self._seq}))
        self._hub.publish(numbered)

    def _stored(self, drafts: Sequence[EventDraft]) -> list[int]:
        if not drafts:
            return []
        events = insist(lambda: self._store.append_events(self._job_id, drafts, after=self._seq), self._stopping,
                        f"A milestone of job {self._job_id}")
        return [event.seq for event in events]


def _draft(payload: Mapping[str, Any]) -> EventDraft:
    return EventDraft(type=payload["type"], payload=payload, record_id=payload["recordId"])
