"""Shows out those who may not be here any more: logged out, revoked, disabled, or with other rights than they had."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from anyio import to_thread

from softops.errors import DatabaseError
from softops.rights import Caller
from softops.web.fanout import Fanout

logger = logging.getLogger(__name__)

ROUND = 3.0
"""Seconds between two looks at everybody who is connected."""


class Doorkeeper:
    """Looks again and again at whoever is connected; `current` says what a caller is now, None: nobody any more."""

    def __init__(self, fanout: Fanout, current: Callable[[Caller], Caller | None], every: float = ROUND) -> None:
        self._fanout = fanout
        self._current = current
        self._every = every
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self._look()
            except DatabaseError as exc:
                # Nobody can say who is who; nothing new is told them by a database that is away either.
                logger.warning("Who is connected can't be checked now: %s", exc, extra={"action": "guests"})
            except Exception:
                # Whatever it was, such as no thread to be had: without a next round nobody would be shown out again.
                logger.exception("Who is connected can't be checked now", extra={"action": "guests"})

    async def _look(self) -> None:
        guests = self._fanout.guests
        callers = {guest.caller for guest in guests}
        gone = await to_thread.run_sync(lambda: {caller for caller in callers if self._current(caller) != caller})
        for guest in guests:
            if guest.caller in gone:
                guest.expel()
