"""The application: one ASGI callable for HTTP and both kinds of sockets."""

from __future__ import annotations

import logging
import time

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from softops import __version__
from softops.errors import NotFound, SoftopsError
from softops.problems import shortened
from softops.rights import Right
from softops.service import Service
from softops.texts import Lang
from softops.web.authentication import Gate
from softops.web.envelope import broken, refused
from softops.web.guard import check_caller
from softops.web.language import language
from softops.web.live import Live
from softops.web.openapi import document
from softops.web.requestid import HEADER, answering, name_request
from softops.web.routes import Handlers
from softops.web.table import ENDPOINTS

logger = logging.getLogger(__name__)

LIVE_PATHS = frozenset({"/socket.io", "/socket.io/"})
OPENAPI = "/api/openapi.json"
SAFETY = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
          "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
"""What browsers are told of every answer: it is data, no page, and belongs into no frame."""


class App:
    """What an ASGI server calls.

    With the lifespan protocol it starts and stops the service; without it that is the caller's task.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = False
        self.lang: Lang = service.settings.language
        """The language of those who name none."""
        self.live = Live(service)
        self._gate = Gate(service.settings, service.accounts)
        handlers = Handlers(service, self._gate, lambda: self._stopping)
        self._recorder = handlers.recorder
        self._http = handlers.application(ENDPOINTS)
        description = document(ENDPOINTS, __version__)
        self._http.router.routes.append(Route(OPENAPI, handlers.guarded(Right.READ, lambda: JSONResponse(description))))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, one WebSocket, or the life of the server."""
        if scope["type"] == "lifespan":
            await self._live_with(receive, send)
        elif scope["type"] == "websocket":
            await self._connect(scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def close(self) -> None:
        """Let everybody go who waits or listens, so that the server can end."""
        self._stopping = True
        await self.live.close()

    async def _live_with(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await to_thread.run_sync(self._service.start)
        except SoftopsError as exc:
            await send({"type": "lifespan.startup.failed", "message": str(exc)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await to_thread.run_sync(self._service.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _connect(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = name_request(Headers(scope=scope).get(HEADER))
        answer = _Answer(send, name, is_secure=self._service.settings.is_secure)
        with answering(name):
            try:
                check_caller(scope, self._service.settings, live=True)
                _check_path(scope)
                await self._gate.admit(scope, Right.READ)
            except SoftopsError as exc:
                await self._recorder.denied(HTTPConnection(scope), "live.connect", exc)
                await receive()
                await _turn_away(refused(exc, self._language(scope)), answer.send)
            else:
                await self.live.serve(scope, receive, answer.send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = name_request(Headers(scope=scope).get(HEADER))
        answer = _Answer(send, name, is_secure=self._service.settings.is_secure)
        started = time.monotonic()
        with answering(name):
            try:
                await self._handle(scope, receive, answer)
            finally:
                level = logging.DEBUG if scope["method"] == "GET" else logging.INFO
                logger.log(level, "%s %s: %s in %.0f ms", scope["method"],
                           scope["raw_path"].decode("ascii", "replace"), answer.status,
                           1000 * (time.monotonic() - started), extra={"action": "request"})

    async def _handle(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        is_live = scope["path"] in LIVE_PATHS
        try:
            check_caller(scope, self._service.settings, live=is_live)
            if is_live:
                await self._gate.admit(scope, Right.READ)
            await (self.live.serve if is_live else self._http)(scope, receive, answer.send)
        except SoftopsError as exc:
            await self._recorder.denied(HTTPConnection(scope), "live.connect" if is_live else "request", exc)
            await refused(exc, self._language(scope))(scope, receive, answer.send)
        except Exception as exc:
            if answer.status:
                raise
            await broken(exc, self._language(scope))(scope, receive, answer.send)

    def _language(self, scope: Scope) -> Lang:
        return language(Headers(scope=scope).get("accept-language"), self.lang)


class _Answer:
    """Sends an answer with the headers that every answer has."""

    def __init__(self, send: Send, name: str, *, is_secure: bool) -> None:
        self._send = send
        self._name = name
        self._safety = SAFETY | ({"Strict-Transport-Security": "max-age=31536000"} if is_secure else {})
        self.status = 0
        """0: nothing was sent yet."""

    async def send(self, message: Message) -> None:
        """Pass a message of the application on."""
        if message["type"] in ("http.response.start", "websocket.http.response.start", "websocket.accept"):
            self.status = message.get("status", 101)
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            headers[HEADER] = self._name
            for header, value in self._safety.items():
                headers.setdefault(header, value)
            headers.setdefault("Cache-Control", "no-store")
        await self._send(message)


def create_app(service: Service) -> App:
    """The application over `service`."""
    return App(service)


def _check_path(scope: Scope) -> None:
    if scope["path"] not in LIVE_PATHS:
        raise NotFound("PATH_UNKNOWN", path=shortened(scope["path"]))


async def _turn_away(response: Response, send: Send) -> None:
    """Refuse a WebSocket with an HTTP answer, which is allowed before it is accepted."""
    await send({"type": "websocket.http.response.start", "status": response.status_code,
                "headers": response.raw_headers})
    await send({"type": "websocket.http.response.body", "body": response.body})
