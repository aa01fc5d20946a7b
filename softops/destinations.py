"""Names turned into addresses that may be reached, so that what was checked is what is connected to."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.request import getproxies, proxy_bypass

from softops.networks import Networks
from softops.problems import shortened

_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?")


class Barred(Exception):
    """Nobody may be sent there; `reason` and `params` are those of the sentence."""

    def __init__(self, reason: str, **params: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.params = params


def addresses(host: str, port: int, networks: Networks) -> tuple[str, ...]:
    """The addresses of `host` that may be connected to, at least one. Barred when there is none among those that it
    has, OSError when it has none."""
    if not _NAME.fullmatch(host) and not is_address(host):
        # Programs that take escapes or other alphabets in names would go where nobody has looked.
        raise OSError(f"{shortened(host)} is no name of a host")
    found = dict.fromkeys(str(entry[4][0]) for entry in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG if not is_address(host) else 0))
    reasons = {address: networks.refusal(address) for address in found}
    allowed = tuple(address for address, reason in reasons.items() if reason is None)
    if not allowed:
        address, reason = next(iter(reasons.items()))
        raise Barred(str(reason), host=shortened(host), address=address)
    return allowed


def answering(host: str, port: int, networks: Networks, timeout: float) -> str:
    """The first of the addresses that takes a connection, or just the first."""
    found = addresses(host, port, networks)
    for address in found if len(found) > 1 else ():
        try:
            socket.create_connection((address, port), timeout).close()
        except OSError:
            continue
        return address
    return found[0]


def check_by_proxy(host: str, port: int, networks: Networks) -> None:
    """Barred when `host`, which a proxy is to find, leads to a forbidden place as far as this machine can tell."""
    try:
        addresses(host, port, networks)
    except OSError:
        if not _NAME.fullmatch(host):
            raise


def proxy_for(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for these addresses."""
    proxies = getproxies()
    found = proxies.get(scheme) or proxies.get("all")
    if not found or proxy_bypass(host, proxies):
        return None
    return found if "://" in found else f"http://{found}"


def is_address(host: str) -> bool:
    """Whether `host` is an address itself."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
