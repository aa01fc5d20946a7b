"""The chain of the audit: what an entry is, what its hash is made of, and what is wrong with a chain.

Each hash is an HMAC over the whole entry, and so over the hash of the entry before, with a key that is not in the
database: who can only write there can neither change an entry nor make one that fits.
"""

from __future__ import annotations

import enum
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

GENESIS = "0" * 64
"""What stands before the first entry."""
MOST_BYTES = 8 * 1024
"""Bytes of JSON that one of `before` and `after` may have."""
LIMITS: Mapping[str, int] = {"user": 100, "role": 50, "via": 50, "address": 255, "action": 100, "target": 500,
                             "message": 4000, "request": 100}
"""Characters that fit into a field."""


class Outcome(enum.StrEnum):
    """How something ended."""

    BEGUN = "begun"
    """Not known yet; another entry says how it ended."""
    SUCCESS = "success"
    REFUSED = "refused"
    """Nothing was done: it was not allowed, wrong, or not possible."""
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditDraft:
    """Something that happened and has no place in the chain yet."""

    time: datetime
    user: str
    role: str = ""
    via: str
    address: str = ""
    action: str
    target: str = ""
    outcome: Outcome
    code: int = 0
    """What the caller was answered; 0: nobody was."""
    message: str = ""
    request: str = ""
    job_id: int | None = None
    begun_id: int | None = None
    """The entry that said that this began."""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry(AuditDraft):
    """A link of the chain."""

    id: int
    """1, 2, 3 ... without a gap."""
    previous: str
    hash: str = field(default="")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainEnd:
    """How far a chain goes."""

    id: int
    hash: str


NOTHING = ChainEnd(id=0, hash=GENESIS)


class Fault(enum.StrEnum):
    """What can be wrong with a chain."""

    CHANGED = "changed"
    """The entry is not what was written."""
    GAP = "gap"
    """What stood before the entry is not there."""
    CUT = "cut"
    """The chain ends before its end."""
    END_LOST = "end-lost"
    """What says where the chain ends is not there, or was not written by softops."""
    END_BEHIND = "end-behind"
    """What says where the chain ends is older than the chain."""
    SEEN_GONE = "seen-gone"
    """An entry that this machine has seen is not there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """One thing that is wrong, and from which entry on."""

    entry: int
    fault: Fault


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a look at a whole chain has found."""

    entries: int
    end: ChainEnd
    breaks: tuple[Break, ...] = ()
    """In the order of the entries; the first ones of many."""
    guarded: bool = True
    """Whether the database itself refuses to change and delete entries."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.breaks


def link(draft: AuditDraft, end: ChainEnd, key: bytes) -> AuditEntry:
    """The entry that follows `end`, cut to what its columns hold."""
    values = asdict(draft)
    fitted = {name: fitting(values[name], most) for name, most in LIMITS.items()}
    json_values = {name: plain(values[name]) for name in ("before", "after")}
    entry = AuditEntry(**{**values, **fitted, **json_values, "time": draft.time.replace(microsecond=0)},
                       id=end.id + 1, previous=end.hash)
    return replace(entry, hash=hash_of(entry, key))


def hash_of(entry: AuditEntry, key: bytes) -> str:
    """The hash that the entry has unless somebody has changed it."""
    return hmac.digest(key, canonical(entry), "sha256").hex()


def canonical(entry: AuditEntry) -> bytes:
    """Everything in the entry but its hash, in the one way in which it is written down for that."""
    values = asdict(entry) | {"time": entry.time.isoformat(), "outcome": str(entry.outcome)}
    del values["hash"]
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def fitting(text: str, most: int) -> str:
    """`text` as any database takes it, with at most so many characters."""
    clean = text.encode("utf-8", "replace").decode()
    return clean if len(clean) <= most else clean[: most - 1] + "…"


def plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """`values` as they come back from JSON; where they are too long, only their names and how long they were."""
    if values is None:
        return None
    text = json.dumps(values, ensure_ascii=False, default=str).encode("utf-8", "replace")
    if len(text) > MOST_BYTES:
        names = [fitting(str(name), 50) for name in values][:50]
        return {"left out": len(text), "names": names}
    found: dict[str, Any] = json.loads(text)
    return found


def sign_end(end: ChainEnd, key: bytes) -> str:
    """The end of a chain as text that nobody can make without the key."""
    return f"{end.id} {end.hash} {_signature(end, key)}"


def read_end(text: str, key: bytes) -> ChainEnd | None:
    """What was signed; None for anything else."""
    number, _, rest = text.partition(" ")
    found, _, signature = rest.partition(" ")
    if not number.isdecimal() or len(number) > 18:
        return None
    end = ChainEnd(id=int(number), hash=found)
    return end if hmac.compare_digest(signature.encode(), _signature(end, key).encode()) else None


def after_loss(last: ChainEnd, key: bytes) -> ChainEnd:
    """Where a chain goes on whose end was taken away: not where it ended, so that this is seen for ever."""
    return ChainEnd(id=last.id, hash=hmac.digest(key, f"lost {last.id} {last.hash}".encode(), "sha256").hex())


def _signature(end: ChainEnd, key: bytes) -> str:
    return hmac.digest(key, f"end {end.id} {end.hash}".encode(), "sha256").hex()


class ChainCheck:
    """Looks at entries in the order of their ids and remembers what is wrong."""

    MOST = 20
    """Breaks that are told."""

    def __init__(self, key: bytes, seen: ChainEnd = NOTHING) -> None:
        """`seen`: an entry that has to be there."""
        self._key = key
        self._last = NOTHING
        self._seen = seen
        self._found = seen.id == 0
        self._breaks: list[Break] = []
        self._count = 0

    def look(self, entry: AuditEntry) -> None:
        """Take the next entry."""
        if entry.id != self._last.id + 1 or entry.previous != self._last.hash:
            self._note(entry.id, Fault.GAP)
        if not hmac.compare_digest(hash_of(entry, self._key).encode(), entry.hash.encode()):
            self._note(entry.id, Fault.CHANGED)
        self._last = ChainEnd(id=entry.id, hash=entry.hash)
        self._found = self._found or self._last == self._seen
        self._count += 1

    def verdict(self, first: ChainEnd | None, last: ChainEnd | None, *, guarded: bool) -> Verdict:
        """What is to be said when all entries were taken; `first` is what said where the chain ends before the first
        look, and `last` the same after the last one, None where nothing did."""
        if first is None or last is None:
            self._note(self._last.id + 1, Fault.END_LOST)
        elif first.id > self._last.id:
            self._note(self._last.id + 1, Fault.CUT)
        elif last.id < self._last.id or (last.id == self._last.id and last.hash != self._last.hash):
            self._note(last.id + 1, Fault.END_BEHIND)
        if not self._found:
            self._note(self._seen.id, Fault.SEEN_GONE)
        breaks = sorted(self._breaks, key=lambda one: one.entry)
        return Verdict(entries=self._count, end=self._last, breaks=tuple(breaks), guarded=guarded)

    def _note(self, entry: int, fault: Fault) -> None:
        if len(self._breaks) < self.MOST:
            self._breaks.append(Break(entry=entry, fault=fault))
