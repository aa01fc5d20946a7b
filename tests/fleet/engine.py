"""A server's own Docker engine, which can be stopped, killed and frozen."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress

from tests.fleet.commands import wait_for
from tests.fleet.machine import Machine


class Engine:
    """dockerd on one machine."""

    def __init__(self, machine: Machine, options: Mapping[str, object]) -> None:
        self._machine = machine
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the Docker SDK reaches it from this machine."""
        return f"unix://{self._machine.path('run/docker.sock')}"

    def configure(self) -> None:
        """Write its daemon.json: images in /srv/docker, plain HTTP for the fleet's own registries only."""
        config = {"data-root": "/srv/docker", "cgroup-parent": self._machine.cgroup,
                  "exec-opts": ["native.cgroupdriver=cgroupfs"], "insecure-registries": [self._machine.subnet],
                  "userland-proxy": False, "ipv6": False, **self._options}
        path = self._machine.path("etc/docker/daemon.json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(config, indent=2))

    def start(self) -> None:
        """Start it and return when it answers."""
        self._process = self._machine.spawn("dockerd", "dockerd")
        wait_for(f"engine of {self._machine.name}", self.answers, log=self._machine.log("dockerd"))

    def answers(self) -> bool:
        """Whether it serves requests now."""
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self._machine.path("run/docker.sock")))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.0 200")
        return False

    def stop(self) -> None:
        """Stop it in order, and its containers with it; nothing happens if it is stopped."""
        if self._process is not None and self._process.poll() is None:
            self._signal("TERM")
            self._process.wait(30)

    def kill(self) -> None:
        """Let it and its containerd crash; containers stay alive under their shims."""
        self._signal("KILL")
        # Its containerd may have noticed and ended by itself.
        self._machine.run("sh", "-c", "kill -KILL $(cat /run/docker/containerd/containerd.pid) 2>/dev/null || true")
        if self._process is not None:
            self._process.wait(30)

    def freeze(self) -> None:
        """From now on it accepts connections and never answers."""
        self._signal("STOP")
        # The signal reaches one thread; on a busy machine the others still answer for a while.
        wait_for(f"freezing of {self._machine.name}", lambda: self._states() == {"T"})

    def thaw(self) -> None:
        """It goes on where it was frozen."""
        self._signal("CONT")
        if self._process is not None:  # nsenter stops itself together with its child
            self._process.send_signal(signal.SIGCONT)

    def _states(self) -> set[str]:
        """The states of its threads, T for stopped."""
        lines = self._machine.run("sh", "-c", "cat /proc/$(cat /run/docker.pid)/task/*/stat").splitlines()
        return {line.rpartition(")")[2].split()[0] for line in lines}

    def _signal(self, name: str) -> None:
        self._machine.run("sh", "-c", f"kill -{name} $(cat /run/docker.pid)")
