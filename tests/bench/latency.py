"""From the engine's message to a watcher, while ten servers pull."""

from __future__ import annotations

import time
from collections.abc import Sequence

from softops.client import Client
from softops.live import Follower
from softops.messages import PROGRESS
from tests.bench.stage import entry, served
from tests.bench.table import Row
from tests.fleet import Fleet

MB = 1_000_000
NAMES = 10
LAYERS = (8 * MB, 6 * MB, 4 * MB, 2 * MB)
RATE = 6 * MB
"""Bytes per second for all servers together; each engine pulls the image once for all its names."""
TARGET = 0.1
"""Seconds within which 99 of 100 messages have to be there."""


def measure(fleet: Fleet) -> tuple[Row]:
    """A plain WebSocket watcher of the whole job, on the same clock as the engines."""
    fleet.registry.push("watched", "1.0", layers=LAYERS)
    software = {"watched": entry("watched", f"{fleet.slow.host}/watched:1.0")}
    with served(fleet, "latency", software, names=NAMES) as (_, client):
        fleet.slow.rate = RATE
        try:
            delays = sorted(_delays(client))
        finally:
            fleet.slow.resume()
    half, late = _quantile(delays, 0.5), _quantile(delays, 0.99)
    row = Row(what=f"engine message to watcher, {NAMES} servers pulling, {len(delays)} messages",
              ours=f"p50 {half * 1000:.0f} ms, p99 {late * 1000:.0f} ms", theirs="-",
              result=f"p99 {late * 1000:.0f} ms", target=f"<= {TARGET * 1000:.0f} ms", met=late <= TARGET)
    return (row,)


def _delays(client: Client) -> list[float]:
    job = client.post("/install", {"name": "watched", "groups": ["default"]})
    follower = Follower(client.address, job["id"], [record["systemSoftRecordId"] for record in job["records"]])
    delays = [time.time() - message["at"] for message in follower.messages() if message["type"] == PROGRESS]
    if not delays:
        raise RuntimeError(f"no progress came: {client.get('/job/' + str(job['id']))}")
    return delays


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
