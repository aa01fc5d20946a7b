"""Whether a caller may act on the servers that a request is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from softops.entities import Server
from softops.errors import Forbidden
from softops.rights import Caller, may_on
from softops.service import Service
from softops.web.endpoint import Call
from softops.web.subscription import Subscription


def permit(caller: Caller, servers: Iterable[Server]) -> None:
    """Forbidden, naming it, for the first server that is not one of the caller's."""
    for server in servers:
        if not may_on(caller, server.groups):
            raise Forbidden("SERVER_FORBIDDEN", server=server.name, user=caller.name,
                            groups=", ".join(caller.groups or ()) or "-")


def permit_id(call: Call[Any, Any], server_id: int) -> None:
    """The same for a server by its id; NotFound when there is none."""
    if call.caller.groups is not None:
        permit(call.caller, [call.service.servers.get(server_id)])


def permit_job(call: Call[Any, Any], job_id: int) -> None:
    """The same for all servers of a job; one that does not exist is left to whoever looks for it."""
    if call.caller.groups is not None:
        ids = sorted({record.server_id for record in call.service.records.job_records(job_id)})
        permit(call.caller, [call.service.servers.get(server_id) for server_id in ids])


def own_servers(call: Call[Any, Any]) -> frozenset[int] | None:
    """The ids of the caller's servers; None: all are."""
    if call.caller.groups is None:
        return None
    return frozenset(server.id for server in call.service.servers.all() if may_on(call.caller, server.groups))


def permit_watching(service: Service, caller: Caller, subscription: Subscription) -> None:
    """Forbidden for the log of a container on a server that is not the caller's: it may tell secrets."""
    if caller.groups is not None and subscription.log is not None:
        permit(caller, [service.servers.get(service.containers.get(subscription.log).server_id)])
