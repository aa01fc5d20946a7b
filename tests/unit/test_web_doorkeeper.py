"""web/doorkeeper.py: who may not be here any more is shown out, whatever went wrong before."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from softops.broadcast import Hub
from softops.errors import DatabaseError
from softops.rights import Caller, Role, Via
from softops.web.doorkeeper import Doorkeeper
from softops.web.fanout import Fanout

ZOE = Caller(name="zoe", role=Role.VIEWER, via=Via.TOKEN, user_id=1, key_id=1)


@pytest.mark.parametrize("problem", [
    DatabaseError("DATABASE_FAILED", database="db", problem="gone"), RuntimeError("can't start new thread")])
def test_a_round_that_fails_is_not_the_last(problem: Exception) -> None:
    rounds = itertools.count()

    def current(_caller: Caller) -> Caller | None:
        if next(rounds) == 0:
            raise problem
        return None

    async def until_expelled() -> bool:
        fanout = Fanout(Hub())
        gone = asyncio.Event()
        watcher = fanout.join(ZOE, everything=True, on_cut=gone.set)
        doorkeeper = Doorkeeper(fanout, current, every=0.01)
        doorkeeper.open()
        try:
            await asyncio.wait_for(gone.wait(), 5)
        finally:
            await doorkeeper.close()
        return watcher.expelled

    assert asyncio.run(until_expelled())
