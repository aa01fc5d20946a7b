"""The live channel at one path: Socket.IO for those who speak it, plain WebSocket for all others."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs

from starlette.types import Receive, Scope, Send

from softops.actors import Actor
from softops.auditchain import Outcome
from softops.errors import Forbidden
from softops.rights import Caller
from softops.service import Service
from softops.web.doorkeeper import Doorkeeper
from softops.web.fanout import Fanout
from softops.web.logs import Logs
from softops.web.permits import permit_watching
from softops.web.plainsocket import PlainSocket
from softops.web.replay import Replays
from softops.web.requestid import request_id
from softops.web.sockets import SocketIo
from softops.web.subscription import Subscription


class Live:
    """Everything that has open connections, inside one event loop."""

    def __init__(self, service: Service) -> None:
        lang = service.settings.language
        self._fanout = Fanout(service.hub)
        self._replays = Replays(self._fanout, service.hub, service.records, Logs(service.looks),
                                partial(_permit, service))
        self._doorkeeper = Doorkeeper(self._fanout, service.accounts.current)
        self._plain = PlainSocket(self._fanout, self._replays, lang)
        self._socketio = SocketIo(self._fanout, self._replays, lang)
        self._open = False

    @property
    def watchers(self) -> int:
        """How many clients listen."""
        return self._fanout.watchers

    def open(self) -> None:
        """Begin to listen to the hub; the first call counts."""
        if not self._open:
            self._open = True
            self._fanout.open()
            self._doorkeeper.open()

    async def close(self) -> None:
        """Let all clients go; no task is left."""
        self._fanout.close()
        await self._doorkeeper.close()
        await self._replays.close()
        await self._socketio.close()

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        self.open()
        if scope["type"] == "websocket" and "EIO" not in parse_qs(scope["query_string"].decode("latin-1")):
            await self._plain.serve(scope, receive, send)
        else:
            await self._socketio.serve(scope, receive, send)


def _permit(service: Service, caller: Caller, subscription: Subscription) -> None:
    try:
        permit_watching(service, caller, subscription)
    except Forbidden as exc:
        actor = Actor(name=caller.name, role=caller.role or "", via=caller.via, request=request_id.get())
        service.trail.tell("live.watch", f"log of container {subscription.log}", Outcome.REFUSED, actor, code=exc.code,
                           message=str(exc))
        raise
