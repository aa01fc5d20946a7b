"""Endpoints about jobs: what was asked for, how it goes, and stopping or repeating it."""

from __future__ import annotations

from softops.rights import Right
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import EventQuery, JobQuery, UserBody
from softops.web.permits import permit_job
from softops.web.schemas import Events, JobDetail, JobRow, PageOf
from softops.web.software import accepted
from softops.web.views import job_row, job_view, page_view

API = "/api/system/soft/job"


def page(call: Call[JobQuery, None]) -> Answer:
    """A page of the jobs, newest first."""
    query = call.query
    found = call.service.records.job_page(page=query.page, size=query.size, status=query.status)
    return Answer(data=page_view(found, lambda job: job_row(call.service, job, call.lang)))


def detail(call: Call[None, None]) -> Answer:
    """One job with its records."""
    return Answer(data=job_view(call.service, call.service.records.job(call.id), call.lang))


def cancel(call: Call[None, None]) -> Answer:
    """Ask for the end of a job."""
    permit_job(call, call.id)
    job = call.service.installs.cancel_job(call.id)
    return told(call, "JOB_CANCELLING", job_view(call.service, job, call.lang), job=job.id)


def retry(call: Call[None, UserBody]) -> Answer:
    """A new job for the servers on which this one did not succeed."""
    permit_job(call, call.id)
    return accepted(call, call.service.installs.retry(call.id, user=call.user(call.body.user)))


def events(call: Call[EventQuery, None]) -> Answer:
    """The milestones of a job after a number."""
    job, query = call.service.records.job(call.id), call.query
    found = call.service.records.events_after(job.id, query.after, query.limit)
    return Answer(data=Events(events=tuple(event.payload for event in found),
                              last=found[-1].seq if found else query.after))


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List jobs", handler=page,
             answer=PageOf[JobRow], query=JobQuery),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{jobId}}", summary="Show one job with its records",
             handler=detail, answer=JobDetail, codes=(200, 404)),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{jobId}}/event", summary="List a job's milestones",
             handler=events, answer=Events, query=EventQuery, codes=(200, 404)),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{jobId}}/cancel", summary="Cancel a job", handler=cancel,
             answer=JobDetail, codes=(200, 404, 409)),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{jobId}}/retry",
             summary="Repeat a job where it did not succeed", handler=retry, answer=JobDetail, body=UserBody,
             codes=(202, 404, 409), again=accepted),
)
