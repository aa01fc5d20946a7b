"""The live channel in bad weather: clients that come and go in crowds leave nothing behind and keep nobody waiting."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import httpx
import pytest
import websockets
import websockets.sync.client

from softops.service import Service
from tests.integration.webserver import Served, Story, served, still_service
from tests.waiting import wait_until

QUERIES = ("?jobId={job}&after=0", "", "/?EIO=4&transport=websocket")
LONG = 600
"""Milestones of a story that takes more than one page to tell."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = still_service(tmp_path_factory.mktemp("home"))
    yield made
    made.database.close()


@pytest.fixture
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


@pytest.fixture(scope="module")
def story(service: Service) -> Story:
    told = Story(service)
    for _ in range(LONG):
        told.milestone(publish=False)
    return told


async def come_and_go(url: str, number: int) -> None:
    """One client that says goodbye, or that is gone in the middle of what it is told."""
    connection = await websockets.connect(url, open_timeout=30)
    if "EIO" in url:
        await connection.send("40")
    if number % 2:
        connection.transport.abort()
    else:
        await connection.close()


async def storm(urls: list[str]) -> None:
    crowd = asyncio.Semaphore(30)

    async def one(number: int, url: str) -> None:
        async with crowd:
            await come_and_go(url, number)

    await asyncio.gather(*(one(number, url) for number, url in enumerate(urls)))


def test_a_storm_of_clients_leaves_nothing_behind(web: Served, story: Story) -> None:
    urls = [web.live + QUERIES[number // 2 % 3].format(job=story.job.id) for number in range(300)]
    asyncio.run(storm(urls))
    live = web.app.live
    wait_until(lambda: live.watchers == 0)
    wait_until(lambda: not live._replays._tasks)
    with httpx.Client(base_url=web.url, trust_env=False) as client:
        assert client.get("/healthz").status_code == 200


def test_a_flood_of_wishes_keeps_no_other_client_waiting(web: Served, story: Story) -> None:
    wish = json.dumps({"type": "subscribe", "jobId": story.job.id, "after": story.seq})
    with websockets.sync.client.connect(web.live) as flooder, websockets.sync.client.connect(web.live) as other:
        wait_until(lambda: web.app.live.watchers == 2)
        for _ in range(1000):
            flooder.send(wish)
        began = time.monotonic()
        told = story.milestone()
        assert json.loads(other.recv(timeout=10)) == told
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("query", ["", "/?EIO=4&transport=websocket"])
@pytest.mark.parametrize("frame", ["x" * 10_000_000, b"x" * 10_000_000], ids=["text", "binary"])
def test_ten_megabytes_at_once_end_the_connection_alone(web: Served, story: Story, query: str,
                                                        frame: str | bytes) -> None:
    with websockets.sync.client.connect(web.live) as other:
        wait_until(lambda: web.app.live.watchers >= 1)
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            shout(web.live + query, frame)
        assert story.milestone() == json.loads(other.recv(timeout=10))


def shout(url: str, frame: str | bytes) -> None:
    """Send it and listen to the end."""
    with websockets.sync.client.connect(url, close_timeout=1) as connection:
        connection.send(frame)
        while True:
            connection.recv(timeout=10)
