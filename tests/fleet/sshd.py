"""A server's own sshd: keys only, its own host key, on port 22 of its own address."""

from __future__ import annotations

import socket
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.fleet.commands import output, spawn, wait_for

if TYPE_CHECKING:
    from tests.fleet.server import Server

CONFIG = """\
Port 22
ListenAddress {address}
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 100:30:200
MaxSessions 100
Subsystem sftp internal-sftp
"""


class Sshd:
    """OpenSSH inside one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host_key(self) -> str:
        """The line of a known_hosts file that proves this server."""
        kind, key = self._server.path("etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2]
        return f"{self._server.address} {kind} {key}"

    def configure(self) -> None:
        """Write its configuration and make its host key."""
        ssh = self._server.path("etc/ssh")
        for path in ssh.glob("ssh_host_*"):
            path.unlink()
        output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self._server.name,
               "-f", str(ssh / "ssh_host_ed25519_key"))
        (ssh / "sshd_config").write_text(CONFIG.format(address=self._server.address))

    def start(self) -> None:
        """Start it and return when it greets."""
        log = self._server.directory / "sshd.log"
        self._process = spawn(self._server.run_id, self._server.enter("/usr/sbin/sshd", "-D", "-e"), log)
        wait_for(f"sshd of {self._server.name}", self.answers, log=log)

    def answers(self) -> bool:
        """Whether it greets on its port."""
        with suppress(OSError), socket.create_connection((self._server.address, 22), timeout=2) as client:
            return client.recv(4) == b"SSH-"
        return False

    def stop(self) -> None:
        """Stop it and every session: connections are refused from now on."""
        self._server.run("pkill", "-KILL", "-x", "sshd")
        if self._process is not None:
            self._process.wait(30)
            self._process = None
