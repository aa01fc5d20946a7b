"""The name of a request, in its answer and in the log."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from softops.logcontext import about

HEADER = "X-Request-Id"

_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The request that is being answered."""


def name_request(given: str | None) -> str:
    """The caller's own name for the request where it is a harmless one, or else a new one."""
    return given if given is not None and _FORM.fullmatch(given) else fresh_name()


def fresh_name() -> str:
    """A name that no other request has."""
    return secrets.token_hex(8)


@contextmanager
def answering(name: str) -> Iterator[None]:
    """Within the block the request of this name is being answered, and lines of the log carry it."""
    token = request_id.set(name)
    try:
        with about(request=name):
            yield
    finally:
        request_id.reset(token)
