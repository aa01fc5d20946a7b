"""Which requests are heard at all: those meant for this server, and of pages those that it served itself."""

from __future__ import annotations

import ipaddress
import socket
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
    if is_unix_socket(scope):
        return
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    host = ", ".join(hosts)
    if len(hosts) != 1 or not _is_own(_name(host), settings):
        raise Forbidden("HOST_FORBIDDEN", host=host or "-", port=settings.port)
    origins = headers.getlist("origin")
    if (live or scope.get("method") not in SAFE_METHODS) and not (
            _same_origin(origins, host, settings.public_url) and _as_secure(origins, scope, host, settings.public_url)):
        raise Forbidden("ORIGIN_FORBIDDEN", origin=", ".join(origins), host=host)


def is_unix_socket(scope: Scope) -> bool:
    """Whether the caller came through a file, which no browser does."""
    server = scope.get("server")
    return server is not None and server[1] is None


def _is_own(name: str | None, settings: Settings) -> bool:
    """Whether it is a name of this server. Where users log in, any address is: only names can be rebound."""
    own = {settings.host.lower(), urlsplit(settings.public_url).hostname}
    if name is None or name in LOOPBACK | own:
        return name is not None
    if settings.auth == "none":
        return False
    return _is_address(name) or name in {socket.gethostname().lower(), socket.getfqdn().lower()}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _same_origin(origins: list[str], host: str, public: str) -> bool:
    """Whether `origins`, the Origin header, is absent, or names `host` or the URL under which it is `public`."""
    if not origins:
        return True
    scheme = origins[0].partition("://")[0]
    return len(origins) == 1 and scheme in DEFAULT_PORTS and (
        _address(origins[0], scheme) == _address(f"{scheme}://{host}", scheme) is not None
        or _is_public(origins[0], scheme, public))


def _as_secure(origins: list[str], scope: Scope, host: str, public: str) -> bool:
    """Whether no page that came in clear text, which anybody on the way may have written, asks over TLS."""
    own = urlsplit(public)
    secure = scope.get("scheme") in {"https", "wss"} or (own.scheme == "https" and own.hostname == _name(host))
    return not secure or all(origin.startswith("https://") for origin in origins)


def _is_public(origin: str, scheme: str, public: str) -> bool:
    return public.lower().startswith(f"{scheme}://") and (
        _address(origin, scheme) == _address(public, scheme) is not None)


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
