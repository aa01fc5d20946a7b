"""Endpoints about catalog repositories."""

from __future__ import annotations

from softops.web.endpoint import Answer, Call, Endpoint
from softops.web.parameters import ConfirmBody, PageQuery, RepositoryBody, SyncQuery
from softops.web.schemas import PageOf, Report, RepositoryRow
from softops.web.views import page_view

API = "/api/system/soft/repository"


def page(call: Call[PageQuery, None]) -> Answer:
    """A page of the repositories."""
    found = call.service.repositories.page(page=call.query.page, size=call.query.size)
    return Answer(data=page_view(found, RepositoryRow.model_validate))


def detail(call: Call[None, None]) -> Answer:
    """One repository with the report of its last sync."""
    return Answer(data=RepositoryRow.model_validate(call.service.repositories.get(call.id)))


def add(call: Call[None, RepositoryBody]) -> Answer:
    """Add a repository, or change the one of that name."""
    body = call.body
    repository = call.service.repositories.ensure(name=body.name, url=body.url, ref=body.ref, path=body.path,
                                                  interval=body.interval)
    return Answer(data=RepositoryRow.model_validate(repository))


def sync(call: Call[SyncQuery, ConfirmBody]) -> Answer:
    """Bring the software table to the repository's commit."""
    report = call.service.syncer.sync(call.id, confirm=call.query.confirm or call.body.confirm)
    return Answer(data=Report.model_validate(report))


ENDPOINTS = (
    Endpoint(method="GET", path=f"{API}/page", summary="List catalog repositories", handler=page,
             answer=PageOf[RepositoryRow], query=PageQuery),
    Endpoint(method="POST", path=API, summary="Add or change a catalog repository", handler=add,
             answer=RepositoryRow, body=RepositoryBody),
    Endpoint(method="GET", path=f"{API}/{{repositoryId}}", summary="Show one repository", handler=detail,
             answer=RepositoryRow, codes=(200, 404)),
    Endpoint(method="POST", path=f"{API}/{{repositoryId}}/sync", summary="Sync a repository now", handler=sync,
             answer=Report, query=SyncQuery, body=ConfirmBody, codes=(200, 404), slow=True),
)
