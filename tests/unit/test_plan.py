"""plan.py: what a sync would change, decided without doing anything."""

from __future__ import annotations

from collections.abc import Iterable

from softops.catalog import Catalog, CatalogItem, Entry
from softops.plan import Change, StoredEntry, SyncPlan, plan_sync
from softops.statuses import ImageStatus

AVAILABLE, UNAVAILABLE, RETIRED = ImageStatus.AVAILABLE, ImageStatus.UNAVAILABLE, ImageStatus.RETIRED


def item(name: str, version: str = "1", content: str = "x") -> CatalogItem:
    return CatalogItem(name=name, version=version, docker_image=f"{name}:{version}", digest=None, description="",
                       entry={"name": name}, entry_hash=content)


def catalog(*items: CatalogItem, broken: Iterable[str] = ()) -> Catalog:
    names = dict.fromkeys(one.name for one in items)
    entries = tuple(Entry(name=name, items=tuple(one for one in items if one.name == name)) for name in names)
    return Catalog(entries=entries, problems=(), broken=frozenset(broken))


def row(name: str, version: str = "1", content: str = "x", status: ImageStatus = AVAILABLE, *,
        number: int = 1) -> StoredEntry:
    return StoredEntry(id=number, name=name, version=version, status=status, entry_hash=content)


def stored(*rows: StoredEntry) -> dict[tuple[str, str], StoredEntry]:
    return {(one.name, one.version): one for one in rows}


def test_everything_is_added_to_nothing() -> None:
    plan = plan_sync(catalog(item("a"), item("b")), {})
    assert plan == SyncPlan(added=(item("a"), item("b")))
    assert not plan.empty


def test_an_unchanged_catalog_changes_nothing() -> None:
    plan = plan_sync(catalog(item("a"), item("b")), stored(row("a"), row("b", status=UNAVAILABLE)))
    assert plan == SyncPlan(unchanged=(row("a"), row("b", status=UNAVAILABLE)))
    assert plan.empty


def test_every_kind_of_change_at_once() -> None:
    known = stored(row("same"), row("changed", content="old"), row("back", status=RETIRED),
                   row("gone"), row("two", "1"), row("torn", "1"), row("torn", "2", status=UNAVAILABLE),
                   row("long-gone", status=RETIRED), row("unavailable", content="old", status=UNAVAILABLE))
    found = catalog(item("same"), item("changed", content="new"), item("back"), item("two", "2"), item("new"),
                    item("unavailable", content="new"), broken=["torn", "never-seen"])
    assert plan_sync(found, known) == SyncPlan(
        added=(item("two", "2"), item("new")),
        changed=(Change(stored=row("changed", content="old"), item=item("changed", content="new")),
                 Change(stored=row("unavailable", content="old", status=UNAVAILABLE),
                        item=item("unavailable", content="new"))),
        revived=(Change(stored=row("back", status=RETIRED), item=item("back")),),
        retired=(row("gone"), row("two", "1")),
        kept=(row("torn", "1"), row("torn", "2", status=UNAVAILABLE)),
        unchanged=(row("same"),))


def test_a_retired_version_of_a_broken_file_stays_retired() -> None:
    assert plan_sync(catalog(broken=["a"]), stored(row("a", status=RETIRED))) == SyncPlan()


def retire(gone: int, here: int) -> SyncPlan:
    rows = [row(f"gone{number}") for number in range(gone)] + [row(f"here{number}") for number in range(here)]
    old = [row(f"old{number}", status=RETIRED) for number in range(9)]
    return plan_sync(catalog(*(item(f"here{number}") for number in range(here))), stored(*rows, *old))


def test_more_than_half_is_too_much_to_retire_and_half_is_not() -> None:
    shares = [(2, 2), (3, 2), (1, 0), (2, 0), (2, 1), (0, 0), (1, 1)]
    assert [retire(gone, here).retires_too_much({1}) for gone, here in shares] == [
        False, True, True, True, True, False, False]


def test_what_nobody_has_installed_may_go() -> None:
    found = plan_sync(catalog(item("a")), stored(row("a"), row("b", number=2), row("c", number=3)))
    assert [found.retires_too_much(installed) for installed in ((), {1}, {3}, {1, 2, 3})] == [False, False, True, True]


def test_files_that_are_only_broken_do_not_count_as_retired() -> None:
    rows = stored(*(row(name) for name in "abcdef"))
    assert not plan_sync(catalog(item("a"), broken=list("bcdef")), rows).retires_too_much({1})
    assert plan_sync(catalog(item("a"), broken=["b"]), rows).retires_too_much({1})
