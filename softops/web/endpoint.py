"""What an endpoint is: one row of the route table, from which routes and OpenAPI document are both made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from anyio import CapacityLimiter
from pydantic import BaseModel
from starlette.requests import Request

from softops.service import Service
from softops.texts import Lang, render
from softops.web.prefer import Prefer

Q = TypeVar("Q", bound=BaseModel | None)
B = TypeVar("B", bound=BaseModel | None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[Q, B]):
    """One request, read and checked."""

    service: Service
    request: Request
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an endpoint answers. `data` is made of models, or plain JSON values."""

    data: object
    message: str = "success"
    code: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """One path and method.

    A plain function runs in a thread, where it may use SQL; a coroutine function runs in the event loop.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    handler: Callable[[Call[Any, Any]], Answer] | Callable[[Call[Any, Any]], Awaitable[Answer]]
    answer: Any
    """The type of `data`, as pydantic understands it."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    codes: tuple[int, ...] = (200,)
    """The codes it answers of itself; what any request may get for being wrong is not among them."""
    slow: bool = False
    """Whether it may take seconds and gets a thread of those kept for such work."""

    @property
    def name(self) -> str:
        """The name of the number in the path; empty where there is none."""
        return self.path.partition("{")[2].partition("}")[0]


def told(call: Call[Any, Any], reason: str, data: object, *, code: int = 200, headers: Mapping[str, str] | None = None,
         **params: object) -> Answer:
    """An answer whose message is a sentence in the caller's language."""
    return Answer(data=data, message=render(reason, call.lang, params), code=code, headers=headers or {})
