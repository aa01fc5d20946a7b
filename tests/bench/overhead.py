"""An install of a 200 MB image, against `docker pull` of the same image on the same server."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

from tests.bench.stage import entry, install, served
from tests.bench.table import Row
from tests.fleet import Fleet

MB = 1_000_000
LAYERS = (80 * MB, 60 * MB, 40 * MB, 20 * MB)
ROUNDS = 3
TARGET = 1.5
"""Seconds that softops may take longer."""


def measure(fleet: Fleet) -> tuple[Row]:
    """Alternating, the image removed before each pull; medians."""
    fleet.registry.push("big", "1.0", layers=LAYERS)
    image, server = fleet.registry.image("big", "1.0"), fleet.servers[0]

    def timed(work: Callable[[], object]) -> float:
        begun = time.monotonic()
        work()
        taken = time.monotonic() - begun
        server.docker("rmi", "--force", image)
        return taken

    ours, theirs = [], []
    with served(fleet, "overhead", {"big": entry("big", image)}) as (_, client):
        timed(lambda: server.docker("pull", "--quiet", image))  # the registry's files are in memory from here on
        for _ in range(ROUNDS):
            theirs.append(timed(lambda: server.docker("pull", "--quiet", image)))
            ours.append(timed(lambda: install(client, "big", [server.name])))
    more = median(ours) - median(theirs)
    row = Row(what=f"install of a {sum(LAYERS) // MB} MB image",
              ours=f"{median(ours):.2f} s", theirs=f"docker pull {median(theirs):.2f} s", result=f"{more:+.2f} s",
              target=f"<= +{TARGET} s", met=more <= TARGET)
    return (row,)
