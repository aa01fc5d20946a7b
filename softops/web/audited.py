"""The audit of requests: each change is written down before and after it is made, whatever endpoint makes it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from anyio import to_thread
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from softops.actors import Actor, acted_by
from softops.auditchain import AuditDraft, AuditEntry, Outcome
from softops.auditmasks import masked, masker
from softops.auditnotes import note_of
from softops.errors import SoftopsError
from softops.masking import Masker
from softops.rights import NOBODY, Caller, Right, Via
from softops.service import Service
from softops.trail import Trail
from softops.web.authentication import CALLER
from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.requestid import request_id
from softops.web.schemas import JobRow
from softops.web.sparing import Sparing

DENIED = frozenset({401, 403, 429})
"""Codes of refusals that are written down whatever was asked for."""
Handler = Callable[[Call[Any, Any]], Answer]


class Recorder:
    """Makes the entries of the requests of one server."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._sparing = Sparing()

    def request(self, endpoint: Endpoint, connection: HTTPConnection) -> Doing:
        """What is about to be answered."""
        return Doing(self, endpoint, connection)

    async def denied(self, connection: HTTPConnection, action: str, exc: SoftopsError, target: str = "") -> None:
        """Write down that somebody was turned away, if that is what `exc` says."""
        if exc.code in DENIED:
            draft = note_of(actor_of(connection), self._trail.now(), action, target or connection.url.path,
                            outcome_of(exc.code), code=exc.code, message=str(exc))
            await to_thread.run_sync(self.note, draft)

    def begin(self, draft: AuditDraft) -> AuditEntry:
        """Write down what is about to be done, or raise so that it is not."""
        return self._trail.begin(draft)

    def note(self, draft: AuditDraft) -> None:
        """Write down what has happened; of what strangers are refused, not without end."""
        if draft.via == Via.NOBODY and draft.outcome is Outcome.REFUSED:
            left_out = self._sparing.take(draft.address)
            if left_out is None:
                return
            if left_out:
                draft = replace(draft, after={**(draft.after or {}), "leftOut": left_out})
        self._trail.note(draft)

    @property
    def _trail(self) -> Trail:
        return self._service.trail

    def draft(self, actor: Actor, action: str, target: str, outcome: Outcome, **more: Any) -> AuditDraft:
        """An entry of this moment."""
        return note_of(actor, self._trail.now(), action, target, outcome, **more)


class Doing:
    """One request on its way through an endpoint."""

    def __init__(self, recorder: Recorder, endpoint: Endpoint, connection: HTTPConnection) -> None:
        self._recorder = recorder
        self._endpoint = endpoint
        self._connection = connection
        self._call: Call[Any, Any] | None = None
        self._begun: AuditEntry | None = None
        self._ended = False

    @property
    def changes(self) -> bool:
        """Whether the endpoint may change something."""
        return is_audited(self._endpoint)

    def around(self, handler: Handler | Callable[[Call[Any, Any]], Awaitable[Answer]]) -> Any:
        """The handler, with what it does written down around it; of the same kind."""
        if not self.changes:
            return handler
        if inspect.iscoroutinefunction(handler):
            return lambda call: self._await(handler, call)
        return lambda call: self._run(cast("Handler", handler), call)

    async def refused(self, exc: Exception) -> None:
        """Write down that it failed before the handler or in it, unless that was done."""
        code = exc.code if isinstance(exc, SoftopsError) else 500
        if not self._ended and (self.changes or code in DENIED):
            self._ended = True
            await to_thread.run_sync(self._failed, exc)

    def _run(self, handler: Handler, call: Call[Any, Any]) -> Answer:
        self._begin(call)
        with acted_by(self._actor()):
            try:
                answer = handler(call)
            except Exception as exc:
                self._failed(exc)
                raise
        self._succeeded(answer)
        return answer

    async def _await(self, handler: Callable[[Call[Any, Any]], Awaitable[Answer]], call: Call[Any, Any]) -> Answer:
        await to_thread.run_sync(self._begin, call)
        with acted_by(self._actor()):
            answer = await handler(call)
        await to_thread.run_sync(self._succeeded, answer)
        return answer

    def _begin(self, call: Call[Any, Any]) -> None:
        self._call = call
        # What anybody may ask for is written down afterwards: else strangers could fill the audit.
        if self._endpoint.right is not Right.PUBLIC:
            self._begun = self._recorder.begin(self._draft(Outcome.BEGUN, after=self._asked()))

    def _succeeded(self, answer: Answer) -> None:
        notes = self._call.notes if self._call is not None else None
        if notes is not None and notes.idle:
            self._ended = True
            return
        asked = None if self._begun is not None else self._asked()
        after = notes.after if notes is not None and notes.after is not None else asked
        self._end(self._draft(outcome_of(answer.code), code=answer.code, job_id=_job_of(answer), after=after,
                              message=answer.message if answer.code >= 400 else ""))

    def _failed(self, exc: Exception) -> None:
        known = isinstance(exc, SoftopsError)
        code = exc.code if isinstance(exc, SoftopsError) else 500
        message = self._masker().text(str(exc)) if known else type(exc).__name__
        self._end(self._draft(outcome_of(code), code=code, message=message,
                              after=None if self._begun is not None else self._asked()))

    def _end(self, draft: AuditDraft) -> None:
        self._ended = True
        self._recorder.note(draft)

    def _draft(self, outcome: Outcome, **more: Any) -> AuditDraft:
        notes = self._call.notes if self._call is not None else None
        before = notes.before if notes is not None else None
        return self._recorder.draft(self._actor(), action_of(self._endpoint), self._target(), outcome, before=before,
                                    begun_id=self._begun.id if self._begun is not None else None, **more)

    def _actor(self) -> Actor:
        actor = actor_of(self._connection)
        name = self._call.notes.user if self._call is not None else None
        return actor if name is None else replace(actor, name=name)

    def _target(self) -> str:
        if self._call is not None and self._call.notes.target is not None:
            return self._call.notes.target
        parts = [f"{name}={value}" for name, value in self._connection.path_params.items()]
        name = getattr(self._call.body, "name", None) if self._call is not None else None
        return " ".join([*parts, *([f"name={name}"] if isinstance(name, str) else [])])

    def _asked(self) -> dict[str, Any] | None:
        """What was sent, without secrets."""
        given = self._given()
        return {key: value for one in given for key, value in masked(one).items()} or None

    def _given(self) -> list[BaseModel]:
        call = self._call
        return [one for one in (call.query, call.body) if isinstance(one, BaseModel)] if call is not None else []

    def _masker(self) -> Masker:
        return masker(self._given())


def is_audited(endpoint: Endpoint) -> bool:
    """Whether each request to it has entries in the audit."""
    return endpoint.method != "GET" if endpoint.audited is None else endpoint.audited


def action_of(endpoint: Endpoint) -> str:
    """What the audit calls an endpoint."""
    return f"{endpoint.handler.__module__.rpartition('.')[2]}.{endpoint.handler.__name__}"


def actor_of(connection: HTTPConnection) -> Actor:
    """Who sends a request, as far as that is known by now."""
    caller: Caller = connection.scope.get(CALLER, NOBODY)
    client = connection.client
    address = "" if client is None or caller.via is Via.SOCKET else client.host
    return Actor(name=caller.name, role=caller.role or "", via=caller.via, address=address, request=request_id.get())


def outcome_of(code: int) -> Outcome:
    """What a code of the contract says."""
    if code < 400:
        return Outcome.SUCCESS
    return Outcome.REFUSED if code < 500 else Outcome.FAILED


def _job_of(answer: Answer) -> int | None:
    return answer.data.id if isinstance(answer.data, JobRow) else None
