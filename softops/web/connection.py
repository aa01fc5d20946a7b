"""One TCP connection that speaks HTTP: bounded also until the application gets to see a request."""

from __future__ import annotations

import asyncio
import json
import logging
import pwd
import socket
import struct
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from softops.errors import BadRequest, SoftopsError
from softops.texts import Lang
from softops.web.requestid import HEADER, fresh_name

logger = logging.getLogger(__name__)

HEAD_TIME = 10.0
"""Seconds within which the head of a request has to be here, from the connection or from its first byte on."""
MAX_HEAD = 64 * 1024
"""Bytes of a request before its head is complete."""


class HttpConnection(HttpToolsProtocol):
    """uvicorn's protocol, with limits for the time and the size of a request's head.

    What can't be taken for a request is answered in the language of the application, as its own wish is not known.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._lang: Lang = getattr(self.config.app, "lang", "en")
        self._head: asyncio.TimerHandle | None = None
        self._size = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self.client = peer_of(transport) or self.client
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._got_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come; refuse a head that has no end."""
        if self._head is None and self._is_between():
            self._expect_head()
        if self._head is not None:
            self._size += len(data)
        super().data_received(data)
        if self._head is not None and self._size > MAX_HEAD and not self.transport.is_closing():
            self._refuse(BadRequest("HEAD_TOO_LARGE", limit=MAX_HEAD // 1024))

    def on_headers_complete(self) -> None:
        """The head is here."""
        self._got_head()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(BadRequest("HEAD_UNREADABLE", problem=msg.rstrip(".")))

    def _is_between(self) -> bool:
        """Whether a request is done and the next has not begun."""
        return getattr(self.cycle, "response_complete", False)

    def _expect_head(self) -> None:
        self._size = 0
        self._head = self.loop.call_later(HEAD_TIME, self._give_up)

    def _got_head(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        self._head = None
        if self._size:
            self._refuse(BadRequest("HEAD_LATE", seconds=round(HEAD_TIME)))
        else:
            self.transport.close()

    def _refuse(self, exc: SoftopsError) -> None:
        self._got_head()
        name = fresh_name()
        body = json.dumps({"code": exc.code, "message": exc.text(self._lang), "data": None}).encode()
        logger.info("%s", exc, extra={"action": "refuse", "reason": exc.reason, "request": name})
        head = (f"HTTP/1.1 {exc.code} Bad Request\r\ncontent-type: application/json; charset=utf-8\r\n"
                f"content-length: {len(body)}\r\n{HEADER}: {name}\r\nconnection: close\r\n\r\n")
        self.transport.write(head.encode() + body)
        self.transport.close()


def peer_of(transport: asyncio.Transport) -> tuple[str, int] | None:
    """Who is at the other end of a unix socket, as the system says: the user's name and id. None of other sockets."""
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family != socket.AF_UNIX:
        return None
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    try:
        return pwd.getpwuid(uid).pw_name, uid
    except KeyError:
        return str(uid), uid
