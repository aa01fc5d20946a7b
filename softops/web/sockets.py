"""The live channel as Socket.IO v4: an event per message, named by the message's type."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import socketio
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError
from engineio.packet import CLOSE, Packet
from socketio.packet import BINARY_ACK, BINARY_EVENT
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from softops.errors import BadRequest, SoftopsError
from softops.problems import printable, shortened
from softops.rights import Caller
from softops.texts import Lang
from softops.web.authentication import CALLER
from softops.web.engineio import Refusals
from softops.web.fanout import Fanout
from softops.web.language import language
from softops.web.outbox import BATCH, Cut
from softops.web.replay import Replays
from softops.web.subscription import Subscription, read_subscription, subscription_in
from softops.web.watcher import Watcher

logger = logging.getLogger(__name__)

MAX_MESSAGE = 64 * 1024
"""Bytes that a client may send at once."""
MOST_ANSWERS = 1000
"""Packets that may wait for a client before it is listened to again."""
POLL_BATCH = 10
"""Messages in one answer to long polling; some clients refuse an answer with more than 16 packets."""

Queue = asyncio.Queue[Packet | None]
_queues: ContextVar[list[Queue]] = ContextVar("_queues")


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """One connected client and the task that sends to it."""

    watcher: Watcher
    lang: Lang
    socket: AsyncSocket
    pump: asyncio.Task[None]


class ShallowJson:
    """JSON for both protocols; what is nested too deep to be read is no JSON, like everything else that is none."""

    dumps = staticmethod(json.dumps)

    @staticmethod
    def loads(text: str | bytes, **how: Any) -> Any:
        """The value; ValueError when it can't be read."""
        try:
            return json.loads(text, **how)
        except RecursionError as exc:
            raise ValueError("nested too deep") from exc


class TextPacket(socketio.packet.Packet):  # type: ignore[misc]
    """A packet of Socket.IO without attachments. Nothing here has any, and whoever announces some could send them, and
    have them kept, without end."""

    def decode(self, encoded_packet: str) -> int:
        """Read a packet; ValueError for one that is to have attachments."""
        if super().decode(encoded_packet) or self.packet_type in (BINARY_EVENT, BINARY_ACK):
            raise ValueError("no attachments")
        return 0


class SocketIo:
    """Serves Socket.IO over WebSocket and long polling. All inside one event loop."""

    def __init__(self, fanout: Fanout, replays: Replays, default: Lang) -> None:
        self._fanout = fanout
        self._replays = replays
        self._default = default
        self._clients: dict[str, Client] = {}
        self._lobby: dict[str, Watcher] = {}
        """Those whose connection is open but who have not asked to come in yet, by its id: they may stay no longer than
        all others."""
        self._tasks: set[asyncio.Task[None]] = set()
        # Who may connect is checked before, for both kinds of sockets alike. Events of one client are handled
        # one after the other, so that a flood of them slows down nobody else.
        self._server = socketio.AsyncServer(
            async_mode="asgi", cors_allowed_origins=[], async_handlers=False, http_compression=False,
            max_http_buffer_size=MAX_MESSAGE, serializer=TextPacket, json=ShallowJson,
            logger=_errors_only("socketio"), engineio_logger=_errors_only("engineio"))
        for name in ("connect", "disconnect", "subscribe", "unsubscribe"):
            self._server.on(name, getattr(self, f"_on_{name}"))
        self._take = self._server.eio.handlers["message"]
        self._greet = self._server.eio.handlers["connect"]
        self._see_off = self._server.eio.handlers["disconnect"]
        self._server.eio.on("message", self._on_packet)
        self._server.eio.on("connect", self._on_open)
        self._server.eio.on("disconnect", self._on_gone)
        self._server.eio.create_queue = _queue_of_this_connection
        self._server.eio.disconnect = self._hang_up

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or one WebSocket."""
        sid = parse_qs(scope["query_string"].decode("latin-1")).get("sid", [""])[0]
        known = self._server.eio.sockets.get(sid)
        queues: list[Queue] = [known.queue] if known is not None else []
        _queues.set(queues)
        if scope["type"] == "http" and known is not None and _has_much(known.queue) and scope["method"] == "POST":
            # It asks and asks without ever coming for the answers.
            await known.close(wait=False)

        answer = Refusals(scope, send, language(Headers(scope=scope).get("accept-language"), self._default))

        async def listen() -> Message:
            # What a client says is answered into a queue without a bound: who takes no answers is not heard.
            while scope["type"] == "websocket" and queues and _has_much(queues[0]):
                await queues[0].join()
            return await receive()

        await self._server.handle_request(scope, listen, answer.send)

    async def close(self) -> None:
        """Disconnect everybody; no task is left."""
        for socket in list(self._server.eio.sockets.values()):
            await socket.close(wait=False)
        await self._server.shutdown()
        tasks = (*(client.pump for client in self._clients.values()), *self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _on_open(self, sid: str, environ: Mapping[str, Any]) -> None:
        """Take a connection, on which its client then asks to come in."""
        await self._greet(sid, environ)
        self._lobby[sid] = self._fanout.join(environ["asgi.scope"][CALLER], everything=False,
                                             on_cut=lambda: self._spawn(self._hang_up(sid)))

    async def _on_gone(self, sid: str, reason: str) -> None:
        self._leave_lobby(sid)
        await self._see_off(sid, reason)

    def _leave_lobby(self, sid: str) -> None:
        waiting = self._lobby.pop(sid, None)
        if waiting is not None:
            self._fanout.leave(waiting)

    async def _on_packet(self, sid: str, data: str | bytes) -> None:
        """Take a packet; who sends what is none has to go, instead of filling the log."""
        try:
            await self._take(sid, data)
        except (ValueError, LookupError, TypeError, RecursionError) as exc:
            logger.info("A client does not speak Socket.IO: %s", printable(shortened(repr(exc), 200)),
                        extra={"action": "live"})
            await self._hang_up(sid)

    async def _hang_up(self, sid: str) -> None:
        """End a connection that broke the rules. Engine.IO's own way waits until everything is taken, which a client
        of long polling that waits for its answer never does."""
        socket = self._server.eio.sockets.get(sid)
        if socket is not None:
            await socket.close(wait=False)
            # Ends a WebSocket or a long poll that is still open; Engine.IO would leave that to the client.
            socket.queue.put_nowait(None)
            self._server.eio.sockets.pop(sid, None)

    async def _on_connect(self, sid: str, environ: Mapping[str, Any], auth: object = None) -> None:
        lang = language(environ.get("HTTP_ACCEPT_LANGUAGE"), self._default)
        socket = self._server.eio.sockets[self._server.manager.eio_sid_from_sid(sid, "/")]
        try:
            watcher = await self._admit(environ["asgi.scope"][CALLER], socket, _wanted(environ, auth))
        except SoftopsError as exc:
            raise socketio.exceptions.ConnectionRefusedError(exc.text(lang)) from exc
        self._leave_lobby(socket.sid)
        pump = asyncio.create_task(self._pump(sid, socket, watcher))
        self._clients[sid] = Client(watcher=watcher, lang=lang, socket=socket, pump=pump)

    async def _admit(self, caller: Caller, socket: AsyncSocket, subscription: Subscription | None) -> Watcher:
        watcher = self._fanout.join(caller, everything=subscription is None,
                                    on_cut=lambda: self._spawn(socket.close(wait=False)))
        try:
            if subscription is not None:
                await self._replays.begin(watcher, subscription)
        except SoftopsError:
            self._fanout.leave(watcher)
            raise
        if socket.closed:
            # It went in the meantime, and a client that was only half connected gets no disconnect.
            self._fanout.leave(watcher)
            raise socketio.exceptions.ConnectionRefusedError
        return watcher

    async def _on_disconnect(self, sid: str, _reason: str) -> None:
        client = self._clients.pop(sid, None)
        if client is not None:
            self._fanout.leave(client.watcher)
            client.pump.cancel()
            # Ends a long poll or a WebSocket that is still open; Engine.IO would leave that to the client.
            client.socket.queue.put_nowait(Packet(CLOSE))
            client.socket.queue.put_nowait(None)
            # What the client still asks for is answered with 400; Engine.IO stumbles over sockets that are closed.
            self._server.eio.sockets.pop(client.socket.sid, None)

    async def _on_subscribe(self, sid: str, wanted: object = None, *_: object) -> Mapping[str, Any]:
        client = self._clients[sid]
        try:
            plan = await self._replays.begin(client.watcher, _read(wanted))
        except SoftopsError as exc:
            return {"ok": False, "error": exc.text(client.lang), "code": exc.code}
        return {"ok": True, "seq": plan.seq}

    async def _on_unsubscribe(self, sid: str, unwanted: object = None, *_: object) -> Mapping[str, Any]:
        client = self._clients[sid]
        try:
            self._replays.end(client.watcher, _read(unwanted))
        except SoftopsError as exc:
            return {"ok": False, "error": exc.text(client.lang), "code": exc.code}
        return {"ok": True}

    async def _pump(self, sid: str, socket: AsyncSocket, watcher: Watcher) -> None:
        """Move what waits for a client to its Engine.IO queue, never more than a batch ahead of it."""
        while not self._server.manager.is_connected(sid, "/"):  # noqa: ASYNC110  it is, in the next turn of the loop
            await asyncio.sleep(0)
        try:
            while True:
                for frame in await watcher.outbox.take(BATCH if socket.upgraded else POLL_BATCH):
                    await socket.send(frame.packet)
                # That queue has no bound of its own.
                await socket.queue.join()
        except (Cut, EngineIOError):
            pass

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _has_much(queue: Queue) -> bool:
    return queue.qsize() >= MOST_ANSWERS


def _queue_of_this_connection() -> Queue:
    """What Engine.IO keeps for a client until it can be sent, made while `serve` handles its first request."""
    queue: Queue = asyncio.Queue()
    _queues.get().append(queue)
    return queue


def _errors_only(name: str) -> logging.Logger:
    """Below that, these libraries log every packet."""
    quiet = logger.getChild(name)
    quiet.setLevel(logging.ERROR)
    return quiet


def _wanted(environ: Mapping[str, Any], auth: object) -> Subscription | None:
    """What a client asks for while it connects: in `auth`, or else in the query."""
    if isinstance(auth, Mapping) and auth:
        return read_subscription(auth)
    # Beside those of the protocol a client may have names of its own.
    return subscription_in(parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True), others=True)


def _read(message: object) -> Subscription:
    if not isinstance(message, Mapping):
        raise BadRequest("BODY_NOT_AN_OBJECT")
    return read_subscription(message)
