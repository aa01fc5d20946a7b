"""Brings the software table to a commit: read git, decide, write everything in one transaction."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from softops import __version__
from softops.catalog import Catalog, parse_catalog
from softops.clock import Clock
from softops.credentials import Credentials, login_draft
from softops.entities import Repository, SoftImage
from softops.errors import ConfigError, Conflict, ConstraintViolated, RegistryError, SoftopsError
from softops.git import GitMirror
from softops.gitaddress import same_site, split_login
from softops.images import Images
from softops.logins import CredentialKind
from softops.plan import SyncPlan, plan_sync
from softops.registry import RegistryClient
from softops.repositories import Repositories
from softops.statuses import ImageStatus, RepositoryStatus
from softops.syncreport import SyncReport

logger = logging.getLogger(__name__)


class Syncer:
    """Syncs catalog repositories. Several processes may share `var_dir`; a repository is synced by one at a time."""

    def __init__(self, *, repositories: Repositories, images: Images, registry: RegistryClient, mirror: GitMirror,
                 credentials: Credentials, var_dir: Path, clock: Clock) -> None:
        self._repositories = repositories
        self._images = images
        self._registry = registry
        self._mirror = mirror
        self._credentials = credentials
        self._var_dir = var_dir
        self._clock = clock

    def place(self, *, name: str, url: str, ref: str, path: str, interval: int, again: bool = True) -> Repository:
        """The repository of this name, made or changed to be so (`Repositories.ensure`); it is not read yet. What the
        address says of a login is kept sealed and apart from it; what was kept for another host is forgotten."""
        before = self._repositories.placed(name)
        plain, login = split_login(url)
        if login is not None and self._credentials.of_repository(name) != login:
            self._credentials.put(login_draft(CredentialKind.REPOSITORY, name, login), self._clock())
        if before is not None and login is None and not same_site(before.url, plain):
            self._credentials.forget_repository(name)
        placed = self._repositories.ensure(name=name, url=plain, ref=ref, path=path, interval=interval, again=again)
        if before is not None and before.url != placed.url:
            self._forget(before.url)
        return placed

    def seal_logins(self) -> None:
        """Seal what older versions have stored in addresses."""
        for repository in self._repositories.all():
            plain, login = split_login(repository.url)
            if login is not None:
                self._credentials.put(login_draft(CredentialKind.REPOSITORY, repository.name, login), self._clock())
                self._repositories.set_url(repository.id, plain)

    def remove(self, repository_id: int) -> tuple[Repository, int]:
        """Take a repository out; its software is retired (how many versions is the second value), and nothing that
        is on a server is touched."""
        removed, retired = self._repositories.remove(repository_id, self._clock())
        logger.info("Repository %s is removed: %s retired", removed.name, retired,
                    extra={"action": "remove_repository", "repository": removed.id})
        self._credentials.forget_repository(removed.name)
        self._forget(removed.url)
        return removed, retired

    def sync(self, repository_id: int, *, confirm: bool = False, commit: str | None = None) -> SyncReport:
        """Make the table agree with what the repository's ref is now, all of it or nothing.

        Files that can't be used are problems in the report and leave their software as it is. A commit that
        would retire more than half of the software, some of it installed, waits until it is synced with `confirm`;
        not where the repository was changed to another place on purpose. With `commit`, full or shortened, nothing
        is done unless the ref means it (Conflict). GitError when the repository can't be read: the last good commit
        stays in use.
        """
        self._repositories.get(repository_id)
        with self._alone(repository_id):
            # Read again: the one we waited for may have done it.
            repository = self._repositories.get(repository_id)
            if repository.status is RepositoryStatus.REMOVED:
                raise Conflict("REPOSITORY_GONE", repository=repository.name)
            last = SyncReport.from_json(repository.name, repository.report)
            started = time.monotonic()
            try:
                report = self._sync(repository, last, confirm, commit)
            except Conflict:
                raise
            except SoftopsError as exc:
                self._finish(repository, last.failed(exc), applied=False)
                raise
            return replace(report, seconds=round(time.monotonic() - started, 3))

    def refresh(self, soft_id: int) -> SoftImage:
        """The software as its repository and its registry have it now. UNAVAILABLE when the registry does not
        have the image; RegistryError, and nothing changed, when it does not say."""
        repository = self._repositories.get(self._images.get(soft_id).repository_id)
        if repository.status is not RepositoryStatus.REMOVED:
            self.sync(repository.id)
        image = self._images.get(soft_id)
        if image.status is ImageStatus.RETIRED:
            return image
        pinned = _pinned(image)
        wanted = f"{image.docker_image}@{pinned}" if pinned and "@" not in image.docker_image else image.docker_image
        try:
            found = self._registry.manifest(wanted)
        except RegistryError as exc:
            if exc.reason != "REGISTRY_NO_IMAGE":
                raise
            return self._images.refresh(soft_id, status=ImageStatus.UNAVAILABLE, digest=image.digest,
                                        size=image.size, now=self._clock())
        return self._images.refresh(soft_id, status=ImageStatus.AVAILABLE, digest=pinned or found.digest,
                                    size=found.size, now=self._clock())

    def _sync(self, repository: Repository, last: SyncReport, confirm: bool, wanted: str | None) -> SyncReport:
        commit = self._mirror.resolve(repository.url, repository.ref, self._credentials.of_repository(repository.name))
        if wanted is not None and not commit.startswith(wanted.lower()):
            raise Conflict("SYNC_COMMIT_MOVED", repository=repository.name, wanted=wanted, actual=commit)
        if last.commit == commit and last.softops == __version__ and not (last.waiting and confirm):
            report = last.again()
            # The stored counts stay those of the sync that changed something.
            self._finish(repository, replace(last, status=report.status, error=None), applied=False)
            return report
        started = time.monotonic()
        tree = self._mirror.files(repository.url, commit, repository.path)
        catalog = parse_catalog(tree.files, tree.problems)
        report = self._apply(repository, commit, catalog, confirm)
        report = replace(report, seconds=round(time.monotonic() - started, 3))
        self._finish(repository, report, applied=not report.waiting)
        return report

    def _apply(self, repository: Repository, commit: str, catalog: Catalog, confirm: bool) -> SyncReport:
        try:
            return self._apply_once(repository, commit, catalog, confirm)
        except ConstraintViolated:
            # A process on another machine was faster; what it wrote is what the plan is made against now.
            return self._apply_once(repository, commit, catalog, confirm)

    def _apply_once(self, repository: Repository, commit: str, catalog: Catalog, confirm: bool) -> SyncReport:
        plan = plan_sync(catalog, self._images.stored(repository.id))
        installed = self._repositories.installed(repository.id)
        moved = repository.commit is not None and repository.report.get("commit") is None
        report = replace(SyncReport(repository=repository.name, moved=moved).counting(plan, commit, catalog.problems),
                         retired_installed=sum(row.id in installed for row in plan.retired))
        if plan.retires_too_much(installed) and not (confirm or moved):
            return replace(report, status=RepositoryStatus.WAITING, waiting=True)
        self._images.apply(plan, repository.id, commit, self._clock())
        _log(repository, commit, plan, report)
        return replace(report, status=report.settled)

    def _finish(self, repository: Repository, report: SyncReport, *, applied: bool) -> None:
        after = self._repositories.finish_sync(
            repository.id, status=report.status, report=report.as_json(), began=repository,
            commit=report.commit if applied else None, now=self._clock())
        if after.url != repository.url or after.status is RepositoryStatus.REMOVED:
            # Whoever changed or removed it could not let go of what this sync was using.
            self._forget(repository.url)

    def _forget(self, url: str) -> None:
        """Remove the mirror of a place that no repository names any more."""
        try:
            self._mirror.forget(url, [one.url for one in self._repositories.all()])
        except SoftopsError as exc:
            logger.warning("A mirror could not be removed: %s", exc, extra={"action": "forget"})

    @contextmanager
    def _alone(self, repository_id: int) -> Iterator[None]:
        path = self._var_dir / f"sync-{repository_id}.lock"
        try:
            # Never removed: somebody may be waiting for this very file.
            lock = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise ConfigError("VAR_UNUSABLE", path=self._var_dir, problem=exc.strerror) from exc
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _pinned(image: SoftImage) -> str | None:
    version = image.entry.get("version")
    digest = version.get("digest") if isinstance(version, Mapping) else None
    return digest if isinstance(digest, str) else None


def _log(repository: Repository, commit: str, plan: SyncPlan, report: SyncReport) -> None:
    if not plan.empty:
        logger.info("Repository %s is at %s: %s added, %s changed, %s retired, %s problems", repository.name,
                    commit[:12], report.added, report.changed, report.retired, report.problem_count,
                    extra={"action": "sync", "repository": repository.id})
