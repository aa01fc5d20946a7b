"""From the route table to an application: requests read and checked, handlers run, answers wrapped."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qs

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from softops.errors import BadRequest, SoftopsError
from softops.problems import shortened
from softops.rights import Right
from softops.service import Service
from softops.texts import Lang
from softops.web.audited import Doing, Recorder
from softops.web.authentication import Gate
from softops.web.bodies import whole_body
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.envelope import broken, enveloped, misdirected, refused
from softops.web.keyed import keyed_request, once
from softops.web.language import language
from softops.web.parameters import Given, read_id
from softops.web.prefer import read_prefer
from softops.web.validation import is_list, names_of, read_json, read_values

QUICK_THREADS = 40
SLOW_THREADS = 32
WAITING_THREADS = 256
"""Callers that wait for a job at the same time; more of them take turns."""
MAX_FIELDS = 20_000
"""Values in a query."""
NO_BODY = (b"", b"{}", b"null")


class Handlers:
    """Runs the endpoints of one service."""

    def __init__(self, service: Service, gate: Gate, stopping: Callable[[], bool]) -> None:
        self._service = service
        self._gate = gate
        self.recorder = Recorder(service)
        self._stopping = stopping
        self._quick = CapacityLimiter(QUICK_THREADS)
        self._slow = CapacityLimiter(SLOW_THREADS)
        self._waiters = CapacityLimiter(WAITING_THREADS)

    def application(self, endpoints: Sequence[Endpoint]) -> Starlette:
        """The application that answers all of them, and everything else with a refusal."""
        paths: dict[str, dict[str, Endpoint]] = defaultdict(dict)
        for endpoint in endpoints:
            paths[endpoint.path][endpoint.method] = endpoint
        routes = [Route(path, self._route(methods), methods=list(methods)) for path, methods in paths.items()]
        app = Starlette(routes=routes, exception_handlers={HTTPException: self._on_http_exception})
        # A redirect would be an answer without an envelope.
        app.router.redirect_slashes = False
        return app

    def guarded(self, right: Right, answer: Callable[[], Response]) -> Callable[[Request], Any]:
        """`answer` for a route beside the endpoints, for those who have the right."""
        async def route(request: Request) -> Response:
            try:
                await self._gate.admit(request.scope, right)
            except SoftopsError as exc:
                await self.recorder.denied(request, "request", exc)
                return refused(exc, self._language(request))
            return answer()

        return route

    def _route(self, methods: Mapping[str, Endpoint]) -> Callable[[Request], Any]:
        async def route(request: Request) -> Response:
            # HEAD is GET without its body, which uvicorn leaves out.
            return await self._answer(methods.get(request.method) or methods["GET"], request)

        return route

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        lang, doing = self._language(request), self.recorder.request(endpoint, request)
        try:
            return enveloped(await self._run(endpoint, await self._read(endpoint, request, lang), doing))
        except SoftopsError as exc:
            await doing.refused(exc)
            return refused(exc, lang)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as exc:  # noqa: BLE001  logged with its traceback
            await doing.refused(exc)
            return broken(exc, lang)

    async def _run(self, endpoint: Endpoint, call: Call[Any, Any], doing: Doing) -> Answer:
        around = doing.around(once(endpoint))
        if inspect.iscoroutinefunction(endpoint.handler):
            answer: Answer = await around(call)
            return answer
        handler = cast("Callable[[Call[Any, Any]], Answer]", around)
        return await to_thread.run_sync(handler, call, limiter=self._slow if endpoint.slow else self._quick)

    async def _read(self, endpoint: Endpoint, request: Request, lang: Lang) -> Call[Any, Any]:
        caller = await self._gate.admit(request.scope, endpoint.right)
        has_number = endpoint.name and not endpoint.raw
        number = read_id(endpoint.name, request.path_params[endpoint.name]) if has_number else 0
        query = _read_query(endpoint, request.scope["query_string"])
        body = b"" if endpoint.raw else await whole_body(request)
        return Call(service=self._service, request=request, caller=caller, lang=lang, stopping=self._stopping,
                    id=number, waiters=self._waiters,
                    prefer=read_prefer(request.headers.getlist("prefer")), query=query,
                    body=_read_body(endpoint, body), keyed=keyed_request(endpoint, request, caller, body))

    def _language(self, request: Request) -> Lang:
        return language(request.headers.get("accept-language"), self._service.settings.language)

    async def _on_http_exception(self, request: Request, exc: Exception) -> Response:
        if not isinstance(exc, HTTPException):
            raise exc
        response = refused(misdirected(request, exc), self._language(request))
        response.headers.update(exc.headers or {})
        return response


def _read_query(endpoint: Endpoint, query: bytes) -> BaseModel | None:
    try:
        given = parse_qs(query.decode("ascii"), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError as exc:
        raise BadRequest("QUERY_UNREADABLE", problem=exc) from exc
    # `_` is what some browsers' libraries add against caches.
    given.pop("_", None)
    if endpoint.method == "GET":
        # Forms send the filters that nobody filled in as empty texts.
        given = {name: values for name, values in given.items() if values != [""]}
    model = endpoint.query or Given
    query_model = read_values(model, {name: _value(model, name, values) for name, values in given.items()})
    return query_model if endpoint.query else None


def _value(model: type[BaseModel], name: str, values: list[str]) -> str | list[str]:
    if "" in values:
        raise BadRequest("QUERY_EMPTY", name=shortened(name))
    if is_list(model, name):
        return values
    if len(values) > 1:
        raise BadRequest("QUERY_TWICE", name=shortened(name))
    return values[0]


def _read_body(endpoint: Endpoint, body: bytes) -> BaseModel | None:
    if endpoint.body is not None:
        return read_json(endpoint.body, body if body.strip() else b"{}")
    if endpoint.method != "GET" and body.strip() not in NO_BODY:
        names = names_of(endpoint.query) if endpoint.query else []
        raise BadRequest("BODY_NOT_WANTED", path=endpoint.path, names=", ".join(names) or "-")
    return None
