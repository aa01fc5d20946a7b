"""Ways to a Docker engine: each opens lines on which the engine speaks HTTP."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from softops.errors import EngineUnreachable, ServerUnreachable
from softops.refusals import engine_refusal, login_refusal, quoted

MARK = b"softops-line-open\n"
"""What the shell on the server says when the login is done and the engine's words follow."""


SSH_FAILED = 255
"""With what ssh ends when it is itself that failed."""


class Line(Protocol):
    """One open connection to an engine."""

    sock: socket.socket
    greeting: str
    """What the server said before the line was open."""

    def words(self) -> str:
        """What was said beside the line by whoever carried it, once it broke."""

    def lost_server(self) -> bool:
        """Whether it broke because the way to the server did, and not at the engine."""

    def close(self) -> None:
        """End it; a thread that reads from it wakes up."""


class Dial(Protocol):
    """A way to an engine."""

    def open(self, timeout: float) -> Line:
        """A new line; EngineUnreachable with the reason when there is none within `timeout` seconds."""


class SocketLine:
    """A line that is nothing but a socket."""

    greeting = ""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def words(self) -> str:
        return ""

    def lost_server(self) -> bool:
        return False

    def close(self) -> None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
        self.sock.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class UnixDial:
    """The engine of this machine."""

    path: str = "/var/run/docker.sock"

    def open(self, timeout: float) -> Line:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        try:
            sock.connect(self.path)
        except OSError as exc:
            sock.close()
            raise engine_refusal(f"{self.path}: {exc.strerror or exc}") from exc
        return SocketLine(sock)


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    """The files for mutual TLS, by name."""

    authority: str | None = None
    certificate: str | None = None
    key: str | None = None

    def context(self) -> ssl.SSLContext:
        """What TLS needs of them; OSError or ssl.SSLError when they can't be used."""
        context = ssl.create_default_context(cafile=self.authority)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True, kw_only=True, slots=True)
class TcpDial:
    """An engine that listens on TCP."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    certificates: Certificates | None = None
    """The files that `tls` was made of."""

    def open(self, timeout: float) -> Line:
        address = f"{self.host}:{self.port}"
        try:
            sock = socket.create_connection((self.host, self.port), timeout)
            with contextlib.ExitStack() as undo:
                undo.callback(sock.close)
                if self.tls is not None:
                    sock = self.tls.wrap_socket(sock, server_hostname=self.host)
                undo.pop_all()
        except (ssl.SSLError, ssl.CertificateError) as exc:
            raise EngineUnreachable("DOCKER_HOST_TLS", address=address, words=quoted(str(exc))) from exc
        except OSError as exc:
            raise engine_refusal(f"{address}: {exc.strerror or exc}") from exc
        return SocketLine(sock)


class CommandLine:
    """A line carried by a process (ssh, sudo) whose stdin and stdout are its other end."""

    greeting = ""

    def __init__(self, argv: Sequence[str | bytes], directory: str | None = None, *, over_ssh: bool = False) -> None:
        self._over_ssh = over_ssh
        # A file, not a pipe: a lasting ssh master may inherit it, and nobody has to read it in time.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed in close()
        self.sock, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = subprocess.Popen(argv, stdin=theirs.fileno(), stdout=theirs.fileno(),
                                                 stderr=self._errors, cwd=directory)
            except OSError as exc:
                self.sock.close()
                self._errors.close()
                raise ServerUnreachable("SERVER_UNREACHABLE", message=f"{exc.filename}: {exc.strerror}") from exc

    def errors(self) -> str:
        """What the process wrote to its stderr so far."""
        if self._errors.closed:
            return ""
        # pread, because the process shares the file's position.
        return os.pread(self._errors.fileno(), 65536, 0).decode("utf-8", "replace")

    def ended(self, within: float = 0) -> int | None:
        """The exit code of the process, or None when it still runs after `within` seconds."""
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def words(self) -> str:
        self.ended(within=1)
        return self.errors()

    def lost_server(self) -> bool:
        # What runs on the server has other exit codes.
        return self._over_ssh and self.ended(within=1) == SSH_FAILED

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()


@dataclass(frozen=True, kw_only=True, slots=True)
class Password:
    """How to become root with a password: what is asked for, and the answer."""

    prompt: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandDial:
    """An engine reached by running a command: it says MARK, and then carries the engine's words."""

    argv: Sequence[str | bytes]
    over_ssh: bool
    login_timeout: float
    """Seconds until MARK must have come."""
    password: Password | None = None
    directory: str | None = None
    """Where names of files in `argv` begin; None: where this process is."""

    def open(self, timeout: float) -> Line:
        line = CommandLine(self.argv, self.directory, over_ssh=self.over_ssh)
        try:
            self._greet(line)
        except BaseException:
            line.close()
            raise
        line.sock.settimeout(timeout)
        return line

    def _greet(self, line: CommandLine) -> None:
        """Read up to MARK, over whatever login shells print before it."""
        heard, asked = b"", False
        deadline = time.monotonic() + self.login_timeout
        while MARK not in heard:
            if time.monotonic() > deadline:
                raise ServerUnreachable("SSH_TIMEOUT", words=quoted(line.errors()) or f"{self.login_timeout:g} s")
            times = 0 if self.password is None else line.errors().count(self.password.prompt)
            if self.password is not None and times == 1 and not asked:
                line.sock.sendall(self.password.secret.encode() + b"\n")
                asked = True
            if self.password is not None and times > 1:
                raise ServerUnreachable("BECOME_FAILED", words=quoted(line.errors().replace(self.password.prompt, " ")))
            if not select.select([line.sock], [], [], 0.05)[0]:
                continue
            part = line.sock.recv(4096)
            if not part:
                code = line.ended(within=1)
                raise login_refusal(f"{heard[-500:].decode('utf-8', 'replace')}\n{line.errors()}", code,
                                    over_ssh=self.over_ssh)
            heard = (heard + part)[-65536:]
        line.greeting = heard.partition(MARK)[0].decode("utf-8", "replace")
