"""From entities to what the API shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from softops.entities import Job, Page, Record, SoftImage
from softops.errors import SoftopsError
from softops.secretparams import secret_names
from softops.service import Service
from softops.texts import Lang, render
from softops.web.schemas import JobDetail, JobRow, PageOf, RecordRow, Shown, Software, SoftwareDetail

T = TypeVar("T")
S = TypeVar("S", bound=Shown)

HIDDEN = "***"


def page_view(page: Page[T], show: Callable[[T], S]) -> PageOf[S]:
    """A page of what `show` makes of the entities."""
    return PageOf[S](records=tuple(show(entity) for entity in page.records), total=page.total, size=page.size,
                     current=page.current, pages=page.pages)


def software_view(image: SoftImage, lang: Lang) -> Software:
    """A software version, described in the caller's language where the catalog has it."""
    return Software.model_validate(_described(image, lang))


def software_detail(image: SoftImage, lang: Lang) -> SoftwareDetail:
    """A software version with its entry, described in the caller's language where the catalog has it."""
    return SoftwareDetail.model_validate(_described(image, lang))


def _described(image: SoftImage, lang: Lang) -> SoftImage:
    """The table has one description of each version; an entry may have one in each language."""
    said = image.entry.get("description") or image.entry.get("title")
    if not isinstance(said, Mapping):
        return image
    return replace(image, description=said.get(lang) or image.description)


def record_view(record: Record, lang: Lang) -> RecordRow:
    """A record with its remark in the caller's language."""
    return RecordRow.model_validate(replace(record, remark=remark_in(record, lang)))


def remark_in(record: Record, lang: Lang) -> str | None:
    """The remark of a record in a language; as it was stored where its reason is not known."""
    return render(record.reason, lang, record.reason_params) if record.reason else record.remark


def job_row(service: Service, job: Job, lang: Lang) -> JobRow:
    """A job without its records, in the caller's language."""
    records = service.records.job_records(job.id) if job.remark else ()
    return _job_row(job, records, lang)


def job_view(service: Service, job: Job, lang: Lang) -> JobDetail:
    """A job with its records, in the caller's language; values of secret parameters are hidden."""
    records = service.records.job_records(job.id)
    return JobDetail(**dict(_job_row(job, records, lang)), parameters=_shown_parameters(service, job),
                     records=tuple(record_view(record, lang) for record in records))


def _job_row(job: Job, records: Iterable[Record], lang: Lang) -> JobRow:
    deciding = [f"{record.server_name}: {remark_in(record, lang)}" for record in records if record.status is job.status]
    return JobRow.model_validate(replace(job, remark=deciding[0] if job.remark and deciding else job.remark))


def _shown_parameters(service: Service, job: Job) -> dict[str, object]:
    if not job.parameters:
        return {}
    try:
        secret = secret_names(service.images.get(job.soft_id or 0).entry)
    except SoftopsError:
        # What was secret can't be known any more, so all of it is.
        secret = frozenset(job.parameters)
    return {name: HIDDEN if name in secret else value for name, value in job.parameters.items()}
