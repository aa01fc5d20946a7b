"""Who does what the present thread or task does: whom the audit names for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody, or softops itself."""

    name: str
    role: str
    via: str
    """How they came in."""
    address: str = ""
    """From where; empty: from nowhere, softops itself."""
    request: str = ""
    """The name of the request by which they do it."""


SOFTOPS = Actor(name="softops", role="", via="softops")
"""What nobody asked for at this moment: polls, ends of jobs, starts and stops."""
_acting: ContextVar[Actor] = ContextVar("acting", default=SOFTOPS)


def acting() -> Actor:
    """Who acts now."""
    return _acting.get()


@contextmanager
def acted_by(actor: Actor) -> Iterator[None]:
    """Within the block it is `actor` who acts, also in threads that take the context along."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)
