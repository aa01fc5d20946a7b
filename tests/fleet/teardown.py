"""Taking a fleet away completely, knowing nothing but its directory; safe to repeat."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Set
from contextlib import suppress
from pathlib import Path

from tests.fleet.commands import MARK, OWNED, output

PREFIX = "softops-fleet-"
"""What the names of fleets' directories start with; the rest is the id."""
CGROUPS = Path("/sys/fs/cgroup")


def tear_down(directory: Path, *, orphans: bool) -> None:
    """End the fleet's processes and remove its mounts, links, cgroups and directory.

    With `orphans`, for an owner that was killed, what it had started is ended too.
    """
    run_id = directory.name.removeprefix(PREFIX)
    marks = {f"{name}={run_id}".encode() for name in ((MARK, OWNED) if orphans else (MARK,))}
    _end_processes(directory, marks)
    _unmount(directory)
    _delete_links(f"so{run_id}")
    _delete_cgroups(f"so{run_id}")
    _delete_files(directory)


def processes(directory: Path, marks: Set[bytes]) -> Iterator[int]:
    """The processes of this fleet: they carry a mark of it, or are SSH masters with a socket in its directory."""
    master = f"ssh: {directory}/".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):
                marked = marks & set((entry / "environ").read_bytes().split(b"\0"))
                if marked or (entry / "cmdline").read_bytes().startswith(master):
                    yield int(entry.name)


def _end_processes(directory: Path, marks: Set[bytes]) -> None:
    """SIGKILL, again and again until none is left: pid 1 of a server takes everything in it along."""
    deadline = time.monotonic() + 30
    while found := [pid for pid in processes(directory, marks) if not _is_zombie(pid)]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {found} of {directory} do not end")
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _is_zombie(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def _unmount(directory: Path) -> None:
    """Servers mount in namespaces of their own, which are gone by now; this is for what should not be."""
    points = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in sorted(points, reverse=True):
        if point.startswith(f"{directory}/"):
            subprocess.run(["umount", "--lazy", point], check=True)


def _delete_links(prefix: str) -> None:
    """Deletes the bridge and the servers' ends on it (a namespace that is being ended may take those first)."""
    for link in json.loads(output("ip", "-j", "link") or "[]"):
        if link["ifname"].startswith(prefix):
            subprocess.run(["ip", "link", "delete", link["ifname"]], capture_output=True, check=False)


def _delete_cgroups(name: str) -> None:
    """Remove the cgroups of the containers, deepest first, in every hierarchy."""
    tops = [path for path in (CGROUPS / name, *CGROUPS.glob(f"*/{name}")) if path.is_dir()]
    deadline = time.monotonic() + 10
    for top in tops:
        for path in sorted((top, *(child for child in top.rglob("*") if child.is_dir())), reverse=True):
            while path.exists():
                try:
                    path.rmdir()
                except OSError:  # its last process is still on the way out
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.02)


def _delete_files(directory: Path) -> None:
    """Remove the directory; the lock goes last, with it."""
    deadline = time.monotonic() + 30
    while directory.exists():
        try:
            shutil.rmtree(directory)
        except OSError:  # somebody writes there still
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
