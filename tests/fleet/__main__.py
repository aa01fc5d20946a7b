"""`python -m tests.fleet up --servers 2`: a fleet to play with, until Ctrl-C."""

from __future__ import annotations

import argparse
import queue
import signal
import sys
from collections.abc import Sequence

from tests.fleet.commands import FleetError
from tests.fleet.fleet import Fleet
from tests.fleet.server import numbered

LAYER = 5_000_000
"""Bytes of an image's layer above busybox."""


def main() -> int:
    """Run a fleet until Ctrl-C or SIGTERM and print how to reach it."""
    parser = argparse.ArgumentParser(prog="python -m tests.fleet", description=__doc__)
    commands = parser.add_subparsers(required=True)
    up = commands.add_parser("up", help="start a fleet and keep it until Ctrl-C")
    up.add_argument("--servers", type=int, default=2, help="how many (default 2)")
    up.add_argument("--user", choices=("root", "ops"), default="root", help="whom Ansible logs in as (default root)")
    up.add_argument("--images", nargs="*", default=[], metavar="NAME:TAG", help="images to push to the registry")
    chosen = parser.parse_args()
    if wrong := [image for image in chosen.images if not all(image.rpartition(":"))]:
        parser.error(f"{wrong[0]} is not NAME:TAG")
    try:
        _up(chosen.servers, chosen.user, chosen.images)
    except FleetError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def _up(servers: int, user: str, images: Sequence[str]) -> None:
    # An Event may be set only by somebody who is not waiting for it: a handler runs in the very thread that waits.
    stop: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: stop.put(received))
    with Fleet(numbered(servers, user=user)) as fleet:
        for server in fleet.servers:
            print(f"{server.name:10} ssh -i {fleet.key} -o UserKnownHostsFile={fleet.known_hosts} "
                  f"{user}@{server.address}")
        print(f"registry   {fleet.registry.host} (slow road: {fleet.slow.host})")
        for image in images:
            name, _, tag = image.rpartition(":")
            print(f"image      {fleet.registry.host}/{image}  {fleet.registry.push(name, tag, layers=[LAYER])}")
        print(f"inventory  {fleet.inventory()}")
        print(f"settings   SOFTOPS_INVENTORY={fleet.inventory()} SOFTOPS_INSECURE_REGISTRIES={fleet.plain_http}")
        print("Ctrl-C ends it.", flush=True)
        stop.get()


if __name__ == "__main__":
    sys.exit(main())
