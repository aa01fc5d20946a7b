"""Starting the programs a fleet is made of, and waiting for them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

MARK = "SOFTOPS_FLEET"
"""Environment variable that every process of a fleet carries, with the fleet's id: tear-down finds them by it."""

OWNED = "SOFTOPS_FLEET_OWNER"
"""The same for what the fleet's owner starts meanwhile: the owner ends it, or tear-down if the owner is killed."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class FleetError(RuntimeError):
    """The fleet could not do what it was asked; the message has the program's own words."""


def environment(run_id: str) -> dict[str, str]:
    """The whole environment of a fleet's processes: nothing of the caller's (proxies, agents) leaks in."""
    return {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", MARK: run_id}


def output(*argv: str, stdin: str = "", timeout: float = 120) -> str:
    """What a program printed; FleetError with its words unless it ended with 0."""
    try:
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False,
                              cwd="/", env={"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8"})
    except FileNotFoundError as exc:
        raise FleetError(f"{argv[0]} is missing: run `make setup`") from exc
    except subprocess.TimeoutExpired as exc:
        raise FleetError(f"{' '.join(argv)} took longer than {timeout} s") from exc
    if done.returncode:
        raise FleetError(f"{' '.join(argv)} ended with {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def spawn(run_id: str, argv: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a lasting process in a session of its own (Ctrl-C doesn't reach it), its words going to `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                                env=environment(run_id), start_new_session=True)


def wait_for(what: str, ready: Callable[[], bool], *, timeout: float = 60, log: Path | None = None) -> None:
    """Poll until `ready()`; FleetError naming `what` and the end of `log` after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise FleetError(f"{what}: not after {timeout} s\n{tail(log)}")
        time.sleep(0.02)


def tail(log: Path | None, lines: int = 15) -> str:
    """The last lines of a log, or nothing."""
    if log is None or not log.exists():
        return ""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
