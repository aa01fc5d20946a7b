"""The long-running server: the application on a TCP port, with logging and an orderly end."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import sys
from types import FrameType

from softops import __version__
from softops.config import Settings
from softops.errors import ConfigError
from softops.listeners import check_proxies, check_tls, listen, listening_locally, local_socket
from softops.logs import configure_logging, log_ends_of_threads
from softops.service import Service
from softops.texts import render
from softops.web.app import create_app
from softops.web.serving import WebServer, bounded

logger = logging.getLogger(__name__)


def run_server(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then end in order. ConfigError before anything is touched when the
    address can't be used."""
    _check(settings)
    configure_logging(settings)
    log_ends_of_threads()
    with bounded(listen(settings)) as listener:
        service = Service(settings)
        server = WebServer(create_app(service), settings=settings)
        _end_on_signals(server)
        service.start()
        try:
            _say_hello(settings, service, url_of(settings, listener))
            with listening_locally(local_socket(settings)) as local:
                server.serve_here(listener, local)
        finally:
            # A second Ctrl-C does not wait for running jobs to be closed.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            service.stop()
            logger.info("softops has ended", extra={"action": "end"})


def _check(settings: Settings) -> None:
    if settings.auth == "none" and not _is_loopback(settings.host):
        raise ConfigError("AUTH_NONE_OPEN", host=settings.host)
    check_tls(settings)
    check_proxies(settings)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _say_hello(settings: Settings, service: Service, url: str) -> None:
    logger.info("softops %s listens on %s", __version__, url, extra={"action": "listen"})
    if settings.auth == "none":
        logger.warning("SOFTOPS_AUTH=none: whoever reaches %s may do everything. Leave SOFTOPS_AUTH out to have users.",
                       url, extra={"action": "open"})
    elif not settings.is_secure and not _is_loopback(settings.host):
        logger.warning("Passwords and tokens travel to %s in clear text. Set SOFTOPS_TLS_CERT and SOFTOPS_TLS_KEY, "
                       "or put a proxy with TLS before it and set SOFTOPS_PUBLIC_URL.", url, extra={"action": "clear"})
    secret = service.accounts.setup_secret()
    if secret is not None and settings.auth != "none":
        # Not into the log, which others may read: to whoever started softops.
        print(render("SETUP_TOKEN", settings.language, {"url": settings.public_url or url, "token": secret}),
              file=sys.stderr, flush=True)


def url_of(settings: Settings, listener: socket.socket) -> str:
    """Where browsers of this machine find it."""
    host, port = listener.getsockname()[:2]
    scheme = "http" if settings.tls_cert is None else "https"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _end_on_signals(server: WebServer) -> None:
    """uvicorn takes the signals while it serves and raises them again afterwards; before and after it this does."""
    def end(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
