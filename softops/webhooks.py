"""Webhooks of git servers: whether they are genuine, which push they tell of, and whether that one matters."""

from __future__ import annotations

import enum
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from softops.errors import BadRequest, Forbidden

SKEW = 300
"""Seconds that the time in a signature of softops' own kind may differ from ours."""
PUSHES = frozenset({"push", "tag_push", "push hook", "tag push hook"})
_COMMIT = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")
_TIME = re.compile(r"[0-9]{1,12}")

Headers = Mapping[str, str]
"""The headers of a request, with names in lower case."""


class Meaning(enum.Enum):
    """What a genuine webhook is to us; the value is the reason of its sentence."""

    SYNC = "WEBHOOK_TAKEN"
    PING = "WEBHOOK_PING"
    OTHER_EVENT = "WEBHOOK_OTHER_EVENT"
    OTHER_REF = "WEBHOOK_OTHER_REF"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """A genuine webhook."""

    forge: str
    event: str
    """The forge's word for what happened, in lower case."""
    marks: tuple[str, ...]
    """What it is known by when it comes again."""
    ref: str | None = None
    """What was pushed, in full; None: not said."""
    default_branch: str | None = None


def is_signed(headers: Headers) -> bool:
    """Whether there is anything to check: without it the body need not be read."""
    return any(header in headers for header in _CHECKS)


def read_hook(secret: str, headers: Headers, body: bytes, now: float) -> Hook:
    """The webhook in a request. Forbidden unless it was made with `secret` (compared in constant time, over the bytes
    as they came), BadRequest when a genuine one can't be read."""
    header = next((name for name in _CHECKS if name in headers), None)
    if header is None:
        raise Forbidden("WEBHOOK_UNSIGNED")
    hook = _CHECKS[header](secret, headers, body, now)
    said = _payload(headers, body)
    about = said.get("project" if hook.forge == "gitlab" else "repository")
    # GitLab's hooks for whole servers say it in the body alone.
    event = (_text(said.get("event_name")) or hook.event) if hook.event == "system hook" else hook.event
    return replace(hook, event=event, ref=_text(said.get("ref")),
                   default_branch=_text(about.get("default_branch")) if isinstance(about, Mapping) else None)


def meaning(hook: Hook, ref: str) -> Meaning:
    """What the webhook is to a repository that follows `ref`."""
    if hook.event == "ping":
        return Meaning.PING
    if hook.event not in PUSHES:
        return Meaning.OTHER_EVENT
    return Meaning.SYNC if _is_meant(hook, ref) else Meaning.OTHER_REF


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of X-Softops-Signature for a body that is sent at this time (seconds since 1970)."""
    return "sha256=" + _hmac(secret, b"%d.%b" % (timestamp, body))


def _is_meant(hook: Hook, ref: str) -> bool:
    if hook.ref is None or _COMMIT.fullmatch(ref):
        return True
    if ref == "HEAD":
        return hook.default_branch is None or hook.ref == f"refs/heads/{hook.default_branch}"
    return hook.ref in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}", f"refs/{ref}")


def _gitea(secret: str, headers: Headers, body: bytes, _now: float) -> Hook:
    _demand(headers["x-gitea-signature"], _hmac(secret, body))
    return _signed("gitea", headers, "x-gitea-event", "x-gitea-delivery", body)


def _github(secret: str, headers: Headers, body: bytes, _now: float) -> Hook:
    _demand(headers["x-hub-signature-256"], "sha256=" + _hmac(secret, body))
    return _signed("github", headers, "x-github-event", "x-github-delivery", body)


def _gitlab(secret: str, headers: Headers, body: bytes, _now: float) -> Hook:
    _demand(headers["x-gitlab-token"], secret)
    given = headers.get("idempotency-key") or headers.get("x-gitlab-event-uuid")
    # The token says nothing of the body, which is not always another one after another push either.
    return Hook(forge="gitlab", event=headers.get("x-gitlab-event", "").lower(),
                marks=(_mark("id", given.encode()) if given else _mark("body", body),))


def _plain(secret: str, headers: Headers, body: bytes, now: float) -> Hook:
    timestamp = headers.get("x-softops-timestamp", "")
    if not _TIME.fullmatch(timestamp):
        raise Forbidden("WEBHOOK_TIME", seconds=SKEW)
    _demand(headers["x-softops-signature"], signature(secret, int(timestamp), body))
    if abs(now - int(timestamp)) > SKEW:
        raise Forbidden("WEBHOOK_TIME", seconds=SKEW)
    return Hook(forge="softops", event="push", marks=(_mark("body", b"%d.%b" % (int(timestamp), body)),))


_CHECKS: Mapping[str, Callable[[str, Headers, bytes, float], Hook]] = {
    "x-softops-signature": _plain,
    # Gitea sends GitHub's headers too, so its own come first.
    "x-gitea-signature": _gitea,
    "x-gitlab-token": _gitlab,
    "x-hub-signature-256": _github,
}


def _signed(forge: str, headers: Headers, event: str, delivery: str, body: bytes) -> Hook:
    """A webhook whose body is signed and whose id is not: somebody who repeats it could give it another id."""
    given = headers.get(delivery)
    marks = (_mark("body", body), *((_mark("id", given.encode()),) if given else ()))
    return Hook(forge=forge, event=headers.get(event, "").lower(), marks=marks)


def _demand(given: str, wanted: str) -> None:
    # Of equal length, so that the time of the comparison does not tell how long the right one is.
    given_hash, wanted_hash = (hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
                               for text in (given, wanted))
    if not hmac.compare_digest(given_hash, wanted_hash):
        raise Forbidden("WEBHOOK_SIGNATURE")


def _hmac(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _mark(kind: str, content: bytes) -> str:
    return f"{kind}:{hashlib.sha256(content).hexdigest()}"


def _payload(headers: Headers, body: bytes) -> Mapping[str, Any]:
    try:
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=10) if body.strip() else {}
            body = fields.get("payload", ["{}"])[0].encode()
        said = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError) as exc:
        raise BadRequest("WEBHOOK_UNREADABLE") from exc
    if not isinstance(said, dict):
        raise BadRequest("WEBHOOK_UNREADABLE")
    return said


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
