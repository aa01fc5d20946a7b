"""The long-running server: the application on a TCP port, with logging and an orderly end."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
from types import FrameType

from softops import __version__
from softops.config import Settings
from softops.errors import ConfigError
from softops.logs import configure_logging, log_ends_of_threads
from softops.service import Service
from softops.web.app import create_app
from softops.web.serving import BACKLOG, WebServer, bounded

logger = logging.getLogger(__name__)


def run_server(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then end in order. ConfigError before anything is touched when the
    address can't be used."""
    _refuse_others(settings)
    configure_logging(settings)
    log_ends_of_threads()
    with _listen(settings) as listener:
        service = Service(settings)
        server = WebServer(create_app(service))
        _end_on_signals(server)
        service.start()
        try:
            logger.info("softops %s listens on %s", __version__, _url(listener), extra={"action": "listen"})
            server.run(sockets=[listener])
        finally:
            # A second Ctrl-C does not wait for running jobs to be closed.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            service.stop()
            logger.info("softops has ended", extra={"action": "end"})


def _refuse_others(settings: Settings) -> None:
    if settings.host == "localhost":
        return
    try:
        loopback = ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError("HOST_NOT_LOOPBACK", host=settings.host, port=settings.port)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return bounded(socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG))
    except OSError as exc:
        raise ConfigError("PORT_TAKEN", host=settings.host, port=settings.port,
                          problem=os.strerror(exc.errno) if exc.errno else exc) from exc


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _end_on_signals(server: WebServer) -> None:
    """uvicorn takes the signals while it serves and raises them again afterwards; before and after it this does."""
    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
