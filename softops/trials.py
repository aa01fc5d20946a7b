"""A catalog as it lies in a directory, tried before it is committed: read as a sync reads it, and every version made
into the files of a server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softops.appfiles import app_files
from softops.catalog import FILE, CatalogItem, parse_catalog
from softops.composing import AppVersion
from softops.errors import BadRequest, NotFound
from softops.params import ParamBase, TextParam, declared
from softops.permissions import declared_permissions
from softops.preview import stand_in
from softops.problems import Problem

MAX_FILE = 1024 * 1024
"""Bytes of the largest file that a sync reads."""
TEXTS = ("example", "Example-1", "example.com", "https://example.com", "user@example.com", "/example", "1", "a")
"""What stands for texts; the first that fits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unstartable:
    """A version that could not be started with its defaults."""

    file: str
    """The file to mend, relative to the catalog."""
    version: str
    error: BadRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What a sync of the directory would find, and what no start would accept."""

    versions: int
    problems: tuple[Problem, ...]
    refused: tuple[Unstartable, ...]

    @property
    def good(self) -> bool:
        """Whether nothing has to be mended."""
        return not self.refused and all(problem.warning for problem in self.problems)


def try_catalog(directory: Path) -> Trial:
    """Everything that is wrong in a directory with a catalog; all permissions that an entry declares are granted.
    NotFound for a directory that can't be read. Docker Compose is asked, no registry and no server is."""
    large: list[Problem] = []
    catalog = parse_catalog(tuple(_files(directory, large)), large)
    items = [item for entry in catalog.entries for item in entry.items]
    return Trial(versions=len(items), problems=catalog.problems,
                 refused=tuple(found for item in items if (found := _refused(item)) is not None))


def _files(directory: Path, large: list[Problem]) -> Iterator[tuple[str, bytes]]:
    """Every file with its path; those that a sync would not read become problems."""
    try:
        for folder in sorted(directory.iterdir()):
            # Git's own files are in no commit.
            for path in sorted(folder.rglob("*")) if folder.name != ".git" and folder.is_dir() else [folder]:
                if not path.is_file() or folder.name == ".git":
                    continue
                name = path.relative_to(directory).as_posix()
                if path.stat().st_size > MAX_FILE:
                    large.append(Problem(path=name, reason="GIT_FILE_TOO_LARGE", warning=True,
                                         params={"limit": MAX_FILE // 1024}))
                else:
                    yield name, path.read_bytes()
    except OSError as exc:
        raise NotFound("CHECK_DIRECTORY", directory=directory, problem=exc.strerror) from exc


def _refused(item: CatalogItem) -> Unstartable | None:
    """Why the version would not start; None for one that would, and for an image that is only installed."""
    template = item.entry.get("composeTemplate") is not None
    if not template and item.entry.get("service") is None:
        return None
    app = AppVersion(name=item.name, version=item.version, image=item.docker_image, digest=item.digest, commit=None,
                     entry=item.entry)
    values = _values(item.entry)
    try:
        app_files(app, values, accepted=declared_permissions(app, values))
    except BadRequest as exc:
        file = str(item.entry.get("compose") or "compose.yml.j2") if template else FILE
        return Unstartable(file=f"{item.name}/{file}", version=item.version, error=exc)
    return None


def _values(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The defaults, and something for what has to be given or is generated."""
    values: dict[str, object] = {}
    for param in declared(entry):
        length = param.generated()
        if length is not None:
            values[param.name] = "x" * length
        else:
            values[param.name] = _example(param) if param.must_be_given() else param.preset()
    return values


def _example(param: ParamBase) -> object:
    if not isinstance(param, TextParam):
        return stand_in(param)
    texts = [text.ljust(param.min or 0, "x")[:param.max] for text in TEXTS]
    return next((text for text in texts if param.flaw(text) is None), texts[0])
