"""Seconds on the clock and on the processors."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.fleet import Fleet

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What something took."""

    seconds: float
    here: float
    """Processor seconds of the controller's process and all descendants it has waited for."""
    there: float
    """Processor seconds of everything that runs on the servers."""

    @property
    def cpu(self) -> float:
        """Processor seconds on both sides."""
        return self.here + self.there


def cost(fleet: Fleet, process: int, work: Callable[[], object]) -> Cost:
    """The cost of `work`, which the controller's `process` does on the servers of the fleet."""
    here, there, begun = cpu_of(process), servers_cpu(fleet), time.monotonic()
    work()
    return Cost(seconds=time.monotonic() - begun, here=cpu_of(process) - here, there=servers_cpu(fleet) - there)


def servers_cpu(fleet: Fleet) -> float:
    """Processor time so far of all that lives on the servers, and of what ended there and was waited for."""
    return sum(cpu_of(process) for server in fleet.servers for process in _processes_beside(server.pid))


def cpu_of(process: int) -> float:
    """Processor time of a process and its ended descendants so far; 0 when it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return sum(int(value) for value in fields[11:15]) / TICK
    return 0.0


def _processes_beside(first: int) -> Iterator[int]:
    """The processes in the same pid namespace as `first`."""
    space = Path(f"/proc/{first}/ns/pid").readlink()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "ns/pid").readlink() == space:
                    yield int(entry.name)
