"""Which process holds a lease or a run directory, and whether it still lives."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path


def this_process() -> str:
    """A name for this process that no later process on any host will have."""
    pid = os.getpid()
    return f"{_host()}_{pid}_{_started(pid)}"


def runs_here(owner: str) -> bool:
    """Whether `owner` is a process of this host, so that its life can be seen."""
    return owner.rsplit("_", 2)[0] == _host()


def is_gone(owner: str) -> bool:
    """Whether `owner` is certainly dead; False for processes of other hosts, which can't be seen from here."""
    if not runs_here(owner) or owner.count("_") < 2:
        return False
    _, pid, started = owner.rsplit("_", 2)
    return pid.isdecimal() and _started(int(pid)) != started


def described(owner: str) -> str:
    """The host and number of a process, for a person; anything else as it is."""
    parts = owner.rsplit("_", 2)
    return f"{parts[0].rpartition('-')[0] or parts[0]} (pid {parts[1]})" if len(parts) == 3 else owner


def _host() -> str:
    """This host, also among others of the same name: many a machine is just called `debian`."""
    try:
        number = Path("/etc/machine-id").read_bytes()
    except OSError:
        number = b""
    return f"{socket.gethostname()}-{hashlib.sha256(number).hexdigest()[:8]}"


def _started(pid: int) -> str | None:
    """The start time of a process in clock ticks since boot; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command in parentheses may hold spaces and parentheses itself, so count from its end.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
