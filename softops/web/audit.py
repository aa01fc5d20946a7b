"""Endpoints about the audit: what was done and refused, by whom, and whether anybody has changed what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from softops.audit import AuditFilter
from softops.auditchain import AuditEntry, Break, Outcome, Verdict
from softops.errors import BadRequest
from softops.rights import Right
from softops.texts import Lang, render
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import Given, Id, Name, PageQuery
from softops.web.schemas import PageOf, Shown
from softops.web.validation import Printable
from softops.web.views import page_view

API = "/api/system/soft/audit"
AT_ONCE = 200
"""Lines that are sent at a time."""
TIME = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?$"

Time = Annotated[str, StringConstraints(pattern=TIME, max_length=19)]


class AuditQuery(Given):
    """Which entries."""

    user: Name | None = None
    action: Name | None = Field(None, description="Whole, or with a dot at its end all that begin so")
    target: Annotated[str, StringConstraints(min_length=1, max_length=500), Printable] | None = Field(
        None, description="A part of it")
    outcome: Outcome | None = None
    job_id: Id | None = None
    since: Time | None = Field(None, alias="from", description="In UTC: a day, or a time as the API writes it")
    until: Time | None = Field(None, alias="to", description="The first moment that is not meant any more; of a day, "
                                                             "its beginning")
    whole: bool = Field(True, description="false: leave out the beginnings of what has ended")


class AuditPageQuery(AuditQuery, PageQuery):
    """Which page of which entries."""


class AuditView(Shown):
    """Something that was done or refused."""

    id: int
    time: datetime
    user: str
    role: str
    via: str
    address: str
    action: str
    target: str
    outcome: str
    code: int
    message: str
    request: str
    job_id: int | None
    begun_id: int | None
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    previous: str
    hash: str


class BreakView(Shown):
    """Something that is wrong with the chain, from this entry on."""

    entry: int
    fault: str
    message: str


class EndView(Shown):
    """The last entry."""

    id: int
    hash: str


class VerdictView(Shown):
    """What a look at the whole chain has found."""

    whole: bool
    entries: int
    end: EndView
    guarded: bool
    """Whether the database itself refuses to change and delete entries."""
    breaks: tuple[BreakView, ...]


def page(call: Call[AuditPageQuery, None]) -> Answer:
    """A page of the audit, newest first."""
    found = call.service.audit.page(filter_of(call.query), page=call.query.page, size=call.query.size)
    return Answer(data=page_view(found, AuditView.model_validate))


def export(call: Call[AuditQuery, None]) -> Answer:
    """All entries, oldest first, one JSON object per line."""
    entries = call.service.audit.export(filter_of(call.query))
    # What is wrong with the database is to be seen before an answer begins.
    first = _lines(list(islice(entries, AT_ONCE)))
    return Answer(data=None, lines=_following(first, entries))


def verify(call: Call[None, None]) -> Answer:
    """Whether nobody has changed the audit: the first entry that is wrong, and why."""
    verdict = call.service.audit.verify()
    view = verdict_view(verdict, call.lang)
    if verdict.whole:
        return told(call, "AUDIT_WHOLE", view, entries=verdict.entries)
    return Answer(data=view, message=broken_at(verdict.breaks[0], call.lang))


def verdict_view(verdict: Verdict, lang: Lang) -> VerdictView:
    """A verdict as callers see it."""
    breaks = tuple(BreakView(entry=one.entry, fault=one.fault, message=broken_at(one, lang)) for one in verdict.breaks)
    return VerdictView(whole=verdict.whole, entries=verdict.entries, guarded=verdict.guarded,
                       end=EndView.model_validate(verdict.end), breaks=breaks)


def broken_at(one: Break, lang: Lang) -> str:
    """The sentence about a break."""
    fault = render(f"AUDIT_FAULT_{one.fault.name}", lang, {})
    return render("AUDIT_BROKEN", lang, {"entry": one.entry, "fault": fault})


def filter_of(query: AuditQuery) -> AuditFilter:
    """What a caller asks for."""
    return AuditFilter(user=query.user, action=query.action, target=query.target, outcome=query.outcome,
                       job_id=query.job_id, since=_time(query.since), until=_time(query.until), whole=query.whole)


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadRequest("AUDIT_TIME", value=text) from exc


def _following(lines: bytes, entries: Iterator[AuditEntry]) -> Iterator[bytes]:
    while lines:
        yield lines
        lines = _lines(list(islice(entries, AT_ONCE)))


def _lines(entries: list[AuditEntry]) -> bytes:
    return "".join(AuditView.model_validate(entry).model_dump_json(by_alias=True) + "\n" for entry in entries).encode()


ENDPOINTS = (
    Endpoint(method="GET", right=Right.ADMIN, path=f"{API}/page", summary="List what was done", handler=page,
             answer=PageOf[AuditView], query=AuditPageQuery),
    Endpoint(method="GET", right=Right.ADMIN, path=f"{API}/export", summary="Export what was done as JSON lines",
             handler=export, answer=None, query=AuditQuery, lines=True),
    Endpoint(method="GET", right=Right.ADMIN, path=f"{API}/verify",
             summary="Look whether anybody has changed the audit", handler=verify, answer=VerdictView, slow=True),
)
