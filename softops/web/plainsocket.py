"""The live channel as a plain WebSocket: one JSON message per frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from softops.errors import BadRequest, SoftopsError
from softops.rights import Caller
from softops.texts import Lang
from softops.web.authentication import CALLER
from softops.web.fanout import Fanout
from softops.web.language import language
from softops.web.outbox import Cut
from softops.web.replay import Replays
from softops.web.subscription import Subscription, read_subscription, subscription_in
from softops.web.watcher import Watcher

BAD_QUERY = 1008
TRY_AGAIN_LATER = 1013
NOT_LET_IN = 4401
"""The session or token is not valid any more; 401 in the range for applications."""


class PlainSocket:
    """Serves one connection after the other side of the handshake has been checked."""

    def __init__(self, fanout: Fanout, replays: Replays, default: Lang) -> None:
        self._fanout = fanout
        self._replays = replays
        self._default = default

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a connection until either side closes it."""
        await receive()
        await send({"type": "websocket.accept"})
        lang = language(Headers(scope=scope).get("accept-language"), self._default)
        connection = Connection(scope[CALLER], self._fanout, self._replays, receive, send, lang)
        # A client that goes away while something is sent to it is no error.
        with suppress(OSError):
            await connection.run(scope["query_string"])


class Connection:
    """One client."""

    def __init__(self, caller: Caller, fanout: Fanout, replays: Replays, receive: Receive, send: Send,
                 lang: Lang) -> None:
        self._caller = caller
        self._fanout = fanout
        self._replays = replays
        self._receive = receive
        self._send = send
        self._lang = lang

    async def run(self, query: bytes) -> None:
        """Talk until either side closes."""
        try:
            subscription = subscription_in(_values(query), others=False)
        except BadRequest as exc:
            await self._turn_away(exc)
            return
        watcher = self._fanout.join(self._caller, everything=subscription is None)
        writer = asyncio.create_task(self._write(watcher))
        try:
            if subscription is None or await self._begin(watcher, subscription):
                await self._listen(watcher)
        finally:
            self._fanout.leave(watcher)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _begin(self, watcher: Watcher, subscription: Subscription) -> bool:
        try:
            plan = await self._replays.begin(watcher, subscription)
        except SoftopsError as exc:
            await self._turn_away(exc)
            return False
        await self._say({"type": "subscribed", "seq": plan.seq})
        return True

    async def _turn_away(self, exc: SoftopsError) -> None:
        await self._refuse(exc)
        await self._send({"type": "websocket.close", "code": BAD_QUERY})

    async def _listen(self, watcher: Watcher) -> None:
        while (event := await self._receive())["type"] == "websocket.receive":
            try:
                await self._handle(watcher, _message(event.get("text") or event.get("bytes") or ""))
            except SoftopsError as exc:
                await self._refuse(exc)

    async def _handle(self, watcher: Watcher, message: dict[str, Any]) -> None:
        kind = message.pop("type", None)
        if kind == "subscribe":
            plan = await self._replays.begin(watcher, read_subscription(message))
            await self._say({"type": "subscribed", "seq": plan.seq})
        elif kind == "unsubscribe":
            self._replays.end(watcher, read_subscription(message))
            await self._say({"type": "unsubscribed"})
        else:
            raise BadRequest("SUBSCRIPTION_TYPE", type=str(kind)[:40])

    async def _write(self, watcher: Watcher) -> None:
        try:
            while True:
                for frame in await watcher.outbox.take():
                    await self._send({"type": "websocket.send", "text": frame.text})
        except Cut:
            why = (TRY_AGAIN_LATER, "too slow") if not watcher.expelled else (NOT_LET_IN, "log in again")
            await self._send({"type": "websocket.close", "code": why[0], "reason": why[1]})
        except OSError:
            pass

    async def _refuse(self, exc: SoftopsError) -> None:
        await self._say({"type": "error", "code": exc.code, "message": exc.text(self._lang)})

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(message, separators=(",", ":"))})


def _values(query: bytes) -> Mapping[str, list[str]]:
    try:
        return parse_qs(query.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as exc:
        raise BadRequest("QUERY_UNREADABLE", problem=exc) from exc


def _message(data: str | bytes) -> dict[str, Any]:
    try:
        message = from_json(data)
    except ValueError as exc:
        raise BadRequest("SUBSCRIPTION_NOT_JSON", problem=exc) from exc
    if not isinstance(message, dict):
        raise BadRequest("SUBSCRIPTION_NOT_JSON", problem=type(message).__name__)
    return message
