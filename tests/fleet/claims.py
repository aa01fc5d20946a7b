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
from tests.fleet.teardown import PREFIX, tear_down

PLACE = Path("/var/tmp")
"""Holds one directory per fleet; not /tmp, which may be in memory, and short for the sake of socket paths."""


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
    with machine_lock():
        _sweep()
        run_id = hashlib.sha256(f"{os.getpid()} {time.time_ns()}".encode()).hexdigest()[:6]
        directory = directory_of(run_id)
        directory.mkdir(mode=0o711)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        taken = Claim(run_id=run_id, directory=directory, subnet=_free_subnet(run_id), lock=lock)
        _make_bridge(taken)
    return taken


def directory_of(run_id: str) -> Path:
    """Where the fleet of that id keeps everything."""
    return PLACE / f"{PREFIX}{run_id}"


@contextmanager
def machine_lock() -> Iterator[None]:
    """One claim at a time on this machine; the lock is on the place itself, so that no file of it stays."""
    handle = os.open(PLACE, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sweep() -> None:
    """Tear down fleets whose owner and reaper are both dead: nobody holds their lock."""
    for directory in PLACE.glob(f"{PREFIX}*"):
        try:
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:  # its reaper has just finished
            continue
        try:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                tear_down(directory, orphans=True)
        finally:
            os.close(lock)


def _free_subnet(run_id: str) -> ipaddress.IPv4Network:
    """A /24 of 10.128.0.0/9 that no address, route or name server of this machine touches."""
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
    return addresses + routes + _name_servers()


def _name_servers() -> list[ipaddress.IPv4Network]:
    lines = Path("/etc/resolv.conf").read_text().splitlines() if Path("/etc/resolv.conf").exists() else []
    found = [line.split()[1] for line in lines if line.startswith("nameserver ")]
    return [ipaddress.IPv4Network(address) for address in found if ":" not in address]


def _make_bridge(taken: Claim) -> None:
    output("ip", "-batch", "-", stdin=f"link add {taken.bridge} type bridge\n"
                                      f"addr add {taken.gateway}/24 dev {taken.bridge}\n"
                                      f"link set {taken.bridge} up\n")
