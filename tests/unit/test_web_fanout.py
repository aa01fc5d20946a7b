"""web/fanout.py: from any thread to the watchers of a topic, with a pause under load only."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from softops.broadcast import Hub
from softops.rights import NOBODY
from softops.web.fanout import TICK, Fanout
from softops.web.watcher import Watcher
from tests.unit.webframes import a_message


def in_loop(work: Callable[[Hub, Fanout], Awaitable[None]], limit: int = 100) -> None:
    async def run() -> None:
        hub = Hub()
        fanout = Fanout(hub, limit=limit)
        fanout.open()
        try:
            await work(hub, fanout)
        finally:
            fanout.close()

    asyncio.run(run())


async def seqs(watcher: Watcher, count: int) -> list[int]:
    got: list[int] = []
    while len(got) < count:
        got += [frame.seq for frame in await watcher.outbox.take()]
    return got


def test_everything_reaches_who_wants_everything_from_whatever_thread() -> None:
    async def work(hub: Hub, fanout: Fanout) -> None:
        watcher = fanout.join(NOBODY, everything=True)
        threads = [threading.Thread(target=hub.publish, args=([a_message(job=job, seq=seq) for seq in range(1, 6)],))
                   for job in range(8)]
        for thread in threads:
            thread.start()
        got = await seqs(watcher, 40)
        for thread in threads:
            thread.join()
        assert sorted(got) == sorted([1, 2, 3, 4, 5] * 8)

    in_loop(work)


def test_rooms_get_their_topics_once_each() -> None:
    async def work(hub: Hub, fanout: Fanout) -> None:
        one, both, none = (fanout.join(NOBODY, everything=False) for _ in range(3))
        fanout.watch(one, ["job:1"])
        fanout.watch(both, ["job:1", "record:2", "server:1"])
        assert fanout.watchers == 2
        hub.publish([a_message(seq=1), a_message(job=2, record=2, server=2, seq=2),
                     a_message(job=3, record=3, server=3)])
        hub.publish([a_message(seq=4)])
        assert await seqs(one, 2) == [1, 4]
        assert await seqs(both, 3) == [1, 2, 4]
        assert len(none.outbox) == 0
        fanout.unwatch(both, ["job:1", "server:1"])
        fanout.leave(one)
        hub.publish([a_message(seq=5), a_message(job=9, record=2, server=2, seq=6)])
        assert await seqs(both, 1) == [6]
        assert len(one.outbox) == 0
        fanout.leave(both)
        assert (fanout.watchers, fanout._rooms) == (0, {})

    in_loop(work)


def test_who_subscribes_stops_to_hear_everything() -> None:
    async def work(hub: Hub, fanout: Fanout) -> None:
        watcher = fanout.join(NOBODY, everything=True)
        fanout.watch(watcher, ["job:2"])
        hub.publish([a_message(job=1), a_message(job=2, seq=7)])
        assert await seqs(watcher, 1) == [7]

    in_loop(work)


def test_the_first_message_goes_out_at_once_and_many_go_out_together() -> None:
    async def work(hub: Hub, fanout: Fanout) -> None:
        loop, watcher = asyncio.get_running_loop(), fanout.join(NOBODY, everything=True)
        await asyncio.sleep(2 * TICK)
        began = loop.time()
        hub.publish([a_message(seq=1)])
        await watcher.outbox.take()
        assert loop.time() - began < TICK
        for number in range(50):
            hub.publish([a_message(seq=number)])
            await asyncio.sleep(0)
        assert len(await watcher.outbox.take()) == 50

    in_loop(work)


def test_what_is_held_back_comes_without_a_further_message() -> None:
    async def work(hub: Hub, fanout: Fanout) -> None:
        watcher = fanout.join(NOBODY, everything=True)
        for current in range(3):
            hub.publish([a_message("docker_progress", milestone=False, id="a", current=current)])
        got: list[int] = []
        while 2 not in got:
            got += [frame.payload["current"] for frame in await watcher.outbox.take()]
        assert got == [0, 2]

    in_loop(work)


def test_a_watcher_that_is_cut_off_gets_nothing_and_the_others_everything() -> None:
    async def work(hub: Hub, fanout: Fanout) -> None:
        told: list[str] = []
        slow = fanout.join(NOBODY, everything=True, on_cut=lambda: told.append("slow"))
        quick = fanout.join(NOBODY, everything=True)
        got: list[int] = []
        for number in range(1, 31):
            hub.publish([a_message(seq=number)])
            got += await seqs(quick, 1)
        assert got == list(range(1, 31))
        assert (told, slow.outbox.was_cut, fanout.watchers) == (["slow"], True, 1)

    in_loop(work, limit=10)


def test_after_its_end_it_hears_nothing_and_the_hub_goes_on() -> None:
    hub = Hub()

    async def run() -> None:
        fanout = Fanout(hub)
        fanout.open()
        fanout.close()

    asyncio.run(run())
    hub.publish([a_message()])
    assert hub._listeners == ()
