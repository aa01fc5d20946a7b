"""What an endpoint is: one row of the route table, from which routes and OpenAPI document are both made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from anyio import CapacityLimiter
from pydantic import BaseModel
from starlette.requests import Request

from softops.requestkeys import KeyedRequest
from softops.rights import Caller, Right, Via
from softops.service import Service
from softops.texts import Lang, render
from softops.web.prefer import Prefer

Q = TypeVar("Q", bound=BaseModel | None)
B = TypeVar("B", bound=BaseModel | None)


@dataclass(kw_only=True, slots=True)
class Notes:
    """What an endpoint lets the audit know beside what it was asked: whatever it does not set stays as it would be."""

    user: str | None = None
    """Who it was, where that is found out by the request itself."""
    target: str | None = None
    idle: bool = False
    """Whether there was nothing to do for a stranger, of which nothing is written down."""
    before: Mapping[str, Any] | None = None
    """How it was. No secrets, here and in `after`: `auditmasks.masked` takes them out."""
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[Q, B]):
    """One request, read and checked."""

    service: Service
    request: Request
    caller: Caller
    lang: Lang
    prefer: Prefer
    id: int
    """The number in the path; 0 where the path has none."""
    query: Q
    body: B
    stopping: Callable[[], bool]
    """Whether the server is about to end."""
    waiters: CapacityLimiter
    """The threads in which callers wait for jobs."""
    keyed: KeyedRequest | None = None
    """The request with its Idempotency-Key, where it has one that counts."""
    notes: Notes = field(default_factory=Notes)
    """For the audit."""

    def user(self, given: str | None) -> str:
        """Whose name the work gets: the caller's, or the `given` one where softops has to believe what it is told."""
        if self.caller.via in (Via.OPEN, Via.SOCKET) and given:
            return given
        return self.caller.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an endpoint answers. `data` is made of models, or plain JSON values."""

    data: object
    message: str = "success"
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    """What Set-Cookie says beside `headers`, which have it but once."""
    lines: Iterator[bytes] | None = None
    """What is sent part by part instead, as lines of JSON; it runs in threads."""


Handler = Callable[..., Answer] | Callable[..., Awaitable[Answer]]
"""What answers a call."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One path and method.

    A plain function runs in a thread, where it may use SQL; a coroutine function runs in the event loop.
    """

    method: Literal["GET", "POST", "DELETE"]
    right: Right
    """What a caller needs. Those that also depend on servers ask `permits.py` for each."""
    path: str
    summary: str
    handler: Handler
    answer: Any
    """The type of `data`, as pydantic understands it."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    codes: tuple[int, ...] = (200,)
    """The codes it answers of itself; what any request may get for being wrong is not among them."""
    slow: bool = False
    """Whether it may take seconds and gets a thread of those kept for such work."""
    audited: bool | None = None
    """Whether each request has entries in the audit; None: unless it only reads. Who says no here has to see to it that
    what it changes has its entry elsewhere."""
    again: Handler | None = None
    """How it answers a request, and the job that this has made already, instead of making another one (`keyed.py`);
    of the same kind as the handler. None: it makes no job."""
    raw: bool = False
    """Whether it reads the body itself, and the path holds a text in place of a number."""
    lines: bool = False
    """Whether it answers lines of JSON instead of an envelope."""

    @property
    def name(self) -> str:
        """The name of the number in the path; empty where there is none."""
        return self.path.partition("{")[2].partition("}")[0]


def told(call: Call[Any, Any], reason: str, data: object, *, code: int = 200, headers: Mapping[str, str] | None = None,
         **params: object) -> Answer:
    """An answer whose message is a sentence in the caller's language."""
    return Answer(data=data, message=render(reason, call.lang, params), code=code, headers=headers or {})
