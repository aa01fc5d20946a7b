"""A git repository, a database and a syncer between them, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from softops.credentials import Credentials
from softops.db import Database
from softops.entities import Repository
from softops.git import GitMirror
from softops.images import Images
from softops.registry import RegistryClient
from softops.repositories import Repositories
from softops.sync import Syncer
from softops.syncreport import SyncReport
from softops.vault import make_vault
from tests.factories import NOW, a_repository
from tests.homes import commit


def software(name: str, *versions: str, extra: str = "", image: str = "") -> dict[str, str]:
    """The file of a software."""
    lines = "".join(f'  "{version}": {{image: "{image or f"{name}:{version}"}"}}\n' for version in versions)
    return {f"catalog/{name}/software.yml": f"apiVersion: softops/v1\nname: {name}\nversions:\n{lines}{extra}"}


def many(*names: str) -> dict[str, str]:
    return {path: text for name in names for path, text in software(name, "1").items()}


class World:
    """A git repository, a database and a syncer between them."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.git = directory / "git"
        self.var = directory / "var"
        self.var.mkdir(exist_ok=True)
        self.images = Images(database)
        self.repositories = Repositories(database)
        self.client = RegistryClient(timeout=5)
        self.syncer = Syncer(repositories=self.repositories, images=self.images, var_dir=self.var, clock=lambda: NOW,
                             mirror=GitMirror(self.var / "git"), registry=self.client,
                             credentials=Credentials(database, make_vault("", self.var)))
        self._repository = a_repository(database, url=str(self.git))

    @property
    def repository(self) -> Repository:
        return self.repositories.get(self._repository.id)

    def commit(self, files: Mapping[str, str]) -> str:
        return commit(self.git, files)

    def remove(self, *names: str) -> str:
        for name in names:
            shutil.rmtree(self.git / "catalog" / name)
        return commit(self.git, {})

    def sync(self, *, confirm: bool = False) -> SyncReport:
        return replace(self.syncer.sync(self._repository.id, confirm=confirm), seconds=0)

    def table(self) -> list[tuple[str, str, str, str]]:
        page = self.images.page(page=1, size=100)
        return [(image.name, image.version, image.status.value, image.commit) for image in page.records]
