"""Where the command line finds its server: the running one, or the very same one started inside this process."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from softops.client import Address, Client
from softops.config import Settings
from softops.keptlogins import my_logins
from softops.listeners import answers, local_socket, short
from softops.texts import Lang

LOCAL = "http://softops"
"""A URL for what has none."""


@contextmanager
def reach_server(settings: Settings, lang: Lang) -> Iterator[Client]:
    """A client of the server at SOFTOPS_URL; where that is not set, of the one that runs here, and where none does, of
    one inside this process.

    Both speak the same HTTP and WebSocket with the same application, so nothing else has to know the difference.
    """
    if "url" in settings.model_fields_set or answers(local_socket(settings)) or _listens(server_url(settings)):
        with running_server(settings, lang) as client:
            yield client
    else:
        # Imported only now: most commands talk to a running server and need none of it.
        from softops.embedded import embedded_server

        with embedded_server(_spoken(settings, lang)) as address, _client(address, lang) as client:
            yield client


@contextmanager
def running_server(settings: Settings, lang: Lang) -> Iterator[Client]:
    """A client of the server at SOFTOPS_URL; where that is not set, of this machine's, by its unix socket if
    possible: whoever may open that needs no token."""
    local = local_socket(settings)
    if "url" not in settings.model_fields_set and answers(local):
        with short(local) as name, _client(Address(url=LOCAL, socket=Path(name)), lang) as client:
            yield client
    else:
        url = server_url(settings)
        token = settings.token or my_logins().find(url)
        with _client(Address(url=url, token=token), lang) as client:
            yield client


def _spoken(settings: Settings, lang: Lang) -> Settings:
    """The settings with this terminal's language for what is stored, unless one was chosen."""
    return settings if "language" in settings.model_fields_set else settings.model_copy(update={"language": lang})


def server_url(settings: Settings) -> str:
    """SOFTOPS_URL; where that is not set, what `softops serve` would listen on with the same settings."""
    if "url" in settings.model_fields_set or not {"host", "port"} & settings.model_fields_set:
        return settings.url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


@contextmanager
def _client(address: Address, lang: Lang) -> Iterator[Client]:
    client = Client(address, lang=lang)
    try:
        yield client
    finally:
        client.close()


def _listens(url: str) -> bool:
    """Whether anything answers there; only a refused connection says no."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=2).close()
    except ConnectionRefusedError:
        return False
    except OSError:
        return True
    return True
