"""What Engine.IO refuses, as answers in the contract's envelope."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import Message, Scope, Send

from softops.errors import BadRequest, NotAllowed, SoftopsError
from softops.problems import printable, shortened
from softops.texts import Lang
from softops.web.envelope import refused


class Refusals:
    """Passes messages on to `send`, and refusals of Engine.IO as envelopes: its clients look at the status alone."""

    def __init__(self, scope: Scope, send: Send, lang: Lang) -> None:
        self._scope = scope
        self._send = send
        self._lang = lang
        self._status = 0
        """That of an answer whose body is to be replaced; 0: none."""
        self._accepted = False

    async def send(self, message: Message) -> None:
        """Take a message of the application."""
        kind = message["type"]
        self._accepted = self._accepted or kind == "websocket.accept"
        if kind == "http.response.start" and message["status"] >= 400:
            self._status = message["status"]
        elif self._status:
            await self._answer(self._error(self._status, message.get("body", b"")), "http")
        elif kind == "websocket.close" and not self._accepted:
            await self._answer(self._error(400, str(message.get("reason") or "").encode()), "websocket.http")
        else:
            await self._send(message)

    def _error(self, status: int, body: bytes) -> SoftopsError:
        if status == 405:
            return NotAllowed("METHOD_UNKNOWN", path=self._scope["path"], method=self._scope["method"],
                              allowed="GET, POST")
        return BadRequest("SOCKETIO_REFUSED", problem=printable(shortened(str(_words(body)), 200)) or "-")

    async def _answer(self, exc: SoftopsError, kind: str) -> None:
        response = refused(exc, self._lang)
        await self._send({"type": f"{kind}.response.start", "status": response.status_code,
                          "headers": response.raw_headers})
        await self._send({"type": f"{kind}.response.body", "body": response.body})


def _words(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        said = json.loads(text)
    except ValueError:
        return text
    return said.get("message", text) if isinstance(said, dict) else said
