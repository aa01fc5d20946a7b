"""Reading the body of a request, within limits of size and time."""

from __future__ import annotations

from asyncio import timeout
from contextlib import aclosing

from starlette.requests import Request

from softops.errors import BadRequest, TooLarge
from softops.web.envelope import MAX_BODY

BODY_TIME = 30.0
"""Seconds within which a body has to be here."""


async def whole_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body; TooLarge before any of it is read when it is said to have more than `limit` bytes, or as soon as more
    have come, BadRequest when it takes too long."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        async with timeout(BODY_TIME), aclosing(request.stream()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as exc:
        raise BadRequest("BODY_LATE", seconds=round(BODY_TIME)) from exc
    return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge("BODY_TOO_LARGE", limit=limit // 1024)
