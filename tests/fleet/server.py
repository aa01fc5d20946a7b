"""One test server: a machine of its own as far as SSH, Docker and Ansible can tell."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.fleet.claims import Claim
from tests.fleet.commands import FleetError, output, spawn, wait_for
from tests.fleet.engine import Engine
from tests.fleet.sshd import Sshd

BOOT = Path(__file__).with_name("boot.sh")
OPS_ID = 64001
"""User and group id of `ops`, who reaches root by sudo without a password."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSpec:
    """What a server shall be like."""

    name: str
    groups: tuple[str, ...] = ("default", "web")
    user: str = "root"
    """Whom Ansible logs in as: `root`, or `ops` with sudo."""
    disk_mb: int = 0
    """Size of a disk of its own for the engine's images; 0: the machine's."""
    alive: bool = True
    """False: only an address at which nothing answers."""
    engine: bool = True
    """Whether the Docker engine is started with the server."""


def numbered(count: int, **common: object) -> tuple[ServerSpec, ...]:
    """web1, web2 ... alike."""
    return tuple(ServerSpec(name=f"web{number}", **common) for number in range(1, count + 1))  # type: ignore[arg-type]


class Server:
    """A running server; everything in it shares one set of namespaces and ends with its pid 1."""

    def __init__(self, spec: ServerSpec, claim: Claim, number: int) -> None:
        self.spec = spec
        self.name = spec.name
        self.address = str(claim.subnet[10 + number])
        self.directory = claim.directory / spec.name
        self._claim = claim
        self._link = f"{claim.bridge}n{number}"
        self._process: subprocess.Popen[bytes] | None = None
        self.engine = Engine(self)
        self.sshd = Sshd(self)

    @property
    def run_id(self) -> str:
        """The id of the fleet it belongs to."""
        return self._claim.run_id

    @property
    def subnet(self) -> str:
        """The fleet's subnet, whose registries speak plain HTTP."""
        return str(self._claim.subnet)

    @property
    def cgroup(self) -> str:
        """The cgroup above its containers."""
        return f"/{self._claim.bridge}/{self.name}"

    def start(self, public_key: str) -> None:
        """Boot it and return when sshd and the engine answer."""
        self._make_files(public_key)
        self._boot()
        self._connect()
        self.sshd.start()
        if self.spec.engine:
            self.engine.start()

    def path(self, inside: str) -> Path:
        """Where a file of the server (/opt/..., /etc/..., /run/...) lies on this machine."""
        return self.directory / inside.lstrip("/")

    def enter(self, *argv: str) -> list[str]:
        """The command line that runs `argv` inside the server as root."""
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--", *argv]

    def run(self, *argv: str, stdin: str = "", timeout: float = 120) -> str:
        """What a program prints inside the server; FleetError unless it ends with 0."""
        return output(*self.enter(*argv), stdin=stdin, timeout=timeout)

    def docker(self, *argv: str, timeout: float = 120) -> str:
        """What `docker ARGV` prints inside the server."""
        return self.run("docker", *argv, timeout=timeout)

    @cached_property
    def pid(self) -> int:
        """The host's pid of the server's pid 1."""
        if self._process is None:
            raise FleetError(f"{self.name} is not running")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(children[0])

    def unplug(self) -> None:
        """Take the network cable out: packets to and from the server are lost from now on."""
        output("ip", "link", "set", self._link, "down")

    def plug(self) -> None:
        """Put the network cable back."""
        output("ip", "link", "set", self._link, "up")

    def power_off(self) -> None:
        """End the whole server at once, as when the power fails."""
        if self._process is not None:
            os.kill(self.pid, signal.SIGKILL)
            self._process.wait(30)
            self._process = None
            del self.pid

    def _make_files(self, public_key: str) -> None:
        for own in ("root", "home/ops", "opt", "srv/docker", "run", "tmp", "var/log", "var/tmp"):
            self.path(own).mkdir(mode=0o755, parents=True, exist_ok=True)
        for open_to_all in ("tmp", "var/tmp"):
            self.path(open_to_all).chmod(0o1777)
        output("cp", "--archive", "/etc", str(self.directory))
        self._add_ops()
        self._add_key(Path("root"), public_key, owner=0)
        self._add_key(Path("home/ops"), public_key, owner=OPS_ID)
        self.path("etc/hostname").write_text(f"{self.name}\n")
        self.path("etc/hosts").write_text(f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        self.engine.configure()
        self.sshd.configure()

    def _add_ops(self) -> None:
        for name, line in (("passwd", f"ops:x:{OPS_ID}:{OPS_ID}::/home/ops:/bin/bash"),
                           ("group", f"ops:x:{OPS_ID}:"), ("shadow", "ops:*:19000:0:99999:7:::")):
            with self.path(f"etc/{name}").open("a") as handle:
                handle.write(f"{line}\n")
        self.path("etc/sudoers.d").mkdir(exist_ok=True)
        self.path("etc/sudoers.d/ops").write_text("ops ALL=(ALL:ALL) NOPASSWD: ALL\n")
        self.path("etc/sudoers.d/ops").chmod(0o440)

    def _add_key(self, home: Path, public_key: str, *, owner: int) -> None:
        ssh = self.path(str(home / ".ssh"))
        ssh.mkdir(mode=0o700)
        (ssh / "authorized_keys").write_text(public_key)
        for path in (ssh.parent, ssh, ssh / "authorized_keys"):
            shutil.chown(path, owner, owner)

    def _boot(self) -> None:
        log = self.directory / "boot.log"
        argv = ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                "--propagation", "private", "bash", str(BOOT), str(self.directory), self.name, str(self.spec.disk_mb)]
        self._process = spawn(self.run_id, argv, log)
        wait_for(f"boot of {self.name}", self.path("run/booted").exists, timeout=20, log=log)

    def _connect(self) -> None:
        """A cable from the bridge into the server."""
        bridge = self._claim.bridge
        output("ip", "-batch", "-", stdin=f"link add {self._link} type veth peer name eth0 netns {self.pid}\n"
                                          f"link set {self._link} master {bridge} up\n")
        output("nsenter", "--target", str(self.pid), "--net", "ip", "-batch", "-",
               stdin=f"link set lo up\naddr add {self.address}/24 dev eth0\nlink set eth0 up\n"
                     f"route add default via {self._claim.gateway}\n")

    def images(self) -> Sequence[str]:
        """The images the engine has, as name:tag, sorted."""
        lines = self.docker("images", "--format", "{{json .}}").splitlines()
        return sorted(f"{image['Repository']}:{image['Tag']}" for image in map(json.loads, lines))
