"""Docker Compose on a server, put there from the machine that runs the playbooks: no internet, no Python there."""

from __future__ import annotations

import hashlib
import platform
import re
import shlex
import socket
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from softops.composer import compose_binary
from softops.delivery import Shell
from softops.dials import Dial, Line
from softops.errors import RunFailed
from softops.refusals import quoted
from softops.serverfiles import DONE, compose_version_command

PLUGIN = PurePosixPath("/usr/local/lib/docker/cli-plugins/docker-compose")
"""Where docker looks for plugins that its packages did not bring."""
CHUNK = 256 * 1024
PATIENCE = 60.0
"""Seconds in which some part of the file has to get through."""
_MACHINE = re.compile(r"^softops-machine (\S+)\s*$", re.MULTILINE)
_SUM = re.compile(r"^softops-sum ([0-9a-f]{64}) ", re.MULTILINE)
_VERSION = re.compile(r"^softops-compose (\S+)\s*$", re.MULTILINE)
_PROBE = ("printf 'softops-machine %s\\n' \"$(uname -m)\"; "
          "printf 'softops-sum %s\\n' \"$(sha256sum -- {plugin} 2>/dev/null)\"; "
          "printf 'softops-compose %s\\n' \"$({version} 2>/dev/null)\"")
_RECEIVE = ("set -e; umask 022; mkdir -p -- {directory}; t={directory}/.docker-compose.softops; "
            "trap 'rm -f -- \"$t\"' EXIT; cat >\"$t\"; "
            "[ \"$(sha256sum <\"$t\")\" = '{digest}  -' ] || {{ echo incomplete; exit 1; }}; "
            "chmod 755 \"$t\"; mv -f -- \"$t\" {plugin}; echo {done}")
_PROCESSORS = {62: "x86_64", 183: "aarch64", 40: "armv7l", 22: "s390x", 21: "ppc64le", 243: "riscv64",
               258: "loongarch64"}
"""Processors by the number that a program for Linux carries."""


class ComposePlugin:
    """Puts Compose on one server, unless it is there."""

    def __init__(self, shell: Shell, command: Callable[[str], Dial], *, timeout: float) -> None:
        self._shell = shell
        self._command = command
        self._timeout = timeout
        self._binary = compose_binary()

    def ensure(self, *, check: bool) -> tuple[bool, str]:
        """Whether something was (with `check`: would be) changed, and the version that is there afterwards. RunFailed
        when the server can't have it. One that the server's own packages brought stays in use."""
        said = self._probe()
        digest = _digest(self._binary)
        mine, version = _SUM.search(said), _VERSION.search(said)
        if (version and not mine) or (mine and mine[1] == digest):
            return False, version[1] if version else ""
        self._require_processor(said)
        if not check:
            self._send(digest)
            version = _VERSION.search(self._probe())
            if version is None:
                raise RunFailed("COMPOSE_NOT_USED", path=PLUGIN)
        return True, version[1] if version else ""

    def _probe(self) -> str:
        command = _PROBE.format(plugin=PLUGIN, version=compose_version_command())
        return self._shell(command).output.replace("\r\n", "\n")

    def _require_processor(self, said: str) -> None:
        found = _MACHINE.search(said)
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(found[1], found[1]) if found else "-"
        mine = processor_of(self._binary)
        if machine != mine:
            raise RunFailed("COMPOSE_PROCESSOR", machine=machine, mine=mine or platform.system())

    def _send(self, digest: str) -> None:
        script = _RECEIVE.format(directory=shlex.quote(str(PLUGIN.parent)), plugin=shlex.quote(str(PLUGIN)),
                                 digest=digest, done=DONE)
        line = self._command(f"({script}) 2>&1").open(self._timeout)
        try:
            answer = _exchange(line, self._binary)
        finally:
            line.close()
        if DONE not in answer:
            raise RunFailed("APP_FILES_FAILED", path=PLUGIN.parent, words=quoted(answer or line.words()) or "-")


def processor_of(binary: Path) -> str | None:
    """The processor that a program for Linux is made for; None for anything else."""
    with binary.open("rb") as file:
        head = file.read(20)
    if len(head) < 20 or head[:4] != b"\x7fELF":
        return None
    return _PROCESSORS.get(int.from_bytes(head[18:20], "little" if head[5] == 1 else "big"))


def _digest(binary: Path) -> str:
    with binary.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _exchange(line: Line, binary: Path) -> str:
    """Send the file to its end; what was answered."""
    line.sock.settimeout(PATIENCE)
    parts: list[bytes] = []
    try:
        with binary.open("rb") as file:
            while part := file.read(CHUNK):
                line.sock.sendall(part)
        line.sock.shutdown(socket.SHUT_WR)
        while part := line.sock.recv(4096):
            parts.append(part)
    except OSError as exc:
        parts.append(str(exc).encode())
    return b"".join(parts).decode("utf-8", "replace")
