"""Who may talk to a server that has no users yet: programs of this machine, and pages that it served itself."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from softops.config import Settings
from softops.errors import Forbidden

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_PORTS = {"http": 80, "https": 443}


def check_caller(scope: Scope, settings: Settings, *, live: bool) -> None:
    """Forbidden for names that are not this server's (DNS rebinding) and for pages of other origins.

    Of those, only reading over HTTP is let through: browsers keep the answer from the page. `live`: whether
    this is the live channel, where they do not.
    """
    if _is_unix_socket(scope):
        return
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    host = ", ".join(hosts)
    if len(hosts) != 1 or _name(host) not in LOOPBACK | {settings.host.lower()}:
        raise Forbidden("HOST_FORBIDDEN", host=host or "-", port=settings.port)
    if (live or scope.get("method") not in SAFE_METHODS) and not _same_origin(headers.getlist("origin"), host):
        raise Forbidden("ORIGIN_FORBIDDEN", origin=", ".join(headers.getlist("origin")), host=host)


def _is_unix_socket(scope: Scope) -> bool:
    """Whether the caller came through a file, which no browser does."""
    server = scope.get("server")
    return server is not None and server[1] is None


def _same_origin(origins: list[str], host: str) -> bool:
    """Whether `origins`, the Origin header, is absent or names `host`."""
    if not origins:
        return True
    scheme = origins[0].partition("://")[0]
    return len(origins) == 1 and scheme in DEFAULT_PORTS and (
        _address(origins[0], scheme) == _address(f"{scheme}://{host}", scheme) is not None)


def _address(url: str, scheme: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "", parts.port or DEFAULT_PORTS[scheme])
    except ValueError:
        return None


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
