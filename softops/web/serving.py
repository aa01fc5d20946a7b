"""uvicorn as softops needs it: bounded in every direction, and with an orderly end."""

from __future__ import annotations

import asyncio
import math
import socket
from functools import partial

import uvicorn

from softops.config import Settings
from softops.web.app import App
from softops.web.connection import HttpConnection
from softops.web.handshake import SocketConnection
from softops.web.sockets import MAX_MESSAGE

GRACE = 5.0
"""Seconds that requests get to finish, and peers to take what was sent to them, when the server ends."""
AFTER_GRACE = 5
"""Seconds after which tasks that have not noticed the end of their connection are cancelled."""
PATIENCE = 30
"""Seconds after which a peer that takes nothing of what was sent to it is given up by the kernel."""
SEND_BUFFER = 256 * 1024
"""Bytes the kernel keeps for one connection; with more a slow watcher would be noticed late."""


class WebServer(uvicorn.Server):
    """Serves one application on sockets that `listen` made. Waiting and listening clients are let go first."""

    def __init__(self, app: App, *, settings: Settings | None = None, grace: float = GRACE) -> None:
        """With `settings` it speaks TLS and believes proxies as they say."""
        cert, key = settings.tls_files if settings is not None else (None, None)
        proxies = settings.trusted_proxies if settings is not None else ""
        super().__init__(uvicorn.Config(
            app, loop="uvloop", http=HttpConnection, ws=SocketConnection, lifespan="off", log_config=None,
            access_log=False, ssl_certfile=cert, ssl_keyfile=key, proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies, server_header=False, ws_max_size=MAX_MESSAGE,
            ws_per_message_deflate=False, timeout_graceful_shutdown=math.ceil(grace) + AFTER_GRACE))
        self._app = app
        self._grace = grace
        self._local: socket.socket | None = None

    def serve_here(self, listener: socket.socket, local: socket.socket | None) -> None:
        """Serve on a TCP socket and, without TLS, on a unix socket until the end."""
        self._local = local
        self.run(sockets=[listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        self._app.live.open()
        await super().startup(sockets)
        if self._local is not None and self.started:
            make = partial(HttpConnection, config=self.config, server_state=self.server_state,
                           app_state=self.lifespan.state)
            self.servers.append(await asyncio.get_running_loop().create_unix_server(make, sock=self._local))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all connections, then everything else."""
        await self._app.close()
        hurry = asyncio.get_running_loop().call_later(self._grace, self._abort)
        try:
            await super().shutdown(sockets)
        finally:
            hurry.cancel()

    def _abort(self) -> None:
        """Drop the connections that are still open: their peers take nothing any more."""
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()


def bounded(listener: socket.socket) -> socket.socket:
    """`listener`, so that no connection it accepts can hold much or hang for ever."""
    if listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE * 1000)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return listener
