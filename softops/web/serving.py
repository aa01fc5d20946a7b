"""uvicorn as softops needs it: bounded in every direction, and with an orderly end."""

from __future__ import annotations

import socket

import uvicorn

from softops.web.app import App
from softops.web.sockets import MAX_MESSAGE

GRACE = 5
"""Seconds that requests get to finish when the server ends."""
PATIENCE = 30
"""Seconds after which a peer that takes nothing of what was sent to it is given up by the kernel."""
SEND_BUFFER = 256 * 1024
"""Bytes the kernel keeps for one connection; with more a slow watcher would be noticed late."""
BACKLOG = 2048


class WebServer(uvicorn.Server):
    """Serves one application on sockets that `listen` made. Waiting and listening clients are let go first."""

    def __init__(self, app: App, *, grace: int = GRACE) -> None:
        super().__init__(uvicorn.Config(
            app, loop="uvloop", http="httptools", lifespan="off", log_config=None, access_log=False,
            proxy_headers=False, server_header=False, ws_max_size=MAX_MESSAGE, ws_per_message_deflate=False,
            timeout_graceful_shutdown=grace))
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        self._app.live.open()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all connections, then everything else."""
        await self._app.close()
        await super().shutdown(sockets)


def bounded(listener: socket.socket) -> socket.socket:
    """`listener`, so that no connection it accepts can hold much or hang for ever."""
    if listener.family != socket.AF_UNIX:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE * 1000)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    return listener
