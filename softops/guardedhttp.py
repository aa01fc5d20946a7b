"""Connections for httpx that lead only where they may: names are resolved, checked and connected to in one step."""

from __future__ import annotations

from collections.abc import Iterable

import httpcore
import httpx

from softops.destinations import addresses
from softops.networks import Networks

_FAILED = (httpcore.ConnectError, httpcore.ConnectTimeout)


class GuardedTransport(httpx.HTTPTransport):
    """httpx's transport without proxies; `destinations.Barred` for an address that may not be reached."""

    def __init__(self, networks: Networks, *, verify: bool = True) -> None:
        context = httpx.create_ssl_context(verify=verify)
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context, network_backend=_Backend(networks),
            keepalive_expiry=5.0, max_connections=100, max_keepalive_connections=20)


class _Backend(httpcore.NetworkBackend):
    """Opens TCP connections to addresses that were checked."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._real = httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None) -> httpcore.NetworkStream:
        """A connection to the first of the host's addresses that takes one."""
        try:
            found = addresses(host, port, self._networks)
        except OSError as exc:
            raise httpcore.ConnectError(str(exc)) from exc
        failure: Exception | None = None
        for address in found:
            try:
                return self._real.connect_tcp(address, port, timeout, local_address, socket_options)
            except _FAILED as exc:
                failure = exc
        assert failure is not None  # noqa: S101  there is at least one address
        raise failure
