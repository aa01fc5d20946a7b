"""The server inside a command, for machines where none runs."""

from __future__ import annotations

import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from softops.client import Address
from softops.config import Settings
from softops.errors import ServerUnavailable
from softops.listeners import BACKLOG
from softops.logs import configure_logging
from softops.service import Service
from softops.web.app import create_app
from softops.web.serving import WebServer, bounded

POLL = 0.005
"""Seconds between two looks at whether it serves."""


@contextmanager
def embedded_server(settings: Settings) -> Iterator[Address]:
    """The application inside this process, on a unix socket that only this user reaches; gone afterwards."""
    # What a server would log is of no interest to somebody who typed one command, unless it is a fault of softops.
    configure_logging(settings, level="ERROR")
    with _short_path() as path:
        service = Service(settings, takes_all=False)
        service.start()
        try:
            with _served(service, path):
                yield Address(url="http://softops", socket=path)
        finally:
            service.stop()


@contextmanager
def _short_path() -> Iterator[Path]:
    """A path for a socket in a new directory of this user alone."""
    with tempfile.TemporaryDirectory(prefix="softops-") as directory:
        # Paths of sockets have 108 bytes at most, and TMPDIR may be long.
        number = os.open(directory, os.O_PATH | os.O_CLOEXEC)
        try:
            yield Path(f"/proc/self/fd/{number}/socket")
        finally:
            os.close(number)


@contextmanager
def _served(service: Service, path: Path) -> Iterator[None]:
    server = WebServer(create_app(service), grace=1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(BACKLOG)
        thread = threading.Thread(target=server.run, args=([bounded(listener)],), name="embedded-server")
        thread.start()
        try:
            while not server.started:
                if not thread.is_alive():
                    raise ServerUnavailable("SERVER_NOT_STARTED", problem="uvicorn")
                thread.join(POLL)
            yield
        finally:
            server.should_exit = True
            thread.join()
