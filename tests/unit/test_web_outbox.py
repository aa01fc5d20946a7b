"""web/outbox.py: bounded; milestones stay, states give way."""

import asyncio

import pytest

from softops.web.outbox import Cut, Outbox
from tests.unit.webframes import a_done, a_frame, a_state


def test_what_is_put_is_taken_in_order_a_batch_at_a_time() -> None:
    async def run() -> None:
        outbox = Outbox()
        frames = [a_frame(seq=number) for number in range(5)]
        for frame in frames:
            outbox.put(frame)
        assert await outbox.take(2) == frames[:2]
        assert await outbox.take(9) == frames[2:]

    asyncio.run(run())


def test_who_takes_waits_for_what_comes() -> None:
    async def run() -> None:
        outbox = Outbox()
        taking = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        frame = a_frame()
        outbox.put(frame)
        assert await taking == [frame]

    asyncio.run(run())


def test_of_a_layer_only_the_newest_state_waits_and_it_waits_behind_what_came_before_it() -> None:
    async def run() -> None:
        outbox = Outbox()
        old, milestone, newer, other, done = a_state(), a_frame(seq=2), a_state(current=1), a_state("b"), a_done("b")
        for frame in (old, milestone, newer, other):
            outbox.put(frame)
        assert len(outbox) == 3
        outbox.put(done)
        assert await outbox.take() == [milestone, newer, done]

    asyncio.run(run())


def test_at_the_limit_states_give_way_to_milestones() -> None:
    async def run() -> None:
        outbox = Outbox(limit=4)
        milestones = [a_frame(seq=number) for number in range(4)]
        for frame in (milestones[0], a_state("a"), a_state("b"), milestones[1], a_state("c")):
            outbox.put(frame)
        assert len(outbox) == 4
        for frame in (*milestones[2:], a_state("d")):
            outbox.put(frame)
        assert not outbox.was_cut
        assert await outbox.take() == milestones

    asyncio.run(run())


def test_one_milestone_too_many_cuts_the_client_off_once() -> None:
    async def run() -> None:
        cuts: list[int] = []
        outbox = Outbox(limit=3, on_cut=lambda: cuts.append(1))
        for number in range(9):
            outbox.put(a_frame(seq=number))
        assert (outbox.was_cut, len(outbox), cuts) == (True, 0, [1])
        for wait in (outbox.take(), outbox.drained()):
            with pytest.raises(Cut):
                await wait
        with pytest.raises(Cut):
            outbox.empty()

    asyncio.run(run())


def test_who_waits_learns_of_the_cut() -> None:
    async def run() -> None:
        outbox = Outbox()
        taking = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        outbox.cut()
        with pytest.raises(Cut):
            await taking

    asyncio.run(run())


def test_drained_waits_until_everything_was_taken() -> None:
    async def run() -> None:
        outbox = Outbox()
        await outbox.drained()
        outbox.put(a_frame())
        waiting = asyncio.create_task(outbox.drained())
        await asyncio.sleep(0)
        assert not waiting.done()
        await outbox.take()
        await waiting

    asyncio.run(run())
