"""Endpoints about records: what was done on each server."""

from __future__ import annotations

from softops.rights import Right
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import RecordQuery
from softops.web.permits import permit_id
from softops.web.schemas import PageOf, RecordRow
from softops.web.views import page_view, record_view

API = "/api/system/soft/record"


def page(call: Call[RecordQuery, None]) -> Answer:
    """A page of the records, newest first."""
    query = call.query
    found = call.service.records.page(page=query.page, size=query.size, soft_id=query.soft_id,
                                      server_id=query.server_id, status=query.status, job_id=query.job_id)
    return Answer(data=page_view(found, lambda record: record_view(record, call.lang)))


def detail(call: Call[None, None]) -> Answer:
    """One record."""
    return Answer(data=record_view(call.service.records.record(call.id), call.lang))


def cancel(call: Call[None, None]) -> Answer:
    """Ask for the end of a job's work on one server."""
    permit_id(call, call.service.records.record(call.id).server_id)
    record = call.service.installs.cancel_record(call.id)
    return told(call, "RECORD_CANCELLING", record_view(record, call.lang), record=record.id)


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List records", handler=page,
             answer=PageOf[RecordRow], query=RecordQuery),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{recordId}}", summary="Show one record", handler=detail,
             answer=RecordRow, codes=(200, 404)),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{recordId}}/cancel",
             summary="Cancel the work on one server", handler=cancel, answer=RecordRow, codes=(200, 404, 409)),
)
