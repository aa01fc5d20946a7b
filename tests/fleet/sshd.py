"""A server's own sshd: keys only, its own host key, on port 22 of its own address."""

from __future__ import annotations

import socket
import subprocess
from contextlib import suppress

from tests.fleet.commands import output, wait_for
from tests.fleet.machine import Machine

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

END_ALL = 'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" != sshd ] || kill -KILL ${p#/proc/} || true; done'


class Sshd:
    """OpenSSH on one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host_key(self) -> str:
        """The line of a known_hosts file that proves this machine."""
        kind, key = self._machine.path("etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2]
        return f"{self._machine.address} {kind} {key}"

    def configure(self) -> None:
        """Write its configuration and make its host key."""
        ssh = self._machine.path("etc/ssh")
        for path in ssh.glob("ssh_host_*"):
            path.unlink()
        output("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self._machine.name,
               "-f", str(ssh / "ssh_host_ed25519_key"))
        (ssh / "sshd_config").write_text(CONFIG.format(address=self._machine.address))

    def start(self) -> None:
        """Start it and return when it greets."""
        self._process = self._machine.spawn("sshd", "/usr/sbin/sshd", "-D", "-e")
        wait_for(f"sshd of {self._machine.name}", self.answers, log=self._machine.log("sshd"))

    def answers(self) -> bool:
        """Whether it greets on its port."""
        with suppress(OSError), socket.create_connection((self._machine.address, 22), timeout=2) as client:
            return client.recv(4) == b"SSH-"
        return False

    def stop(self) -> None:
        """End it and every session: connections are refused from now on."""
        self._machine.run("sh", "-c", END_ALL)
        if self._process is not None:
            self._process.wait(30)
