"""The processes of one playbook run, found by the token in their environment, and how they are ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

TOKEN = "SOFTOPS_RUN"  # noqa: S105  the name of a variable, not a secret

GRACE = 15.0
"""Seconds between asking a run to end and ending it."""
PATIENCE = 5.0
"""Seconds until killed processes must be gone; one that hangs in the kernel is left to it."""
PAUSE = 0.02


def processes_of(token: str) -> tuple[int, ...]:
    """The pids of all processes that carry `token`, this one excepted."""
    mark = f"{TOKEN}={token}".encode()
    own = os.getpid()
    return tuple(int(entry.name) for entry in Path("/proc").iterdir()
                 if entry.name.isdecimal() and int(entry.name) != own and _carries(entry, mark))


def ask_to_end(token: str) -> bool:
    """SIGTERM for the run's leader (ansible-playbook itself); False when there is none yet."""
    leaders = [pid for pid in processes_of(token) if _is_leader(pid)]
    for pid in leaders:
        _send(pid, signal.SIGTERM)
    return bool(leaders)


def end_all(token: str) -> int:
    """SIGKILL for everything that carries `token`, until nothing does; the number of processes ended."""
    ended: set[int] = set()
    deadline = time.monotonic() + PATIENCE
    while (found := processes_of(token)) and time.monotonic() < deadline:
        for pid in set(found) - ended:
            _send(pid, signal.SIGKILL)
        ended |= set(found)
        # A killed process is still there until the kernel has taken it down.
        time.sleep(PAUSE)
    return len(ended)


def _carries(entry: Path, mark: bytes) -> bool:
    try:
        return mark in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _is_leader(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid and _is_ansible(pid)
    except OSError:
        return False


def _is_ansible(pid: int) -> bool:
    try:
        return b"ansible-playbook" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)
