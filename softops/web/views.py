"""From entities to what the API shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from softops.entities import Job, Page
from softops.errors import SoftopsError
from softops.params import secret_names
from softops.service import Service
from softops.web.schemas import JobDetail, JobRow, PageOf, RecordRow, Shown

T = TypeVar("T")
S = TypeVar("S", bound=Shown)

HIDDEN = "***"


def page_view(page: Page[T], show: Callable[[T], S]) -> PageOf[S]:
    """A page of what `show` makes of the entities."""
    return PageOf[S](records=tuple(show(entity) for entity in page.records), total=page.total, size=page.size,
                     current=page.current, pages=page.pages)


def job_view(service: Service, job: Job) -> JobDetail:
    """A job with its records; values of secret parameters are hidden."""
    rows = tuple(RecordRow.model_validate(record) for record in service.records.job_records(job.id))
    shown = JobRow.model_validate(job)
    return JobDetail(**dict(shown), parameters=_shown_parameters(service, job), records=rows)


def _shown_parameters(service: Service, job: Job) -> dict[str, object]:
    if not job.parameters:
        return {}
    try:
        secret = secret_names(service.images.get(job.soft_id or 0).entry)
    except SoftopsError:
        # What was secret can't be known any more, so all of it is.
        secret = frozenset(job.parameters)
    return {name: HIDDEN if name in secret else value for name, value in job.parameters.items()}
