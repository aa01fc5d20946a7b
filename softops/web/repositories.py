"""Endpoints about catalog repositories."""

from __future__ import annotations

from softops.errors import BadRequest, Conflict, GitError
from softops.gitaddress import check_folder, check_ref, parse_address
from softops.service import FIRST_REPOSITORY
from softops.web.endpoint import Answer, Call, Endpoint, told
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
    _check(call)
    repository = call.service.syncer.place(name=body.name, url=body.url, ref=body.ref, path=body.path,
                                           interval=body.interval)
    return Answer(data=RepositoryRow.model_validate(repository))


def remove(call: Call[None, None]) -> Answer:
    """Remove a repository: its software is retired, what is on servers stays as it is."""
    repository, retired = call.service.syncer.remove(call.id)
    return told(call, "REPOSITORY_REMOVED", RepositoryRow.model_validate(repository), repository=repository.name,
                count=retired)


def sync(call: Call[SyncQuery, ConfirmBody]) -> Answer:
    """Bring the software table to the repository's commit."""
    query, body = call.query, call.body
    report = call.service.syncer.sync(call.id, confirm=query.confirm or body.confirm,
                                      commit=query.commit or body.commit)
    return Answer(data=Report.model_validate(report))


def _check(call: Call[None, RepositoryBody]) -> None:
    """BadRequest for what git can't be sent to, Conflict for what the settings say otherwise at the next start."""
    body, settings = call.body, call.service.settings
    try:
        parse_address(body.url)
        check_ref(body.ref)
        check_folder(body.path)
    except GitError as exc:
        raise BadRequest(exc.reason, **exc.params) from exc
    own = (settings.catalog_url, settings.catalog_ref, settings.catalog_path, settings.sync_interval)
    if body.name == FIRST_REPOSITORY and (body.url, body.ref, body.path, body.interval) != own:
        raise Conflict("REPOSITORY_OF_SETTINGS", repository=body.name)


ENDPOINTS = (
    Endpoint(method="GET", path=f"{API}/page", summary="List catalog repositories", handler=page,
             answer=PageOf[RepositoryRow], query=PageQuery),
    Endpoint(method="POST", path=API, summary="Add or change a catalog repository", handler=add,
             answer=RepositoryRow, body=RepositoryBody, codes=(200, 409)),
    Endpoint(method="GET", path=f"{API}/{{repositoryId}}", summary="Show one repository", handler=detail,
             answer=RepositoryRow, codes=(200, 404)),
    Endpoint(method="DELETE", path=f"{API}/{{repositoryId}}", summary="Remove a catalog repository", handler=remove,
             answer=RepositoryRow, codes=(200, 404), slow=True),
    Endpoint(method="POST", path=f"{API}/{{repositoryId}}/sync", summary="Sync a repository now", handler=sync,
             answer=Report, query=SyncQuery, body=ConfirmBody, codes=(200, 404, 409), slow=True),
)
