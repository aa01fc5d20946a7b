"""A fleet: servers on a bridge of their own, a registry, and a slow road to that registry."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import TracebackType

from tests.fleet.claims import Claim, claim
from tests.fleet.commands import MARK, OWNED, FleetError, output
from tests.fleet.inventory import write_inventory
from tests.fleet.registry import Registry
from tests.fleet.server import Server, ServerSpec, numbered
from tests.fleet.throttle import Throttle

PROJECT = Path(__file__).resolve().parents[2]


class Fleet:
    """Real servers for as long as the `with` block lasts.

    They are gone afterwards even if this process is killed; what it started meanwhile is ended then, too.
    """

    def __init__(self, servers: int | Sequence[ServerSpec] = 3) -> None:
        self._specs = numbered(servers) if isinstance(servers, int) else tuple(servers)
        self.servers: tuple[Server, ...] = ()

    def __enter__(self) -> Fleet:
        with ExitStack() as stack:
            self._claim = claim()
            self.run_id, self.directory = self._claim.run_id, self._claim.directory
            self._reaper = _start_reaper(self._claim)
            stack.callback(self._take_away)
            stack.enter_context(_marked(self.run_id))
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Take everything away; returns when nothing is left."""
        self._stack.close()

    @property
    def plain_http(self) -> str:
        """The registries that speak plain HTTP, as SOFTOPS_INSECURE_REGISTRIES wants them."""
        return f"{self.registry.host},{self.slow.host}"

    @property
    def known_hosts(self) -> Path:
        """The file with the host keys of all servers."""
        return self.directory / "known_hosts"

    def add(self, *specs: ServerSpec) -> tuple[Server, ...]:
        """Start more servers, all at the same time, and return them."""
        first = len(self.servers)
        added = tuple(Server(spec, self._claim, first + number) for number, spec in enumerate(specs))
        self.servers += added
        public_key = self.key.with_suffix(".pub").read_text()
        with ThreadPoolExecutor(max(len(added), 1)) as pool:
            for started in [pool.submit(server.install, public_key) for server in added if server.spec.alive]:
                started.result()
        lines = [server.sshd.host_key for server in self.servers if server.spec.alive]
        self.known_hosts.write_text("".join(f"{line}\n" for line in lines))
        return added

    def server(self, name: str) -> Server:
        """The server of that name."""
        return next(server for server in self.servers if server.name == name)

    def inventory(self, directory: Path | None = None, servers: Sequence[Server] | None = None) -> Path:
        """Write an Ansible inventory of these servers (all, if not said) and return its directory."""
        return write_inventory(directory or self.directory / "inventory", self.servers if servers is None else servers,
                               key=self.key, known_hosts=self.known_hosts, control=self.directory / "cp")

    def ssh(self, server: Server, *command: str, user: str = "root") -> str:
        """What a command prints when it is run over SSH."""
        return output("ssh", "-F", "none", "-i", str(self.key), "-o", f"UserKnownHostsFile={self.known_hosts}",
                      "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
                      "-o", "IdentitiesOnly=yes", f"{user}@{server.address}", *command)

    def _start(self, stack: ExitStack) -> None:
        gateway = self._claim.gateway
        self.registry = stack.enter_context(closing(Registry(
            run_id=self.run_id, directory=self.directory / "registry", address=gateway)))
        self.slow = stack.enter_context(closing(Throttle(gateway, 5001, (gateway, 5000))))
        self.key = self.directory / "id_ed25519"
        output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(self.key))
        with ThreadPoolExecutor(1) as pool:
            registry = pool.submit(self.registry.start)
            self.add(*self._specs)
            registry.result()

    def _take_away(self) -> None:
        """Tell the reaper to tear down, and collect what it ended."""
        _, errors = self._reaper.communicate(b"stop", timeout=120)
        for server in self.servers:
            server.forget()
        if self._reaper.returncode:
            raise FleetError(f"the fleet {self.directory} could not be removed: {errors.decode()}")


def _start_reaper(taken: Claim) -> subprocess.Popen[bytes]:
    """From here on the reaper alone holds the lock, and with it the duty to tear down."""
    argv = [sys.executable, "-m", "tests.fleet.reaper", str(os.getpid()), str(taken.directory)]
    unmarked = {name: value for name, value in os.environ.items() if name not in (MARK, OWNED)}
    try:
        return subprocess.Popen(argv, cwd=PROJECT, env=unmarked, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
                                start_new_session=True, pass_fds=(taken.lock,))
    finally:
        os.close(taken.lock)


@contextmanager
def _marked(run_id: str) -> Iterator[None]:
    """Let what this process starts carry a mark, so that it can be ended should this process be killed."""
    before = os.environ.get(OWNED)
    os.environ[OWNED] = run_id
    try:
        yield
    finally:
        if before is None:
            del os.environ[OWNED]
        else:
            os.environ[OWNED] = before
