"""Clients of the live channel, for its tests."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from typing import Any

import socketio
from websockets.sync.client import ClientConnection, connect

from tests.integration.webserver import Served
from tests.waiting import wait_until

Payload = Mapping[str, Any]


class Listener:
    """A Socket.IO client that keeps what it gets."""

    def __init__(self, web: Served, *transports: str, auth: object = None, query: str = "") -> None:
        self.client = socketio.Client(reconnection=False)
        self.got: list[Payload] = []
        self.events: list[str] = []
        self.client.on("*", self._keep)
        self.client.on("disconnect", self._end)
        self.told_to_go = False
        self.client.connect(f"{web.url}{query}", transports=list(transports) or None, auth=auth, wait_timeout=10)

    def _keep(self, event: str, message: Payload) -> None:
        self.events.append(event)
        self.got.append(message)

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        # Where the server has ended the connection, the thread that writes would notice half a minute later.
        self.client.eio.queue.put(None)

    def _end(self, reason: str) -> None:
        self.told_to_go = reason != self.client.reason.CLIENT_DISCONNECT

    def ask(self, event: str, message: object) -> Any:
        return self.client.call(event, message, timeout=10)


def watch(web: Served, query: str = "") -> ClientConnection:
    return connect(f"{web.live}{query}", proxy=None, compression=None)


def next_of(connection: ClientConnection) -> Any:
    return json.loads(connection.recv(10))


def take(connection: ClientConnection, count: int) -> list[Any]:
    return [next_of(connection) for _ in range(count)]


def listening(web: Served, count: int = 1) -> None:
    wait_until(lambda: web.app.live.watchers == count)


def handshake(web: Served, query: str) -> socket.socket:
    """A WebSocket whose client reads nothing but the answer to its handshake."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", web.port))
    raw.settimeout(20)
    raw.sendall(f"GET /socket.io/{query} HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nConnection: Upgrade\r\n"
                "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
                .encode())
    assert raw.recv(12) == b"HTTP/1.1 101"
    return raw


def masked(text: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


def read_to_end(raw: socket.socket) -> bytes:
    data = b""
    # 0x88 is the close frame of a WebSocket, which its client has to answer.
    while (chunk := raw.recv(1 << 20)) and not (data := data + chunk)[-40:].count(b"\x88"):
        pass
    return data
