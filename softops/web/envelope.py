"""The envelope around every answer, and how errors become one."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from softops.errors import HTTP_STATUS, BadRequest, InternalError, NotAllowed, NotFound, SoftopsError, TooLarge, TooMany
from softops.problems import shortened
from softops.texts import Lang
from softops.web.endpoint import Answer
from softops.web.requestid import request_id

logger = logging.getLogger(__name__)

JSON = "application/json; charset=utf-8"
JSON_LINES = "application/x-ndjson; charset=utf-8"
MAX_BODY = 1024 * 1024
"""Bytes of a request's body."""
_HEADERS: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}
"""What whoever is told 503 does: try again after so many seconds."""


def envelope(code: int, message: str, data: object = None, headers: Mapping[str, str] | None = None) -> Response:
    """The answer, with the HTTP status that agrees with its code."""
    body = to_json({"code": code, "message": message, "data": data}, by_alias=True, inf_nan_mode="null")
    return Response(body, HTTP_STATUS.get(code, 500), headers, JSON)


def enveloped(answer: Answer) -> Response:
    """The answer of an endpoint."""
    if answer.lines is not None:
        return StreamingResponse(answer.lines, HTTP_STATUS[answer.code], answer.headers, JSON_LINES)
    response = envelope(answer.code, answer.message, answer.data, answer.headers)
    for cookie in answer.cookies:
        response.headers.append("Set-Cookie", cookie)
    return response


def refused(exc: SoftopsError, lang: Lang) -> Response:
    """The answer to something that can't be done."""
    if exc.code not in range(400, 500):
        logger.warning("%s", exc, extra={"action": "refuse", "reason": exc.reason,
                                           "request": request_id.get()})
    later = {"Retry-After": str(exc.seconds)} if isinstance(exc, TooMany) else None
    return envelope(exc.code, exc.text(lang), headers=later or _HEADERS.get(exc.code))


def broken(exc: Exception, lang: Lang) -> Response:
    """The answer to something nobody foresaw; only the log has more than its name."""
    logger.error("A request failed", exc_info=exc, extra={"action": "request", "request": request_id.get()})
    return refused(InternalError("INTERNAL", detail=type(exc).__name__), lang)


def misdirected(request: Request, exc: HTTPException) -> SoftopsError:
    """The error for a request that no endpoint takes."""
    path = shortened(request.scope["path"])
    if exc.status_code == 404:
        return NotFound("PATH_UNKNOWN", path=path)
    if exc.status_code == 405:
        allowed = sorted((exc.headers or {}).get("Allow", "").split(", "))
        return NotAllowed("METHOD_UNKNOWN", path=path, method=request.method, allowed=", ".join(allowed))
    if exc.status_code == 413:
        return TooLarge("BODY_TOO_LARGE", limit=MAX_BODY // 1024)
    return BadRequest("HTTP_REFUSED", status=exc.status_code)
