"""Endpoints about catalog repositories."""

from __future__ import annotations

from typing import Any

from softops.auditmasks import facts
from softops.entities import Repository
from softops.errors import BadRequest, Conflict, GitError
from softops.gitaddress import check_folder, check_ref, parse_address
from softops.rights import Right
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
    call.notes.before = _noted(call.service.repositories.placed(body.name))
    repository = call.service.syncer.place(name=body.name, url=body.url, ref=body.ref, path=body.path,
                                           interval=body.interval)
    if body.webhook_secret is not None:
        repository = call.service.hooks.set_secret(repository.id, body.webhook_secret)
    call.notes.after = _noted(repository)
    return Answer(data=RepositoryRow.model_validate(repository))


def remove(call: Call[None, None]) -> Answer:
    """Remove a repository: its software is retired, what is on servers stays as it is."""
    call.notes.before = _noted(call.service.repositories.get(call.id))
    repository, retired = call.service.syncer.remove(call.id)
    call.notes.after = {"retired": retired}
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


def _noted(repository: Repository | None) -> dict[str, Any] | None:
    """What the audit says of a repository."""
    if repository is None:
        return None
    return facts(repository, "name", "url", "ref", "path", "interval", "status", "commit", "webhook")


ENDPOINTS = (
    Endpoint(method="GET", right=Right.READ, path=f"{API}/page", summary="List catalog repositories", handler=page,
             answer=PageOf[RepositoryRow], query=PageQuery),
    Endpoint(method="POST", right=Right.ADMIN, path=API, summary="Add or change a catalog repository", handler=add,
             answer=RepositoryRow, body=RepositoryBody, codes=(200, 409)),
    Endpoint(method="GET", right=Right.READ, path=f"{API}/{{repositoryId}}", summary="Show one repository",
             handler=detail, answer=RepositoryRow, codes=(200, 404)),
    Endpoint(method="DELETE", right=Right.ADMIN, path=f"{API}/{{repositoryId}}", summary="Remove a catalog repository",
             handler=remove, answer=RepositoryRow, codes=(200, 404), slow=True),
    Endpoint(method="POST", right=Right.OPERATE, path=f"{API}/{{repositoryId}}/sync", summary="Sync a repository now",
             handler=sync, answer=Report, query=SyncQuery, body=ConfirmBody, codes=(200, 404, 409), slow=True),
)
