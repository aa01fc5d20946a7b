"""Beginning to watch: what was missed comes first, then the state of layers and containers, then all live."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread

from softops.broadcast import Hub
from softops.entities import Event
from softops.errors import BadRequest
from softops.messages import Message
from softops.records import Records
from softops.rights import Caller
from softops.web.fanout import Fanout
from softops.web.frames import Frame
from softops.web.logs import Logs
from softops.web.outbox import Cut
from softops.web.subscription import Subscription
from softops.web.watcher import Watcher

logger = logging.getLogger(__name__)

PAGE = 500
"""Events read at once."""
MOST_TOPICS = 1000
"""What one client may watch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a subscription means for the job it asks to be replayed."""

    subscription: Subscription
    job: int | None = None
    seq: int | None = None
    """The number of the job's newest milestone when the subscription was made."""

    @property
    def topic(self) -> str:
        """The job or record whose milestones are replayed."""
        wanted = self.subscription
        return f"job:{wanted.job}" if wanted.job is not None else f"record:{wanted.record}"


class Replays:
    """Lets watchers begin to watch."""

    def __init__(self, fanout: Fanout, hub: Hub, records: Records, logs: Logs,
                 permit: Callable[[Caller, Subscription], None]) -> None:
        """`permit` raises Forbidden for what a caller may not watch."""
        self._permit = permit
        self._fanout = fanout
        self._hub = hub
        self._records = records
        self._logs = logs
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, watcher: Watcher, subscription: Subscription) -> Plan:
        """Let `watcher` watch what it asks for. NotFound when that job, record or container does not
        exist, Forbidden when it is none of the caller's.

        Returns when it is sure to get everything from now on; the replay goes on in the background.
        """
        if len((watcher.topics or set()) | subscription.topics) > MOST_TOPICS:
            raise BadRequest("SUBSCRIPTION_MANY", limit=MOST_TOPICS)
        plan = await to_thread.run_sync(self._plan, watcher.caller, subscription)
        if subscription.log is not None:
            await self._logs.begin(watcher, subscription.log, subscription.lines)
        task = asyncio.create_task(self._run(watcher, plan))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return plan

    def end(self, watcher: Watcher, subscription: Subscription) -> None:
        """Let `watcher` hear no more of what the subscription names."""
        self._fanout.unwatch(watcher, subscription.topics)

    async def close(self) -> None:
        """End all replays, and all logs that are followed."""
        self._logs.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _plan(self, caller: Caller, subscription: Subscription) -> Plan:
        self._permit(caller, subscription)
        job_id = subscription.job
        if subscription.record is not None:
            of_record = self._records.record(subscription.record).job_id
            job_id = of_record if job_id is None else job_id
        if job_id is None:
            return Plan(subscription=subscription)
        return Plan(subscription=subscription, job=job_id, seq=self._records.job(job_id).seq)

    async def _run(self, watcher: Watcher, plan: Plan) -> None:
        try:
            async with watcher.turn:
                watcher.hold()
                self._fanout.watch(watcher, plan.subscription.topics)
                await self._catch_up(watcher, plan)
                watcher.release()
        except Cut:
            pass
        except Exception:
            # The client connects again and asks for what it missed.
            logger.exception("A replay failed", extra={"action": "replay", "job": plan.job})
            watcher.outbox.cut()

    async def _catch_up(self, watcher: Watcher, plan: Plan) -> None:
        over: set[object] = set()
        after = plan.subscription.after
        if plan.job is not None and after is not None:
            watcher.recalled(plan.topic, min(after, plan.seq or 0))
            over = await self._recall(watcher, plan, plan.job, after)
        state = [_frame(payload, milestone=False) for payload in self._hub.snapshot(plan.subscription.topics)]
        watcher.show(frame for frame in state if not over & {frame.record, frame.layer})

    async def _recall(self, watcher: Watcher, plan: Plan, job: int, after: int) -> set[object]:
        """Replay the events above `after`; the records and layers that are over with them."""
        over: set[object] = set()
        while events := await to_thread.run_sync(partial(self._records.events_after, job, after, PAGE)):
            frames = [_frame(event.payload, milestone=True) for event in _asked_for(plan.subscription, events)]
            over |= {frame.record for frame in frames if frame.ends_record}
            over |= {frame.layer for frame in frames if frame.layer is not None}
            watcher.recall(frames)
            after = events[-1].seq
            watcher.recalled(plan.topic, after)
            # A page at a time, so that a long story is no burden for a slow client.
            await watcher.outbox.drained()
        return over


def _asked_for(subscription: Subscription, events: Iterable[Event]) -> Iterable[Event]:
    if subscription.job is not None:
        return events
    return (event for event in events if event.record_id == subscription.record)


def _frame(payload: Mapping[str, Any], *, milestone: bool) -> Frame:
    return Frame(Message(payload=payload, topics=frozenset(), milestone=milestone))
