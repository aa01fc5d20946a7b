"""Endpoints about what softops logs in with. What a credential holds goes in and never comes out."""

from __future__ import annotations

from softops.auditmasks import facts
from softops.credentials import CredentialDraft, key_draft, login_draft
from softops.errors import BadRequest
from softops.gitaddress import logs_in_by, shown
from softops.logins import CredentialKind, Login, SshKey, checked_key, checked_login, registry_name
from softops.rights import Right
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import CredentialBody, CredentialQuery
from softops.web.schemas import CredentialView, PageOf
from softops.web.views import page_view

API = "/api/system/soft/credential"


def page(call: Call[CredentialQuery, None]) -> Answer:
    """A page of the credentials."""
    query = call.query
    found = call.service.credentials.page(page=query.page, size=query.size, kind=query.kind)
    return Answer(data=page_view(found, CredentialView.model_validate))


def put(call: Call[None, CredentialBody]) -> Answer:
    """Keep a credential, instead of the one that there was for the same."""
    kept = call.service.credentials.put(_draft(call), call.service.clock())
    return told(call, "CREDENTIAL_SAVED", CredentialView.model_validate(kept), name=kept.name)


def remove(call: Call[None, None]) -> Answer:
    """Forget a credential."""
    gone = call.service.credentials.remove(call.id)
    call.notes.before = facts(gone, "kind", "name", "user")
    return told(call, "CREDENTIAL_REMOVED", CredentialView.model_validate(gone), name=gone.name)


def _draft(call: Call[None, CredentialBody]) -> CredentialDraft:
    body = call.body
    by_key = body.private_key is not None
    if by_key != (body.password is None) or (by_key and (body.user or body.kind is CredentialKind.REGISTRY)):
        raise BadRequest("CREDENTIAL_FORM")
    if body.known_hosts is not None and not by_key:
        raise BadRequest("CREDENTIAL_FORM")
    if body.kind is CredentialKind.REGISTRY:
        return login_draft(body.kind, registry_name(body.name), checked_login(body.user, _plain(body.password)))
    repository = call.service.repositories.named(body.name)
    if logs_in_by(repository.url) is not (SshKey if by_key else Login):
        raise BadRequest("CREDENTIAL_WAY", repository=repository.name, url=shown(repository.url))
    if by_key:
        return key_draft(repository.name, checked_key(_plain(body.private_key), body.known_hosts or ""))
    return login_draft(body.kind, repository.name, checked_login(body.user, _plain(body.password)))


def _plain(value: object) -> str:
    """The value of a SecretStr."""
    return str(value.get_secret_value()) if hasattr(value, "get_secret_value") else ""


ENDPOINTS = (
    Endpoint(method="GET", right=Right.ADMIN, path=f"{API}/page", summary="List what softops logs in with",
             handler=page, answer=PageOf[CredentialView], query=CredentialQuery),
    Endpoint(method="POST", right=Right.ADMIN, path=API, summary="Keep a login for a registry or repository",
             handler=put, answer=CredentialView, body=CredentialBody, codes=(200, 404)),
    Endpoint(method="DELETE", right=Right.ADMIN, path=f"{API}/{{credentialId}}", summary="Forget a login",
             handler=remove, answer=CredentialView, codes=(200, 404)),
)
