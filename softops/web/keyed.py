"""Requests with an Idempotency-Key: the same one is answered with the job that it has made already."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, cast

from anyio import to_thread
from starlette.requests import Request

from softops.entities import Job
from softops.errors import SoftopsError
from softops.idempotency import making
from softops.requestkeys import HEADER, KeyedRequest, digest_of, read_key
from softops.rights import Caller
from softops.web.endpoint import Answer, Call, Endpoint, Handler

REPLAYED = "Idempotent-Replayed"
"""The header that says so."""
Plain = Callable[..., Answer]
Waiting = Callable[..., Awaitable[Answer]]


def keyed_request(endpoint: Endpoint, request: Request, caller: Caller, body: bytes) -> KeyedRequest | None:
    """The request as its key makes it known; None where it has none, or makes no job anyway."""
    key = read_key(request.headers.getlist(HEADER)) if endpoint.again is not None else None
    if key is None:
        return None
    digest = digest_of(request.method, request.scope["path"], request.scope["query_string"], body)
    return KeyedRequest(user=caller.name, key=key, digest=digest)


def once(endpoint: Endpoint) -> Handler:
    """The handler of the endpoint, of the same kind, that makes no second job for the same request."""
    if endpoint.again is None:
        return endpoint.handler
    if inspect.iscoroutinefunction(endpoint.handler):
        return partial(_wait_once, cast("Waiting", endpoint.handler), cast("Waiting", endpoint.again))
    return partial(_run_once, cast("Plain", endpoint.handler), cast("Plain", endpoint.again))


def _run_once(handler: Plain, again: Plain, call: Call[Any, Any]) -> Answer:
    if call.keyed is None:
        return handler(call)
    if (job := _job(call)) is not None:
        return _replayed(again(call, job))
    try:
        with making(call.keyed):
            return handler(call)
    except SoftopsError:
        # The same request may have come twice at once: the other one was faster, and whatever stops this one now
        # is what that one did.
        if (job := _job(call)) is None:
            raise
    return _replayed(again(call, job))


async def _wait_once(handler: Waiting, again: Waiting, call: Call[Any, Any]) -> Answer:
    if call.keyed is None:
        return await handler(call)
    if (job := await to_thread.run_sync(_job, call)) is not None:
        return _replayed(await again(call, job))
    try:
        with making(call.keyed):
            return await handler(call)
    except SoftopsError:
        if (job := await to_thread.run_sync(_job, call)) is None:
            raise
    return _replayed(await again(call, job))


def _job(call: Call[Any, Any]) -> Job | None:
    made = call.service.idempotency.made_by(call.keyed) if call.keyed is not None else None
    return call.service.records.job(made) if made is not None else None


def _replayed(answer: Answer) -> Answer:
    return replace(answer, headers={**answer.headers, REPLAYED: "true"})
