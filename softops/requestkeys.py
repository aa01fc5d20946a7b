"""The key that a caller gives a request so that it is carried out once, however often it arrives."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from softops.errors import BadRequest

HEADER = "Idempotency-Key"
LONGEST = 255
_FORM = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyedRequest:
    """A request that has a key."""

    user: str
    """Whose key it is: that of somebody else is another one."""
    key: str
    digest: str
    """What the request is (`digest_of`)."""


def read_key(given: Sequence[str]) -> str | None:
    """The key in the values of the header; None without one, BadRequest when it can't be one."""
    if not given:
        return None
    if len(given) > 1 or not _FORM.fullmatch(given[0]):
        raise BadRequest("REQUEST_KEY_FORM", header=HEADER, longest=LONGEST)
    return given[0]


def digest_of(method: str, path: str, query: bytes, body: bytes) -> str:
    """SHA-256 of what a request asks for; different for two that differ in anything."""
    parts = (method.encode(), path.encode("utf-8", "surrogateescape"), query, body)
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).hexdigest()
