"""Which id, directory and subnet a fleet has, so that no two fleets on a machine ever meet."""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.fleet.commands import FleetError, output
from tests.fleet.teardown import tear_down

ROOT = Path("/var/tmp/softops-fleet")
"""Holds one directory per fleet; not under /tmp, which may be in memory, and short for the sake of socket paths."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What one fleet owns; it is torn down by whoever finds its lock free."""

    run_id: str
    directory: Path
    subnet: ipaddress.IPv4Network
    lock: int
    """File descriptor holding the lock of the directory, shared with the reaper."""

    @property
    def bridge(self) -> str:
        """Name of the bridge; all interfaces of the fleet start with it."""
        return f"so{self.run_id}"

    @property
    def gateway(self) -> str:
        """The bridge's own address, where registry and proxies listen."""
        return str(self.subnet[1])


def claim() -> Claim:
    """Sweep what dead owners left, then take an id, a directory and a free subnet with its bridge."""
    if os.geteuid() != 0:
        raise FleetError("a fleet of test servers needs root: it makes network namespaces; use sudo")
    ROOT.mkdir(mode=0o711, parents=True, exist_ok=True)
    with _machine_lock():
        _sweep()
        run_id = hashlib.sha256(f"{os.getpid()} {time.time_ns()}".encode()).hexdigest()[:6]
        directory = ROOT / run_id
        directory.mkdir(mode=0o711)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        taken = Claim(run_id=run_id, directory=directory, subnet=_free_subnet(run_id), lock=lock)
        _make_bridge(taken)
    return taken


@contextmanager
def _machine_lock() -> Iterator[None]:
    """One claim at a time on this machine."""
    with (ROOT / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _sweep() -> None:
    """Tear down fleets whose owner and reaper are both dead: nobody holds their lock."""
    for directory in ROOT.iterdir():
        if not directory.is_dir():
            continue
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                tear_down(directory)
        finally:
            os.close(lock)


def _free_subnet(run_id: str) -> ipaddress.IPv4Network:
    """A /24 of 10.128.0.0/9 that no address and no route of this machine touches."""
    taken = _networks_in_use()
    start = int(run_id[:4], 16)
    for step in range(2**15):
        candidate = ipaddress.IPv4Network((0x0A800000 + ((start + step) % 2**15) * 256, 24))
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise FleetError("no /24 is free in 10.128.0.0/9 on this machine")


def _networks_in_use() -> list[ipaddress.IPv4Network]:
    addresses = [ipaddress.IPv4Network(f"{info['local']}/{info['prefixlen']}", strict=False)
                 for link in json.loads(output("ip", "-j", "-4", "addr") or "[]")
                 for info in link.get("addr_info", [])]
    routes = [ipaddress.IPv4Network(route["dst"], strict=False)
              for route in json.loads(output("ip", "-j", "-4", "route") or "[]") if route["dst"] != "default"]
    return addresses + routes


def _make_bridge(taken: Claim) -> None:
    output("ip", "-batch", "-", stdin=f"link add {taken.bridge} type bridge\n"
                                      f"addr add {taken.gateway}/24 dev {taken.bridge}\n"
                                      f"link set {taken.bridge} up\n")
