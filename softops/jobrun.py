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
from softops.events import (
    AppEnded,
    ContainersChanged,
    HostFailed,
    HostOk,
    LayersChanged,
    RunEvent,
    RunStats,
    StageReached,
    parse_event,
)
from softops.insist import insist
from softops.logcontext import informed_thread
from softops.messages import (
    STAGE_STATUS,
    Message,
    complete_payload,
    container_payload,
    error_payload,
    progress_payload,
    stage_payload,
    start_payload,
    topics_of,
)
from softops.outcomes import HostTale, RunEnd, ended, outcome
from softops.progress import ServerProgress, fold_layers
from softops.records import Records
from softops.statuses import RecordStatus
from softops.texts import Lang

logger = logging.getLogger(__name__)


CANCELLED = FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")

JOINS = "softops_record"
"""Key of what is put for a record that begins later than the others."""
Key = tuple[str, str]
"""Inventory hostname and software: what a record is about."""


class JobRun:
    """What is known of a running job. Events come in from one thread, in order, and nothing is lost in between.

    While the database is gone everything waits in the queue, in order.
    """

    def __init__(self, job: Job, records: Sequence[Record], *, store: Records, hub: Hub, clock: Clock,
                 lang: Lang, stopping: threading.Event) -> None:
        self._job_id = job.id
        self._records = {(record.server_name, record.soft_name): record for record in records}
        self._open = set(self._records)
        self._store = store
        self._hub = hub
        self._clock = clock
        self._lang = lang
        self._stopping = stopping
        self._seq = job.seq
        self._progress = {key: ServerProgress() for key in self._records}
        self._tales = {record.server_name: HostTale() for record in records}
        self.reads: Callable[[str, FinalState, HostTale], FinalState] = lambda _operation, final, _tale: final
        """What an end means; somebody who only looks at servers reads it in another way."""
        self._queue: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The inventory hostnames of the job's records."""
        return tuple(self._tales)

    @property
    def unfinished(self) -> tuple[Record, ...]:
        """The records that have not ended, as they were when they began."""
        return tuple(record for key, record in self._records.items() if key in self._open)

    def put(self, raw: Mapping[str, Any]) -> None:
        """Take one event of ansible-runner; returns at once."""
        self._queue.put(raw)

    def announce(self) -> None:
        """Send docker_start for every record."""
        self._announce(tuple(self._records.values()))

    def join(self, record: Record) -> None:
        """One more record has begun, after all that was put so far."""
        self._queue.put({JOINS: record})

    def _announce(self, records: Sequence[Record]) -> None:
        now = time.time()
        self._send([self._message(record, start_payload(record, now), milestone=True) for record in records])

    def _take_in(self, record: Record) -> None:
        key = (record.server_name, record.soft_name)
        self._records[key] = record
        self._open.add(key)
        self._progress[key] = ServerProgress()
        self._tales.setdefault(record.server_name, HostTale())
        self._announce([record])

    def watch(self, execute: Callable[[], RunEnd], token: str | None) -> RunEnd:
        """Run `execute` while its events are handled in a second thread; all are handled on return."""
        consumer = informed_thread(self._consume, token, name=f"job-{self._job_id}-events")
        consumer.start()
        try:
            return execute()
        finally:
            self._queue.put(None)
            consumer.join()

    def finish(self, end: RunEnd) -> None:
        """Write the final state of every record that is not final yet, once, and tell the watchers."""
        self._finish({key: self._read(key, outcome(self._records[key].operation, key[0], end, self._tales[key[0]]))
                      for key in self._records if key in self._open})

    def fail(self, final: FinalState) -> None:
        """End every record that is not final yet with the same state."""
        self._finish(dict.fromkeys(sorted(self._open), final))

    def cancel_waiting(self) -> None:
        """Cancel the records that still wait; whoever has begun with the others sees their mark himself."""
        self._finish(dict.fromkeys(sorted(self._open), CANCELLED), running=False)

    def _finish(self, finals: Mapping[Key, FinalState], *, running: bool = True) -> None:
        for key, final in finals.items():
            record, before, now, at = self._records[key], self._seq, self._clock(), time.time()
            self._open.discard(key)
            # None: somebody else has ended the record, and has told of it.
            if insist(partial(self._finish_one, record.id, final, now, at, running=running),
                      self._stopping, f"The end of record {record.id}"):
                self._tell_end(record, before)
                logger.info("%s of %s %s ended: %s", record.operation, record.soft_name, record.version, final.status,
                            extra={"action": "end_record", "job": self._job_id, "record": record.id,
                                   "server": record.server_name})

    def _finish_one(self, record_id: int, final: FinalState, now: datetime, at: float, *,
                    running: bool) -> Record | None:
        return self._store.finish_record(record_id, final, now, self._lang, after=self._seq, running=running,
                                         tell=lambda record: self._final_drafts(record, at))

    def _final_drafts(self, record: Record, at: float) -> list[EventDraft]:
        progress = self._progress[record.server_name, record.soft_name]
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

    def _consume(self, token: str | None) -> None:
        over = False
        while not over:
            batch, over = self._drain()
            messages: list[Message] = []
            for raw in (*batch, {}):
                # One event that can't be handled, or stored, is no reason to lose those after it.
                try:
                    messages = self._take(raw, token, messages)
                except Exception:
                    logger.exception("An event could not be handled", extra={"action": "handle_event"})
                    messages = []

    def _take(self, raw: Mapping[str, Any], token: str | None, waiting: list[Message]) -> list[Message]:
        """Handle one event, after which these messages wait to be sent; an empty one sends them."""
        event = None if JOINS in raw else parse_event(raw, token)
        if event is not None and not isinstance(event, AppEnded):
            waiting.extend(self._handle(event))
            return waiting
        if not raw or JOINS in raw or isinstance(event, AppEnded):
            self._send(waiting)
            waiting = []
        if JOINS in raw:
            self._take_in(raw[JOINS])
        elif isinstance(event, AppEnded):
            self._end(event)
        return waiting

    def _end(self, event: AppEnded) -> None:
        """End the record at once: it took as long as its own server did, not as the slowest one."""
        key = (event.host, event.software)
        if key in self._open:
            final = self._read(key, ended(self._records[key].operation, event))
            if final.status is RecordStatus.CANCELLED and self._stopping.is_set():
                # It was asked to end because softops does; nobody wanted that of the job.
                final = replace(final, status=RecordStatus.FAILED, reason="INTERRUPTED", reason_params={}, code=500)
            self._finish({key: final})

    def _read(self, key: Key, final: FinalState) -> FinalState:
        return self.reads(self._records[key].operation, final, self._tales[key[0]])

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
        if isinstance(event, HostFailed | HostOk):
            self._hear(event)
            return ()
        if isinstance(event, RunStats | AppEnded):
            return ()
        key = self._key_of(event.host, event.software)
        if key is None:
            return ()
        if isinstance(event, StageReached):
            return self._stage(key, event)
        return self._layers(key, event) if isinstance(event, LayersChanged) else self._containers(key, event)

    def _key_of(self, host: str, software: str | None) -> Key | None:
        """Which record an event is about; None for one that is final, or not ours."""
        found = [key for key in self._open if key[0] == host and software in {None, key[1]}]
        return found[0] if len(found) == 1 else None

    def _hear(self, event: HostFailed | HostOk) -> None:
        tale = self._tales.get(event.host)
        if tale is not None and isinstance(event, HostOk):
            self._tales[event.host] = replace(tale, ok=event)
        elif tale is not None and isinstance(event, HostFailed) and not event.ignored:
            self._tales[event.host] = replace(tale, failure=event)

    def _stage(self, key: Key, event: StageReached) -> list[Message]:
        progress = self._progress[key]
        total = event.total if event.total is not None else progress.total
        self._progress[key] = replace(progress, stage=event.stage, total=total)
        if event.stage not in STAGE_STATUS:
            return []
        record = self._records[key]
        return [self._message(record, stage_payload(record, event.stage, event.at), milestone=True)]

    def _layers(self, key: Key, event: LayersChanged) -> list[Message]:
        record = self._records[key]
        progress, changed = fold_layers(self._progress[key], event.layers)
        self._progress[key] = progress
        return [self._message(record, progress_payload(record, layer, event.at), milestone=layer.done)
                for layer in changed]

    def _containers(self, key: Key, event: ContainersChanged) -> list[Message]:
        record = self._records[key]
        return [self._message(record, container_payload(record, container, event.at), milestone=True)
                for container in event.containers]

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
