"""What softops costs while nothing happens: it watches the engines of all servers."""

from __future__ import annotations

import time

from tests.bench.cost import cpu_of
from tests.bench.stage import entry, served
from tests.bench.table import Row
from tests.fleet import Fleet
from tests.waiting import wait_until

SECONDS = 10
TARGET = 0.01
"""Share of one core."""


def measure(fleet: Fleet) -> tuple[Row]:
    """The server's processor time over a while, after all servers are known."""
    with served(fleet, "idle", {"none": entry("none", "none:1.0")}) as (softops, client):
        count = len(fleet.servers)
        wait_until(lambda: [one["status"] for one in client.get("/server/page")["records"]] == ["ONLINE"] * count)
        process, before = softops.process.pid, cpu_of(softops.process.pid)
        time.sleep(SECONDS)
        share = (cpu_of(process) - before) / SECONDS
    row = Row(what=f"watching {count} servers while nothing happens", ours=f"{share * 60:.2f} CPU seconds per minute",
              theirs="-", result=f"{share * 100:.1f} % of a core", target=f"<= {TARGET * 100:.0f} %",
              met=share <= TARGET)
    return (row,)
