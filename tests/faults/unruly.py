"""A registry that misbehaves: an HTTP proxy before the real one that refuses, lies or hangs up where it is told to."""

from __future__ import annotations

import http.client
import re
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

MANIFEST, BLOB, PING = r"/v2/.+/manifests/.+", r"/v2/.+/blobs/.+", r"/v2/"
HOPS = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What is sent instead of the real answer, or what is done to it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    """Send the real answer, and reset the connection after this many bytes of its body."""
    flip: bool = False
    """Send the real answer with its last byte changed."""


def refusal(status: int, code: str, message: str, **headers: str) -> Answer:
    """An error as the distribution API words it."""
    body = f'{{"errors":[{{"code":"{code}","message":"{message}"}}]}}'.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=body, headers={"Content-Type": "application/json", **named})


class UnrulyRegistry:
    """Listens on `address` for as long as the `with` block lasts; without rules it is the real registry."""

    def __init__(self, address: str, target: str) -> None:
        self.rules: dict[str, Answer] = {}
        """By a pattern for the whole path; the first that fits counts."""
        self.times: dict[str, int] = {}
        """How often a rule still counts; a rule that is not named here always does."""
        self.asked: list[str] = []
        """The paths that were asked for."""
        self._lock = threading.Lock()
        self._server = _Server((address, 0), self.answer, target)
        self.host = f"{address}:{self._server.server_address[1]}"
        """What image names start with."""

    def answer(self, path: str) -> Answer | None:
        """What is told instead of the truth; None: the truth."""
        with self._lock:
            self.asked.append(path)
            pattern = next((one for one in self.rules if re.fullmatch(one, path) and self.times.get(one, 1) > 0), None)
            if pattern is None:
                return None
            if pattern in self.times:
                self.times[pattern] -= 1
            return self.rules[pattern]

    def obey(self) -> None:
        """Be the real registry from now on."""
        with self._lock:
            self.rules, self.times = {}, {}

    def __enter__(self) -> UnrulyRegistry:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: Callable[[str], Answer | None], target: str) -> None:
        super().__init__(address, _Handler)
        self.answer = answer
        self.target = target


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        with suppress(OSError, http.client.HTTPException):
            answer = self.server.answer(self.path.split("?")[0])
            if answer is None or answer.cut_after is not None or answer.flip:
                self._pass_on(answer or Answer())
            else:
                self._send(answer.status, answer.headers, answer.body)

    do_HEAD = do_GET  # noqa: N815  the name of the base class

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name of the base class
        """Nothing is printed."""

    def _pass_on(self, change: Answer) -> None:
        connection = http.client.HTTPConnection(self.server.target, timeout=30)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():  # one name may come several times
                connection.putheader(name, value)
            connection.endheaders()
            real = connection.getresponse()
            length, body = int(real.headers.get("Content-Length") or 0), real.read()
        finally:
            connection.close()
        headers = {name: value for name, value in real.headers.items() if name.lower() not in HOPS}
        if change.flip and body:
            body = body[:-1] + bytes([body[-1] ^ 0xFF])
        self._send(real.status, headers, body, length=length, cut_after=change.cut_after)

    def _send(self, status: int, headers: Mapping[str, str], body: bytes, *, length: int | None = None,
              cut_after: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[:cut_after])
        if cut_after is not None and cut_after < len(body):
            self._hang_up()

    def _hang_up(self) -> None:
        """A reset, as when a registry dies."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
