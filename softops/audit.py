"""The audit in SQL: entries are only added, each to the end of the chain, by whatever process."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Select, event, or_, select, text
from sqlalchemy.orm import Session, aliased

from softops.accessmodels import AuditRow, SettingRow
from softops.auditchain import (
    NOTHING,
    AuditDraft,
    AuditEntry,
    ChainCheck,
    ChainEnd,
    Outcome,
    Verdict,
    after_loss,
    link,
    read_end,
    sign_end,
)
from softops.auditseen import Seen
from softops.db import Database
from softops.entities import Page
from softops.errors import ConstraintViolated
from softops.paging import page_of

logger = logging.getLogger(__name__)

NAME = "audit-end"
"""The setting that says where the chain ends. Whoever adds to the chain holds it until his transaction ends."""
TRIES = 5
"""How often it is tried to make the very first entry, while others do the same."""
AT_ONCE = 500
"""Entries that are held at a time."""
TRIGGERS = ("system_soft_audit_no_update", "system_soft_audit_no_delete")
"""What refuses changes in the database itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditFilter:
    """Which entries are meant; None: whatever it is."""

    user: str | None = None
    action: str | None = None
    """Whole, or with a dot at its end all that begin so."""
    target: str | None = None
    """A part of it."""
    outcome: Outcome | None = None
    job_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The first moment that is not meant any more."""
    whole: bool = True
    """Also the beginnings of what has ended."""


class Audit:
    """The table of the audit."""

    def __init__(self, database: Database, derive: Callable[[str], bytes], seen: Seen) -> None:
        """`derive`: makes a key of the secret key for a purpose. `seen`: what this machine knows of the chain."""
        self._db = database
        self._derive = derive
        self._seen = seen

    def append(self, draft: AuditDraft) -> AuditEntry:
        """The entry, stored."""
        for _ in range(TRIES):
            try:
                return self._db.run(lambda session: self.add(session, draft))
            except ConstraintViolated as exc:
                # Somebody else has made the very first entry; the next try waits for its turn.
                logger.info("An entry is tried again: %s", exc, extra={"action": "audit"})
        return self._db.run(lambda session: self.add(session, draft))

    def add(self, session: Session, draft: AuditDraft) -> AuditEntry:
        """The entry, stored when the transaction of `session` ends well, and not at all otherwise. Until then all
        others wait who add entries."""
        entry = link(draft, self._hold_end(session), self._key)
        session.add(AuditRow(**asdict(entry)))
        end = ChainEnd(id=entry.id, hash=entry.hash)
        session.merge(SettingRow(name=NAME, value=sign_end(end, self._key)))
        session.flush()
        event.listen(session, "after_commit", lambda _: self._note(entry), once=True)
        return entry

    def page(self, wanted: AuditFilter, *, page: int, size: int) -> Page[AuditEntry]:
        """Entries that fit, newest first."""
        with self._db.reading() as session:
            return page_of(session, _fitting(wanted), entry_of, page=page, size=size, order=(AuditRow.id.desc(),))

    def export(self, wanted: AuditFilter) -> Iterator[AuditEntry]:
        """Entries that fit, oldest first, however many there are."""
        after = 0
        while found := self._batch(_fitting(wanted), after):
            yield from found
            after = found[-1].id

    def verify(self) -> Verdict:
        """Whether the chain is whole, from the first entry to the last, whoever adds to it meanwhile."""
        check = ChainCheck(self._key, self._seen.read())
        first = self._end()
        for entry in self.export(AuditFilter()):
            check.look(entry)
        return check.verdict(first, self._end(), guarded=self.is_guarded())

    def is_guarded(self) -> bool:
        """Whether the database itself refuses to change and delete entries."""
        with self._db.reading() as session:
            if session.get_bind().dialect.name == "sqlite":
                names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            else:
                names = session.scalars(text("SELECT trigger_name FROM information_schema.triggers "
                                             "WHERE trigger_schema = DATABASE()"))
            return set(TRIGGERS) <= set(names)

    @cached_property
    def _key(self) -> bytes:
        return self._derive("audit")

    def _hold_end(self, session: Session) -> ChainEnd:
        """Where the chain ends, for nobody else until the transaction ends."""
        row = session.scalars(select(SettingRow).where(SettingRow.name == NAME).with_for_update()
                              .execution_options(populate_existing=True)).one_or_none()
        end = read_end(row.value, self._key) if row is not None else None
        if end is not None:
            return end
        last = session.execute(select(AuditRow.id, AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)).one_or_none()
        if row is None and last is None:
            return NOTHING
        logger.error("What says where the audit ends was changed by somebody else", extra={"action": "audit"})
        return after_loss(ChainEnd(id=last.id, hash=last.hash) if last is not None else NOTHING, self._key)

    def _end(self) -> ChainEnd | None:
        """Where the chain ends; None when nothing says so that softops has written, though there are entries."""
        with self._db.reading() as session:
            row = session.get(SettingRow, NAME)
            if row is not None:
                return read_end(row.value, self._key)
            return None if session.scalars(select(AuditRow.id).limit(1)).first() is not None else NOTHING

    def _batch(self, found: Select[AuditRow], after: int) -> list[AuditEntry]:
        following = found.where(AuditRow.id > after).order_by(AuditRow.id).limit(AT_ONCE)
        with self._db.reading() as session:
            return [entry_of(row) for row in session.scalars(following)]

    def _note(self, entry: AuditEntry) -> None:
        self._seen.advance(entry, self._hash_at)

    def _hash_at(self, entry_id: int) -> str | None:
        with self._db.reading() as session:
            return session.scalars(select(AuditRow.hash).where(AuditRow.id == entry_id)).one_or_none()


def entry_of(row: AuditRow) -> AuditEntry:
    """The value of a row."""
    return AuditEntry(id=row.id, time=row.time, user=row.user, role=row.role, via=row.via, address=row.address,
                      action=row.action, target=row.target, outcome=_outcome(row.outcome), code=row.code,
                      message=row.message, request=row.request, job_id=row.job_id, begun_id=row.begun_id,
                      before=row.before, after=row.after, previous=row.previous, hash=row.hash)


def _outcome(stored: str) -> Any:
    """Somebody may have written one there that softops does not have; then that is what is told."""
    return Outcome(stored) if stored in list(Outcome) else stored


def _fitting(wanted: AuditFilter) -> Select[AuditRow]:
    found = select(AuditRow)
    equal = {AuditRow.user: wanted.user, AuditRow.outcome: wanted.outcome, AuditRow.job_id: wanted.job_id}
    found = found.where(*(column == value for column, value in equal.items() if value is not None))
    if wanted.action is not None:
        of_kind = AuditRow.action.startswith(wanted.action, autoescape=True)
        found = found.where(of_kind if wanted.action.endswith(".") else AuditRow.action == wanted.action)
    if wanted.target is not None:
        found = found.where(AuditRow.target.contains(wanted.target, autoescape=True))
    if wanted.since is not None:
        found = found.where(AuditRow.time >= wanted.since)
    if wanted.until is not None:
        found = found.where(AuditRow.time < wanted.until)
    if not wanted.whole:
        end = aliased(AuditRow)
        ended = select(end.id).where(end.begun_id == AuditRow.id).exists()
        found = found.where(or_(AuditRow.outcome != Outcome.BEGUN, ~ended))
    return found
