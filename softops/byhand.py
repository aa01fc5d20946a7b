"""An order for a playbook run by hand: name and version are looked up in a directory with a catalog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from softops.catalog import FILE, CatalogItem, check_parameters, parse_catalog
from softops.choices import choices
from softops.errors import BadRequest, NotFound
from softops.orders import Order, order_of
from softops.versions import version_key

MAX_FILE = 1024 * 1024


def order_by_hand(catalog: Path, name: str, version: str, *, parameters: Mapping[str, Any],
                  pull: Mapping[str, Any]) -> Order:
    """The order for `name` in `version` (empty: the highest one). NotFound says what there is instead."""
    there = _names(catalog)
    if not name:
        raise BadRequest("CATALOG_NAME_MISSING", catalog=catalog, choices=choices("", there))
    if name not in there:
        raise NotFound("CATALOG_NAME_UNKNOWN", name=name, catalog=catalog, choices=choices(name, there))
    items = _items(catalog, name, there)
    item = items.get(version) if version else items[max(items, key=version_key)]
    if item is None:
        raise NotFound("SOFTWARE_VERSION_NOT_FOUND", name=name, version=version, choices=choices(version, items))
    software = {"name": item.name, "version": item.version, "image": item.docker_image, "digest": item.digest,
                "entry": dict(item.entry)}
    return order_of({"software": software, "parameters": dict(check_parameters(item.entry, parameters)), "pull": pull})


def _names(catalog: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(folder.name for folder in catalog.iterdir() if (folder / FILE).is_file()))
    except OSError as exc:
        raise NotFound("CATALOG_UNREADABLE", catalog=catalog, problem=exc.strerror) from exc


def _items(catalog: Path, name: str, there: tuple[str, ...]) -> Mapping[str, CatalogItem]:
    """The versions of one software; the files of others are not read, they only exist."""
    files = [*_files(catalog, name), *((f"{other}/{FILE}", b"") for other in there if other != name)]
    parsed = parse_catalog(files)
    mine = [problem for problem in parsed.problems if problem.path.startswith(f"{name}/") and not problem.warning]
    if mine:
        raise BadRequest("CATALOG_ENTRY_BROKEN", name=name, problem=mine[0].text("en"))
    return {item.version: item for (owner, _), item in parsed.items.items() if owner == name}


def _files(catalog: Path, name: str) -> Iterator[tuple[str, bytes]]:
    try:
        for path in sorted((catalog / name).rglob("*")):
            if path.is_file() and path.stat().st_size <= MAX_FILE:
                yield path.relative_to(catalog).as_posix(), path.read_bytes()
    except OSError as exc:
        raise NotFound("CATALOG_UNREADABLE", catalog=catalog / name, problem=exc.strerror) from exc
