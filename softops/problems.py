"""What is wrong in a file of a catalog, where exactly, and the sentence that says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType

from softops.texts import Lang, render

MAX_CHOICES = 12
UNDECLARED = frozenset({"ENTRY_UNDECLARED", "ENTRY_NO_PARAMS"})
"""The reasons of uses of parameters that are not declared."""
_UNPRINTABLE = re.compile(r"[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
                          # These end lines, or let what follows be read backwards.
                          r"|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that somebody should mend in git; every text in it is safe to print on a terminal."""

    path: str
    """The file, relative to the subfolder of the catalog."""
    line: int = 0
    """Counted from 1; 0: the whole file is meant."""
    column: int = 0
    """Counted from 1, in characters."""
    reason: str
    params: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    warning: bool = False
    """Whether everything else works without a mend."""

    def text(self, lang: Lang) -> str:
        """`nginx/software.yml:12:3: sentence`."""
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return printable(f"{place}: {render(self.reason, lang, self.params)}")


def printable(text: str) -> str:
    """`text` with everything that could steer a terminal written as its escape."""
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def shortened(text: str, limit: int = 80) -> str:
    """The first `limit` characters of `text` on one line, for a sentence."""
    line = " ".join(text[:limit + 1].split())
    return line if len(text) <= limit else line[:limit] + "…"


def nearest(word: str, words: Iterable[str]) -> str:
    """The most similar of `words`, or all of them (a dozen at most) when none is similar."""
    choices = sorted(words)
    close = get_close_matches(word[:80], choices, n=1, cutoff=0.6)
    return close[0] if close else ", ".join(choices[:MAX_CHOICES]) or "-"


def undeclared(name: str, names: Iterable[str]) -> tuple[str, Mapping[str, str]]:
    """Why `name` can't be used where only the parameters `names` are declared: the reason and what it says."""
    there = tuple(names)
    return ("ENTRY_UNDECLARED", {"name": name, "nearest": nearest(name, there)}) if there else (
        "ENTRY_NO_PARAMS", {"name": name})
