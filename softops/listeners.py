"""The sockets on which softops is asked: one for the network, and one in its directory for this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from softops.config import Settings
from softops.errors import ConfigError

BACKLOG = 2048
SOCKET_NAME = "softops.sock"


def listen(settings: Settings) -> socket.socket:
    """The TCP socket of the settings; ConfigError when the address can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as exc:
        raise ConfigError("PORT_TAKEN", host=settings.host, port=settings.port,
                          problem=os.strerror(exc.errno) if exc.errno else exc) from exc


def local_socket(settings: Settings) -> Path:
    """Where the command of this machine finds a server that runs here."""
    return settings.var_dir / SOCKET_NAME


@contextmanager
def listening_locally(path: Path) -> Iterator[socket.socket | None]:
    """A unix socket at `path` that only this user of the system may open, gone afterwards; None while another process
    answers there.

    Whoever may open it may do everything, so the rights of the file are the rights of softops.
    """
    if answers(path):
        yield None
        return
    with socket.socket(socket.AF_UNIX) as listener:
        _bind(listener, path)
        try:
            yield listener
        finally:
            path.unlink(missing_ok=True)


def _bind(listener: socket.socket, path: Path) -> None:
    mask = os.umask(0o177)
    try:
        # One that a process has left which was killed.
        path.unlink(missing_ok=True)
        with short(path) as name:
            listener.bind(name)
        listener.listen(BACKLOG)
    except OSError as exc:
        raise ConfigError("VAR_UNUSABLE", path=path, problem=exc.strerror or exc) from exc
    finally:
        os.umask(mask)


def answers(path: Path) -> bool:
    """Whether somebody listens on the unix socket at `path`."""
    with socket.socket(socket.AF_UNIX) as client, short(path) as name:
        client.settimeout(2)
        try:
            client.connect(name)
        except OSError:
            return False
    return True


@contextmanager
def short(path: Path) -> Iterator[str]:
    """A name for `path` that fits into the 108 bytes that a socket's may have."""
    try:
        directory = os.open(path.parent, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        yield str(path)
        return
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def check_tls(settings: Settings) -> None:
    """ConfigError when the certificate and key of the settings can't be used together."""
    cert, key = settings.tls_files
    if (cert is None) != (key is None):
        raise ConfigError("TLS_HALF")
    if cert is None or key is None:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as exc:
        raise ConfigError("TLS_UNUSABLE", cert=cert, key=key, problem=exc) from exc


def check_proxies(settings: Settings) -> None:
    """ConfigError for a proxy that is neither an address nor a network: it would never be believed, or, as `*`, anybody
    who calls themselves one would."""
    for part in filter(None, map(str.strip, settings.trusted_proxies.split(","))):
        try:
            ipaddress.ip_network(part)
        except ValueError as exc:
            raise ConfigError("CONFIG_NETWORKS", name="SOFTOPS_TRUSTED_PROXIES", value=settings.trusted_proxies,
                              problem=exc) from exc
