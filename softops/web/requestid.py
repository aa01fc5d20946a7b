"""The name of a request, in its answer and in the log."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-Id"

_FORM = re.compile(r"[A-Za-z0-9._-]{1,64}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The request that is being answered."""


def name_request(given: str | None) -> str:
    """The caller's own name for the request where it is a harmless one, or else a new one."""
    return given if given is not None and _FORM.fullmatch(given) else secrets.token_hex(8)
