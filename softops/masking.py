"""Text of a server made fit to be told: without secrets, without control characters, and no longer than agreed."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "***"
MAX_LOG = 16 * 1024
"""Bytes of a log that are kept; the newest ones."""
LOG_LINES = 50
SHORTEST_BASE64 = 8
"""Characters: shorter pieces stand in other texts by chance."""
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Masker:
    """Hides the given values wherever they stand, also line by line and in the ways in which programs quote them."""

    def __init__(self, secrets: Iterable[str]) -> None:
        found = {form for secret in secrets for form in _forms(secret)}
        # The longest first: what is left of one that holds another could still be read.
        ordered = sorted(found, key=len, reverse=True)
        self._pattern = re.compile("|".join(re.escape(one) for one in ordered)) if ordered else None

    def text(self, text: str) -> str:
        """`text` without the secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def params(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """The same mapping without the secrets in its texts."""
        return {key: self.text(value) if isinstance(value, str) else value for key, value in params.items()}

    def log(self, text: str) -> str:
        """The newest lines of a log, as plain text."""
        plain = _CONTROL.sub("", _ESCAPE.sub("", self.text(text).replace("\r\n", "\n")))
        # Again: what is taken out may have stood in the middle of a secret.
        newest = "\n".join(self.text(plain).splitlines()[-LOG_LINES:]).encode()[-MAX_LOG:]
        return newest.decode("utf-8", "ignore").strip("\n")


def spellings(secret: str) -> frozenset[str]:
    """The ways in which programs write a text: as it is, in JSON, in a URL and in base64, there also as a part of
    something longer."""
    if not secret:
        return frozenset()
    quoted = {quote(secret, safe=safe) for safe in ("", "/")} | {quote_plus(secret)}
    lower = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), one) for one in quoted}
    told = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], *quoted, *lower}
    return frozenset(told | set(_base64_of(secret.encode())))


def _base64_of(secret: bytes) -> Iterable[str]:
    for before in range(3):
        # What the bytes around it decide as well is left out.
        length = (len(secret) + before) * 8 // 6
        start = (0, 2, 3)[before]
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(bytes(before) + secret + bytes(3)).decode()[start:length]
            if len(text) >= SHORTEST_BASE64:
                yield text


def _forms(secret: str) -> Iterable[str]:
    yield from spellings(secret)
    # Of a secret with several lines each could be told alone.
    yield from (line for line in secret.splitlines() if len(line) > 3)
