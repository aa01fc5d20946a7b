"""The Prefer header (RFC 7240): whether a caller wants to wait."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_WAIT = re.compile(r'wait\s*=\s*"?([0-9]{1,9})"?')


@dataclass(frozen=True, kw_only=True, slots=True)
class Prefer:
    """What was wished; what can't be understood was not."""

    respond_async: bool = False
    wait: int | None = None
    """Seconds."""

    @property
    def patience(self) -> float | None:
        """Seconds to wait for the end; None: as long as it takes."""
        if self.wait is not None:
            return float(self.wait)
        return 0.0 if self.respond_async else None

    @property
    def applied(self) -> str:
        """The Preference-Applied header for an answer that followed the wishes."""
        wishes = ("respond-async" if self.respond_async else "",
                  f"wait={self.wait}" if self.wait is not None else "")
        return ", ".join(wish for wish in wishes if wish)


def read_prefer(headers: Iterable[str]) -> Prefer:
    """The wishes in the Prefer headers; the first of each counts."""
    wishes = [part.partition(";")[0].strip().lower() for header in headers for part in header.split(",")]
    waits = [match for wish in wishes if (match := _WAIT.fullmatch(wish))]
    return Prefer(respond_async="respond-async" in wishes, wait=int(waits[0][1]) if waits else None)
