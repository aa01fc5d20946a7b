"""What a sync would change: the catalog of a commit against the rows of its repository."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from softops.catalog import Catalog, CatalogItem
from softops.statuses import ImageStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEntry:
    """What is known of a row of system_soft_image."""

    id: int
    name: str
    version: str
    status: ImageStatus
    entry_hash: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A row and what it shall become."""

    stored: StoredEntry
    item: CatalogItem


@dataclass(frozen=True, kw_only=True, slots=True)
class SyncPlan:
    """Every stored version and every version of the catalog, once; only rows that are RETIRED and stay so
    are in none of the lists."""

    added: tuple[CatalogItem, ...] = ()
    changed: tuple[Change, ...] = ()
    revived: tuple[Change, ...] = ()
    """Versions that had left git and are back."""
    retired: tuple[StoredEntry, ...] = ()
    """Versions that left git."""
    kept: tuple[StoredEntry, ...] = ()
    """Versions whose file can't be used; the last good version stays."""
    unchanged: tuple[StoredEntry, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing has to be written."""
        return not (self.added or self.changed or self.revived or self.retired)

    def retires_too_much(self, installed: Collection[int]) -> bool:
        """Whether more than half of the versions in use would be retired, one of `installed` (ids) among them:
        what nobody has can be brought back by the next commit as if nothing had happened."""
        in_use = len(self.changed) + len(self.retired) + len(self.kept) + len(self.unchanged)
        return 2 * len(self.retired) > in_use and any(row.id in installed for row in self.retired)


def plan_sync(catalog: Catalog, stored: Mapping[tuple[str, str], StoredEntry]) -> SyncPlan:
    """The changes that make `stored` (by name and version) agree with `catalog`."""
    items = catalog.items
    gone = [row for key, row in stored.items() if key not in items and row.status is not ImageStatus.RETIRED]
    both = [Change(stored=stored[key], item=item) for key, item in items.items() if key in stored]
    back = [pair for pair in both if pair.stored.status is ImageStatus.RETIRED]
    here = [pair for pair in both if pair.stored.status is not ImageStatus.RETIRED]
    return SyncPlan(
        added=tuple(item for key, item in items.items() if key not in stored),
        changed=tuple(pair for pair in here if pair.stored.entry_hash != pair.item.entry_hash),
        revived=tuple(back),
        retired=tuple(row for row in gone if row.name not in catalog.broken),
        kept=tuple(row for row in gone if row.name in catalog.broken),
        unchanged=tuple(pair.stored for pair in here if pair.stored.entry_hash == pair.item.entry_hash))
