"""The endpoints for the webhooks of git servers."""

from __future__ import annotations

from urllib.parse import quote

from anyio import to_thread
from pydantic import Field

from softops.entities import Repository
from softops.errors import NotFound
from softops.problems import shortened
from softops.rights import Right
from softops.texts import render
from softops.web.bodies import whole_body
from softops.web.endpoint import Answer, Call, Endpoint, told
from softops.web.parameters import Given, WebhookSecret
from softops.web.schemas import Shown
from softops.webhooks import is_signed

API = "/api/system/soft"
MAX_HOOK = 4 * 1024 * 1024
"""Bytes of a webhook: a push of thousands of commits has some."""


class SecretBody(Given):
    """The secret that a repository's webhook is made with."""

    webhook_secret: WebhookSecret = Field(repr=False, description="16 characters at least; empty: no webhook")


class WebhookView(Shown):
    """The webhook of a repository, without its secret."""

    repository_id: int
    repository: str
    webhook: bool
    """Whether it has one."""
    url: str
    """What to enter at the git server."""


class TakenView(Shown):
    """What became of a webhook."""

    repository: str
    syncs: bool
    """Whether it leads to a sync."""


async def receive(call: Call[None, None]) -> Answer:
    """Take the webhook of a git server."""
    hooks, request = call.service.hooks, call.request
    hooked = await to_thread.run_sync(hooks.find, request.path_params["repository"])
    if hooked is None:
        # As where there is no path at all: nobody learns which repositories there are.
        raise NotFound("PATH_UNKNOWN", path=shortened(request.scope["path"]))
    body = await whole_body(request, MAX_HOOK) if is_signed(request.headers) else b""
    taken = await to_thread.run_sync(hooks.take, hooked, request.headers, body)
    call.notes.user, call.notes.target = "webhook", hooked.repository.name
    call.notes.after = {"event": taken.params["event"], "ref": taken.params["pushed"], "syncs": taken.syncs}
    return Answer(data=TakenView(repository=hooked.repository.name, syncs=taken.syncs),
                  message=render(taken.reason, call.lang, taken.params), code=202 if taken.syncs else 200)


def set_secret(call: Call[None, SecretBody]) -> Answer:
    """Set the secret of a repository's webhook, or take it away."""
    repository = call.service.hooks.set_secret(call.id, call.body.webhook_secret)
    url = f"{_origin(call)}{API}/webhook/{_key(repository)}"
    view = WebhookView(repository_id=repository.id, repository=repository.name, webhook=repository.webhook, url=url)
    return told(call, "WEBHOOK_SET" if repository.webhook else "WEBHOOK_OFF", view, url=url,
                repository=repository.name)


def _key(repository: Repository) -> str:
    """The repository in a path: its name, unless that could not stand there."""
    name = repository.name
    return str(repository.id) if "/" in name or name in (".", "..") else quote(name, safe="")


def _origin(call: Call[None, SecretBody]) -> str:
    settings = call.service.settings
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return str(getattr(settings, "public_url", "") or f"http://{host}:{settings.port}").rstrip("/")


ENDPOINTS = (
    Endpoint(method="POST", right=Right.PUBLIC, path=f"{API}/webhook/{{repository}}", handler=receive, raw=True,
             answer=TakenView, codes=(200, 202, 404), summary="Take a webhook of GitHub, GitLab, Gitea or a script"),
    Endpoint(method="POST", right=Right.ADMIN, path=f"{API}/repository/{{repositoryId}}/webhook", handler=set_secret,
             answer=WebhookView, body=SecretBody, codes=(200, 404, 409),
             summary="Set or take away the secret of a repository's webhook"),
)
