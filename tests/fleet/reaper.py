"""The process that outlives the owner of a fleet, even a killed one, and takes the fleet away.

Started as `python -m tests.fleet.reaper OWNER DIRECTORY LOCK`; it waits until its stdin ends or the owner dies.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import suppress
from pathlib import Path

from tests.fleet.teardown import tear_down


def wait_for_end(owner: int) -> bool:
    """Return when the owner says stop (True), or is no more (False)."""
    watched = [sys.stdin.fileno()]
    with suppress(ProcessLookupError):
        watched.append(os.pidfd_open(owner))
        if os.getppid() == owner:
            select.select(watched, [], [])
    return bool(select.select(watched[:1], [], [], 0)[0]) and os.read(watched[0], 16) == b"stop"


def main() -> None:
    """Wait, then tear down; the inherited lock stays held until this process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    in_order = wait_for_end(int(sys.argv[1]))
    tear_down(Path(sys.argv[2]), orphans=not in_order)


if __name__ == "__main__":
    main()
