"""A name server of somebody who means no good: what names lead to is his, and may be another address each time."""

from __future__ import annotations

import socket
from typing import Any

import pytest

REAL = socket.getaddrinfo


class Names:
    """Answers for names below `.test`; every other question goes where it always does."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        patch.setattr(socket, "getaddrinfo", self._answer)

    def lead(self, name: str, *answers: str | list[str]) -> None:
        """Let `name` lead to the first of `answers`, the next time to the next, and in the end always to the last."""
        self._answers[name] = [[one] if isinstance(one, str) else one for one in answers]

    def _answer(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self._answers:
            return REAL(host, port, *more, **named)
        self.asked.append(name)
        left = self._answers[name]
        found = left.pop(0) if len(left) > 1 else left[0]
        return [entry for address in found for entry in REAL(address, port, type=socket.SOCK_STREAM)]
