"""A softops server of its own, as a real process, on a fleet."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from softops.config import PROJECT
from tests.fleet import Fleet
from tests.fleet.commands import OWNED, FleetError, tail, wait_for

SOFTOPS = [sys.executable, "-m", "softops"]
PORT = 8080
STOP_TIMEOUT = 40
"""Seconds in which the server has to end; its runs get 15 of them."""


class Serving:
    """`softops serve` for as long as the `with` block lasts. Its directory lies in the fleet's, and it carries the
    fleet's mark: should this process be killed, the fleet's reaper takes the server along."""

    def __init__(self, fleet: Fleet, *, catalog: Path, name: str = "softops", port: int = PORT,
                 inventory: Path | None = None, **settings: object) -> None:
        self.directory = fleet.directory / name
        self.directory.mkdir(mode=0o700)
        self.port = port if port and _is_free(port) else _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.directory / "serve.log"
        self.settings = {
            "SOFTOPS_AUTH": "none", "SOFTOPS_VAR": str(self.directory / "var"), "SOFTOPS_URL": self.url,
            "SOFTOPS_PORT": str(self.port),
            "SOFTOPS_INVENTORY": str(inventory or fleet.inventory()), "SOFTOPS_CATALOG": str(catalog),
            "SOFTOPS_CATALOG_REF": "main", "SOFTOPS_INSECURE_REGISTRIES": fleet.plain_http,
            **{f"SOFTOPS_{key.upper()}": str(value) for key, value in settings.items()}}
        self._mark = {OWNED: fleet.run_id}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which the softops command finds this server; nothing of the caller's settings."""
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith("SOFTOPS_") or key == "SOFTOPS_LANGUAGE"}
        return {**kept, **self._mark, "PYTHONPATH": str(PROJECT), **self.settings}

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running server."""
        if self._process is None:
            raise FleetError("softops is not running")
        return self._process

    def start(self) -> None:
        """Start it and return when it listens."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen([*SOFTOPS, "serve"], cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=out,
                                             stderr=out, env=dict(self.environment),
                                             start_new_session=True)
        wait_for("softops", self._answers, log=self.log)

    def stop(self) -> int:
        """End it in order, or by force when it does not end; its exit code."""
        process, self._process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def command(self, *words: str) -> int:
        """Run `softops WORDS` on this terminal; its exit code."""
        return subprocess.run([*SOFTOPS, *words], cwd=PROJECT, env=self.environment, check=False).returncode

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise FleetError(f"softops ended with {self.process.returncode}\n{tail(self.log)}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
            client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.1 200")
        return False

    def __enter__(self) -> Serving:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._process is not None:
            self.stop()


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
