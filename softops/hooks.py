"""Webhooks that come in: a push that a git server tells of becomes a sync of the repository."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from softops.entities import Repository
from softops.errors import BadRequest, NotFound
from softops.hookmarks import HookMarks
from softops.problems import shortened
from softops.repositories import Repositories
from softops.statuses import RepositoryStatus
from softops.syncqueue import SyncQueue
from softops.vault import Vault
from softops.webhooks import Hook, Meaning, meaning, read_hook

LEAST_SECRET = 16
"""Characters of a secret; with fewer it could be guessed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hooked:
    """A repository that takes webhooks."""

    repository: Repository
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What became of a webhook: the reason of its sentence, and whether it leads to a sync."""

    reason: str
    params: Mapping[str, object]
    syncs: bool


class Hooks:
    """Takes the webhooks of repositories that have a secret for them."""

    def __init__(self, *, repositories: Repositories, vault: Vault, marks: HookMarks, queue: SyncQueue,
                 now: Callable[[], float] = time.time) -> None:
        self._repositories = repositories
        self._vault = vault
        self._marks = marks
        self._queue = queue
        self._now = now

    def start(self) -> None:
        """Sync those that nobody else looks at: what was pushed while softops was not there told nobody."""
        for repository in self._repositories.all():
            if repository.webhook and repository.interval == 0:
                self._queue.ask(repository.id)

    def stop(self) -> None:
        """End; a sync that hangs is left behind after some seconds."""
        self._queue.stop()

    def find(self, name: str) -> Hooked | None:
        """The repository of this name, or else of this id, when it takes webhooks."""
        repository = self._named(name)
        sealed = self._repositories.sealed_webhook(repository.id) if repository is not None else None
        if repository is None or sealed is None:
            return None
        return Hooked(repository=repository, secret=str(self._vault.open(sealed)["secret"]))

    def take(self, hooked: Hooked, headers: Mapping[str, str], body: bytes) -> Taken:
        """Have the repository synced if the webhook tells of a push to what it follows. Forbidden unless it was
        made with the repository's secret."""
        hook, repository = read_hook(hooked.secret, headers, body, self._now()), hooked.repository
        what = meaning(hook, repository.ref)
        if what is not Meaning.SYNC:
            return _taken(what.value, repository, hook)
        if not self._marks.take(repository.id, hook.marks):
            return _taken("WEBHOOK_REPLAYED", repository, hook)
        is_first = self._queue.ask(repository.id)
        return _taken(what.value if is_first else "WEBHOOK_WAITING", repository, hook, syncs=True)

    def set_secret(self, repository_id: int, secret: str) -> Repository:
        """Take webhooks that are made with `secret`; an empty one: take none. BadRequest when it is too short."""
        if secret and len(secret) < LEAST_SECRET:
            raise BadRequest("WEBHOOK_SECRET_SHORT", least=LEAST_SECRET)
        return self._repositories.set_webhook(repository_id, self._vault.seal({"secret": secret}) if secret else None)

    def _named(self, name: str) -> Repository | None:
        try:
            return self._repositories.named(name)
        except NotFound:
            if not (name.isascii() and name.isdigit() and len(name) < 19):
                return None
        try:
            repository = self._repositories.get(int(name))
        except NotFound:
            return None
        return repository if repository.status is not RepositoryStatus.REMOVED else None


def _taken(reason: str, repository: Repository, hook: Hook, *, syncs: bool = False) -> Taken:
    return Taken(reason=reason, syncs=syncs, params={
        "repository": repository.name, "ref": repository.ref, "pushed": shortened(hook.ref or "-"),
        "event": shortened(hook.event or "-")})
