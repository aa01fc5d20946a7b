"""A whole catalog: `<name>/software.yml` files become items, one for each version of each software."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from pydantic import ValidationError

from softops.consistency import check_entry, manner_of
from softops.diagnosis import diagnose
from softops.documents import MAX_PROBLEMS, load_document
from softops.entries import Software
from softops.params import check_parameters
from softops.problems import Problem
from softops.references import parse_reference

__all__ = ["FILE", "Catalog", "CatalogItem", "Entry", "check_parameters", "parse_catalog"]

FILE = "software.yml"
"""The file that makes a folder a software."""

Files = Mapping[str, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogItem:
    """One version of a software as a commit describes it."""

    name: str
    version: str
    docker_image: str
    """The image to pull: with its tag, or with its digest where the file names no tag."""
    digest: str | None
    """The digest that the file demands."""
    description: str
    """The description, or else the title; Chinese where there are two."""
    entry: Mapping[str, Any]
    """The file's keys as they hold for this version; its own keys stand under `version`, the text of its
    Compose template under `composeTemplate`."""
    entry_hash: str
    """Changes when anything about this version changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One software and its versions, in the order of the file."""

    name: str
    items: tuple[CatalogItem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """All good entries, everything that is wrong, and the names that wrong files stand for."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    broken: frozenset[str]
    """Software whose file can't be used; what is known of it stays in use."""

    @property
    def items(self) -> Mapping[tuple[str, str], CatalogItem]:
        """Every version by (name, version)."""
        return {(item.name, item.version): item for entry in self.entries for item in entry.items}


def parse_catalog(files: Iterable[tuple[str, bytes]], found: Iterable[Problem] = ()) -> Catalog:
    """The catalog in `files` (posix paths relative to its folder). `found` are the problems of reading
    these files; a folder with one is broken. Never raises: a wrong file is a problem and stops no other."""
    folders = _by_folder(files)
    found = tuple(map(_graver, found))
    misplaced = tuple(_misplaced(folders))
    refused = {problem.path.split("/")[0] for problem in (*found, *misplaced)
               if not problem.warning and problem.reason != "CATALOG_MISPLACED"}
    broken = {_stands_for(problem) for problem in (*found, *misplaced)}
    taken = frozenset(folder for folder, content in folders.items() if folder and FILE in content)
    problems, entries = [*found, *misplaced], []
    for folder in sorted(taken):
        entry, wrong, claimed = _read_entry(folder, folders[folder], taken)
        problems += wrong
        if entry is None or folder in refused:
            broken |= claimed
        else:
            entries.append(entry)
    return Catalog(entries=tuple(entries), broken=frozenset(broken - {entry.name for entry in entries}),
                   problems=tuple(sorted(problems, key=lambda one: (one.path, one.line, one.column))))


def _graver(problem: Problem) -> Problem:
    """Whatever is not read of a folder may be left out, but not the file that describes the software."""
    folder, _, name = problem.path.partition("/")
    return replace(problem, warning=False) if folder and name == FILE else problem


def _stands_for(problem: Problem) -> str:
    """The software that somebody meant with a file that can't be used."""
    parts = problem.path.split("/")
    return parts[-2] if problem.reason == "CATALOG_MISPLACED" and len(parts) > 1 else parts[0]


def _by_folder(files: Iterable[tuple[str, bytes]]) -> dict[str, dict[str, bytes]]:
    """The files of each folder by their path inside it; those beside the folders under an empty name."""
    folders: dict[str, dict[str, bytes]] = {}
    for path, content in files:
        folder, slash, inside = path.partition("/")
        if slash:
            folders.setdefault(folder, {})[inside] = content
        else:
            folders.setdefault("", {})[path] = content
    return folders


def _misplaced(folders: Mapping[str, Files]) -> Iterable[Problem]:
    """Files that look as if they were meant to describe a software but are not where it is looked for."""
    for folder, files in folders.items():
        for path in files:
            name = path.rpartition("/")[2]
            where = f"{folder}/{path}" if folder else path
            if name == FILE and (not folder or path != FILE):
                yield Problem(path=where, reason="CATALOG_MISPLACED", params={"file": FILE})
            elif folder and name == path and path != FILE and _looks_like_it(path, FILE in files):
                yield Problem(path=where, reason="CATALOG_FILE_NAME", params={"file": FILE})


def _looks_like_it(name: str, has_file: bool) -> bool:
    if name.lower() in {"software.yaml", "software.yml"}:
        return True
    similar = SequenceMatcher(None, name.lower(), FILE)
    return not has_file and similar.quick_ratio() > 0.85 and similar.ratio() > 0.85


def _read_entry(folder: str, files: Files, taken: frozenset[str]) -> tuple[Entry | None, list[Problem], set[str]]:
    """The entry of a folder, or None with its problems; and the names that it stands for."""
    document = load_document(f"{folder}/{FILE}", files[FILE])
    problems = list(document.problems)
    data = document.data
    if data is None:
        return None, problems, {folder}
    software = None
    try:
        software = Software.model_validate(data)
    except ValidationError as exc:
        problems += diagnose(document, exc)
    problems += check_entry(document, data, folder=folder, files=files, taken=taken)
    if problems or software is None:
        name = data.get("name")
        return None, problems[:MAX_PROBLEMS], {folder, name} if isinstance(name, str) else {folder}
    items = tuple(_item(folder, version, data, files) for version in software.versions)
    return Entry(name=folder, items=items), [], {folder}


def _item(name: str, version: str, data: Mapping[str, Any], files: Files) -> CatalogItem:
    own = {key: value for key, value in data["versions"][version].items() if key in {"image", "digest"}}
    reference = parse_reference(own["image"])
    assert reference is not None  # noqa: S101  for mypy: the model has checked it
    digest = own.get("digest", reference.digest)
    image = f"{reference.name}:{reference.tag}" if reference.tag else f"{reference.name}@{digest}"
    entry = {key: data[key] for key in ("apiVersion", "name", "title", "description") if key in data}
    entry |= manner_of(data, version)
    entry["version"] = own if digest is None else {**own, "digest": digest}
    if "compose" in entry:
        entry["composeTemplate"] = files[entry["compose"]].decode("utf-8-sig")
    return CatalogItem(name=name, version=version, docker_image=image, digest=digest, entry=entry,
                       description=_one_text(data.get("description")) or _one_text(data.get("title")),
                       entry_hash=_hash([version, image, entry]))


def _one_text(text: str | Mapping[str, str] | None) -> str:
    if isinstance(text, Mapping):
        return text.get("zh") or text.get("en") or ""
    return text or ""


def _hash(value: object) -> str:
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
