"""A machine within this machine: namespaces and directories of its own, and a cable to the fleet's bridge."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

from tests.fleet.claims import Claim
from tests.fleet.commands import FleetError, output, spawn, wait_for

BOOT = Path(__file__).with_name("boot.sh")


class Machine:
    """Everything in it shares one set of namespaces and ends with its pid 1."""

    def __init__(self, name: str, claim: Claim, number: int) -> None:
        self.name = name
        self.run_id = claim.run_id
        self.subnet = str(claim.subnet)
        """The fleet's subnet, whose registries speak plain HTTP."""
        self.address = str(claim.subnet[10 + number])
        self.directory = claim.directory / name
        self.cgroup = f"/{claim.bridge}/{name}"
        """The cgroup above its containers."""
        self._gateway = claim.gateway
        self._bridge = claim.bridge
        self._link = f"{claim.bridge}n{number}"
        self._pid: int | None = None
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def pid(self) -> int:
        """The host's pid of its pid 1; FleetError while it is off."""
        if self._pid is None:
            raise FleetError(f"{self.name} is not running")
        return self._pid

    def path(self, inside: str) -> Path:
        """Where a file in it (/opt/..., /etc/..., /run/...) lies on this machine."""
        return self.directory / inside.lstrip("/")

    def enter(self, *argv: str) -> list[str]:
        """The command line that runs `argv` in it as root."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--", *argv]

    def run(self, *argv: str, stdin: str = "", timeout: float = 120) -> str:
        """What a program prints in it; FleetError unless that ends with 0 within `timeout` seconds."""
        return output(*self.enter(*argv), stdin=stdin, timeout=timeout)

    def spawn(self, name: str, *argv: str) -> subprocess.Popen[bytes]:
        """Start a lasting process in it, its words going to NAME.log."""
        self._processes.append(spawn(self.run_id, self.enter(*argv), self.log(name)))
        return self._processes[-1]

    def log(self, name: str) -> Path:
        """Where the words of a process started by `spawn` are."""
        return self.directory / f"{name}.log"

    def unplug(self) -> None:
        """Take the network cable out: packets from and to it are lost from now on."""
        output("ip", "link", "set", self._link, "down")

    def plug(self) -> None:
        """Put the network cable back."""
        output("ip", "link", "set", self._link, "up")

    def power_on(self, *, disk_mb: int = 0) -> None:
        """Boot it, with a disk of its own of that size for /srv/docker if not 0, and connect it."""
        self.path("run/booted").unlink(missing_ok=True)
        argv = ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                "--propagation", "private", "bash", str(BOOT), str(self.directory), self.name, str(disk_mb)]
        process = spawn(self.run_id, argv, self.log("boot"))
        self._processes.append(process)
        wait_for(f"boot of {self.name}", self.path("run/booted").exists, timeout=20, log=self.log("boot"))
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        self._pid = int(children.split()[0])
        self._connect()

    def power_off(self) -> None:
        """End everything in it at once, as when the power fails; its directories stay."""
        os.kill(self.pid, signal.SIGKILL)
        self.forget()
        with suppress(FleetError):  # the end of the namespace may take it first
            output("ip", "link", "delete", self._link)

    def forget(self) -> None:
        """Collect the processes of a machine whose pid 1 was killed."""
        for process in self._processes:
            process.kill()
            process.wait(30)
        self._processes, self._pid = [], None

    def _connect(self) -> None:
        # The same hardware address after every boot: nobody has to unlearn an old one.
        hardware = "02:00:" + ":".join(f"{part:02x}" for part in IPv4Address(self.address).packed)
        output("ip", "-batch", "-", stdin=f"link add {self._link} type veth peer name eth0 address {hardware} "
                                          f"netns {self.pid}\nlink set {self._link} master {self._bridge} up\n")
        output("nsenter", "--target", str(self.pid), "--net", "ip", "-batch", "-",
               stdin=f"link set lo up\naddr add {self.address}/24 dev eth0\nlink set eth0 up\n"
                     f"route add default via {self._gateway}\n")
