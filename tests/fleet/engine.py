"""A server's own Docker engine, which can be stopped, killed and frozen."""

from __future__ import annotations

import json
import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.fleet.commands import spawn, wait_for

if TYPE_CHECKING:
    from tests.fleet.server import Server


class Engine:
    """dockerd inside one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the Docker SDK reaches it from this machine."""
        return f"unix://{self._server.path('run/docker.sock')}"

    def configure(self) -> None:
        """Write its daemon.json: images in /srv/docker, plain HTTP for the fleet's own registries only."""
        config = {"data-root": "/srv/docker", "cgroup-parent": self._server.cgroup,
                  "exec-opts": ["native.cgroupdriver=cgroupfs"], "insecure-registries": [self._server.subnet],
                  "userland-proxy": False, "ipv6": False}
        path = self._server.path("etc/docker/daemon.json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(config, indent=2))

    def start(self) -> None:
        """Start it and return when it answers."""
        log = self._server.directory / "dockerd.log"
        self._process = spawn(self._server.run_id, self._server.enter("dockerd"), log)
        wait_for(f"engine of {self._server.name}", self.answers, log=log)

    def answers(self) -> bool:
        """Whether the engine serves requests now."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self._server.path("run/docker.sock")))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.0 200")
        return False

    def stop(self) -> None:
        """Stop it in order, and its containers with it."""
        self._signal("TERM")
        self._ended()

    def kill(self) -> None:
        """Let it crash; containers keep running under their shims."""
        self._signal("KILL")
        self._ended()
        # What a crash leaves is what the next start has to live with, apart from containerd, which would hold the lock.
        self._server.run("sh", "-c", "kill -KILL $(cat /run/docker/containerd/containerd.pid) 2>/dev/null || true")

    def freeze(self) -> None:
        """It accepts connections and never answers."""
        self._signal("STOP")

    def thaw(self) -> None:
        """It goes on where it was frozen."""
        self._signal("CONT")

    def _signal(self, name: str) -> None:
        self._server.run("sh", "-c", f"kill -{name} $(cat /run/docker.pid)")

    def _ended(self) -> None:
        if self._process is not None:
            self._process.wait(30)
            self._process = None
