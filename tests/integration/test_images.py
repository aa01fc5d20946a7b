"""images.py: the software table follows plans, is searched literally and orders versions as versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from softops.catalog import CatalogItem
from softops.db import Database
from softops.entities import SoftImage
from softops.errors import BadRequest, ConstraintViolated, NotFound
from softops.images import BATCH, Images
from softops.plan import plan_sync
from softops.statuses import ImageStatus
from tests.factories import COMMIT, DIGEST, NOW, a_catalog, a_repository, an_item, later, some_images

NEWER = "beef" + "0" * 36
OTHER_DIGEST = "sha256:" + "b" * 64


@pytest.fixture
def images(database: Database) -> Images:
    return Images(database)


def sync(database: Database, *items: CatalogItem, broken: tuple[str, ...] = (), repository: str = "catalog") -> None:
    """Apply the catalog of these items as the commit NEWER."""
    images, where = Images(database), a_repository(database, repository)
    images.apply(plan_sync(a_catalog(*items, broken=broken), images.stored(where.id)), where.id, NEWER, later(60))


def versions(found: tuple[SoftImage, ...]) -> list[str]:
    return [f"{image.name} {image.version}" for image in found]


def test_a_new_version_is_available_with_everything_the_catalog_says(database: Database, images: Images) -> None:
    item = an_item(digest=DIGEST, entry={"service": {"env": {"X": "{{ 你好 }} 😀"}}, "version": {"digest": DIGEST}})
    image = some_images(database, item)[0]
    assert image == SoftImage(
        id=1, name="nginx", version="1.21.0", docker_image="nginx:1.21.0", description="高性能Web服务器",
        status=ImageStatus.AVAILABLE, repository_id=1, commit=COMMIT, digest=DIGEST, size=None, entry=item.entry,
        create_time=NOW, update_time=NOW)
    assert images.get(1) == image


def test_an_unchanged_version_keeps_its_row_and_its_commit(database: Database, images: Images) -> None:
    before = some_images(database)[0]
    sync(database, an_item())
    assert images.get(before.id) == before


def test_a_changed_version_names_the_commit_that_changed_it(database: Database, images: Images) -> None:
    before = some_images(database)[0]
    changed = an_item(description="新的", docker_image="nginx:1.21.0-alpine")
    sync(database, changed)
    assert images.get(before.id) == replace(before, description="新的", docker_image="nginx:1.21.0-alpine",
                                            commit=NEWER, update_time=later(60), entry=changed.entry)


def test_what_left_git_is_retired_and_comes_back_under_the_same_id(database: Database, images: Images) -> None:
    before = some_images(database, an_item("nginx"), an_item("redis"))
    sync(database, an_item("nginx"))
    gone = replace(before[1], status=ImageStatus.RETIRED, commit=NEWER, update_time=later(60))
    assert (images.get(before[0].id), images.get(before[1].id)) == (before[0], gone)
    sync(database, an_item("nginx"), an_item("redis"))
    assert images.get(before[1].id) == replace(gone, status=ImageStatus.AVAILABLE)


def test_a_broken_file_leaves_its_software_as_it_is(database: Database, images: Images) -> None:
    before = some_images(database, an_item("nginx"), an_item("redis"))
    sync(database, an_item("nginx"), broken=("redis",))
    assert tuple(images.get(image.id) for image in before) == before


@pytest.mark.parametrize(("stored", "now", "digest", "size"), [
    (an_item(), an_item(description="x"), DIGEST, 5),
    (an_item(), an_item(docker_image="nginx:other"), None, None),
    (an_item(), an_item(digest=DIGEST), DIGEST, 5),
    (an_item(), an_item(digest=OTHER_DIGEST), OTHER_DIGEST, None),
    (an_item(digest=DIGEST), an_item(), None, None),
    (an_item(digest=DIGEST), an_item(digest=DIGEST, description="x"), DIGEST, 5),
], ids=["same image", "other image", "pinned as it is", "pinned otherwise", "no longer pinned", "still pinned"])
def test_what_the_registry_said_holds_for_the_same_image(database: Database, images: Images, stored: CatalogItem,
                                                         now: CatalogItem, digest: str, size: int) -> None:
    before = some_images(database, stored)[0]
    images.refresh(before.id, status=ImageStatus.UNAVAILABLE, digest=DIGEST, size=5, now=NOW)
    sync(database, now)
    after = images.get(before.id)
    assert (after.status, after.digest, after.size) == (ImageStatus.AVAILABLE, digest, size)


def test_refreshing_keeps_time_when_nothing_is_new(database: Database, images: Images) -> None:
    before = some_images(database)[0]
    first = images.refresh(before.id, status=ImageStatus.AVAILABLE, digest=DIGEST, size=2**40, now=later(1))
    assert first == replace(before, digest=DIGEST, size=2**40, update_time=later(1))
    assert images.refresh(before.id, status=ImageStatus.AVAILABLE, digest=DIGEST, size=2**40, now=later(2)) == first
    sync(database)
    after = images.refresh(before.id, status=ImageStatus.AVAILABLE, digest=None, size=None, now=later(99))
    assert after.status is ImageStatus.RETIRED


def test_a_plan_is_applied_whole_or_not_at_all(database: Database, images: Images) -> None:
    before = some_images(database, an_item("nginx"))
    where = a_repository(database)
    stale = plan_sync(a_catalog(an_item("nginx", description="x"), an_item("redis")), images.stored(where.id))
    sync(database, an_item("nginx"), an_item("redis"))
    with pytest.raises(ConstraintViolated):
        images.apply(stale, where.id, NEWER, later(90))
    assert images.get(before[0].id) == before[0]


def test_more_rows_than_one_statement_takes(database: Database, images: Images) -> None:
    count = 2 * BATCH + 1
    sync(database, *(an_item(f"s{number}") for number in range(count)))
    sync(database, *(an_item(f"s{number}", description="new") for number in range(count)))
    page = images.page(page=2, size=BATCH, status=ImageStatus.AVAILABLE)
    assert (page.total, len(page.records), {image.description for image in page.records}) == (count, BATCH, {"new"})
    sync(database)
    assert images.page(page=1, size=1, status=ImageStatus.RETIRED).total == count


def test_versions_are_ordered_newest_first(database: Database, images: Images) -> None:
    some_images(database, *(an_item("nginx", version) for version in ("1.9", "1.10", "1.10-rc1", "latest")),
                an_item("apache", "2.4"))
    page = images.page(page=1, size=3)
    assert versions(page.records) == ["apache 2.4", "nginx 1.10", "nginx 1.10-rc1"]
    assert (page.total, page.pages, page.current) == (5, 2, 1)
    assert versions(images.page(page=2, size=3).records) == ["nginx 1.9", "nginx latest"]
    assert images.page(page=3, size=3).records == ()


@pytest.mark.parametrize(("name", "found"), [
    ("g", ["a_g", "ab%g", "nginx"]), ("_", ["a_g"]), ("%", ["ab%g"]), ("b%", ["ab%g"]), ("\\", []), ("/", []),
    ("NGINX", ["nginx"]), ("", ["a_g", "ab%g", "nginx"]), ("n_inx", []), ("' OR 1=1 --", []), ("%s", []),
])
def test_a_name_is_searched_literally(database: Database, images: Images, name: str, found: list[str]) -> None:
    some_images(database, *(an_item(software, "1") for software in ("a_g", "ab%g", "nginx")))
    page = images.page(page=1, size=10, name=name)
    assert ([image.name for image in page.records], page.total) == (found, len(found))


def test_names_and_versions_that_differ_in_case_are_different(database: Database, images: Images) -> None:
    some_images(database, an_item("nginx", "1.0-RC1"), an_item("nginx", "1.0-rc1"))
    assert images.find("nginx", "1.0-RC1").id != images.find("nginx", "1.0-rc1").id
    with pytest.raises(NotFound):
        images.find("Nginx", "1.0-rc1")


def test_without_a_version_the_highest_available_one_is_found(database: Database, images: Images) -> None:
    made = some_images(database, an_item(version="1.9"), an_item(version="1.10"), an_item(version="2.0"))
    assert images.find("nginx") == made[2]
    images.refresh(made[2].id, status=ImageStatus.UNAVAILABLE, digest=None, size=None, now=NOW)
    assert images.find("nginx") == made[1]
    assert images.find("nginx", "2.0").status is ImageStatus.UNAVAILABLE


def test_what_does_not_exist_is_answered_with_what_does(database: Database, images: Images) -> None:
    some_images(database, an_item("nginx", "1.21.0"), an_item("nginx", "1.22.1"), an_item("redis", "7"))
    with pytest.raises(NotFound, match=r"no software ngnix\. There is: nginx, redis\."):
        images.find("ngnix")
    with pytest.raises(NotFound, match=r"no version 9\. There is: 1\.21\.0, 1\.22\.1\."):
        images.find("nginx", "9")
    with pytest.raises(NotFound, match=r"no repository katalog\. There is: catalog\."):
        images.find("nginx", repository="katalog")
    with pytest.raises(NotFound, match=r"catalog has no software mysql\. There is: nginx, redis\."):
        images.find("mysql", repository="catalog")
    with pytest.raises(NotFound, match="no software with the id 99"):
        images.get(99)
    sync(database, an_item("redis", "7"))
    with pytest.raises(NotFound, match=r"In the table: 1\.22\.1 \(RETIRED\), 1\.21\.0 \(RETIRED\)"):
        images.find("nginx")
    assert images.find("nginx", "1.21.0").status is ImageStatus.RETIRED


def test_software_of_several_repositories_must_be_told_apart(database: Database, images: Images) -> None:
    first = some_images(database, an_item("nginx", "1"), repository="one")[0]
    second = some_images(database, an_item("nginx", "1"), an_item("nginx", "2"), repository="two")
    for version in (None, "1"):
        with pytest.raises(BadRequest, match="several repositories: one, two"):
            images.find("nginx", version)
    assert images.find("nginx", "2") == second[1]
    assert (images.find("nginx", "1", "one"), images.find("nginx", None, "two")) == (first, second[1])
    sync(database, repository="two")
    assert (images.find("nginx"), images.find("nginx", "1")) == (first, first)
