"""Things for tests, whole and valid; a test names only what matters to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from softops.catalog import Catalog, CatalogItem, Entry
from softops.db import Database
from softops.entities import EventDraft, FinalState, Job, Record, Repository, Server, SoftImage
from softops.images import Images
from softops.inventory import InventoryHost
from softops.jobs import JobDraft, alike
from softops.models import AppRow
from softops.plan import plan_sync
from softops.records import Records
from softops.repositories import Repositories
from softops.servers import Servers
from softops.statuses import RecordStatus

NOW = datetime(2024, 1, 1, 10, 0, 0)  # noqa: DTZ001  naive UTC like all stored times
COMMIT = "c0ffee" + "0" * 34
DIGEST = "sha256:" + "a" * 64

SUCCESS = FinalState(status=RecordStatus.SUCCESS, reason="INSTALL_SUCCESS", digest=DIGEST)
FAILED = FinalState(status=RecordStatus.FAILED, reason="TASK_FAILED", code=1002,
                    reason_params={"task": "Pull", "message": "网络连接超时"})
CANCELLED = FinalState(status=RecordStatus.CANCELLED, reason="CANCELLED")


def later(seconds: int) -> datetime:
    """NOW and some seconds."""
    return NOW + timedelta(seconds=seconds)


def an_item(name: str = "nginx", version: str = "1.21.0", **changes: Any) -> CatalogItem:
    """One version of a software as the catalog has it."""
    image = changes.pop("docker_image", f"{name}:{version}")
    digest = changes.get("digest")
    own = {"image": image} if digest is None else {"image": image, "digest": digest}
    values = {"digest": None, "description": "高性能Web服务器", "entry": {"name": name, "version": own},
              "entry_hash": hashlib.sha256(repr((name, version, image, sorted(changes.items()))).encode()).hexdigest()}
    return CatalogItem(name=name, version=version, docker_image=image, **{**values, **changes})


def a_catalog(*items: CatalogItem, broken: Sequence[str] = ()) -> Catalog:
    """A catalog of these versions."""
    names = dict.fromkeys(item.name for item in items)
    entries = tuple(Entry(name=name, items=tuple(item for item in items if item.name == name)) for name in names)
    return Catalog(entries=entries, problems=(), broken=frozenset(broken))


def a_repository(database: Database, name: str = "catalog", **changes: Any) -> Repository:
    """A repository in the table."""
    values = {"url": "https://git.example.com/catalog.git", "ref": "main", "path": "catalog", "interval": 60}
    return Repositories(database).ensure(name=name, **{**values, **changes})


def some_images(database: Database, *items: CatalogItem, repository: str = "catalog") -> tuple[SoftImage, ...]:
    """Software in the table, in the order of `items`."""
    images, where = Images(database), a_repository(database, repository)
    wanted = items or (an_item(),)
    plan = plan_sync(a_catalog(*wanted), images.stored(where.id))
    images.apply(plan, where.id, COMMIT, NOW)
    return tuple(images.find(item.name, item.version, repository) for item in wanted)


def a_host(name: str = "web1", **changes: Any) -> InventoryHost:
    """A host of the inventory."""
    return InventoryHost(name=name, **{"address": name, "groups": ("web",), **changes})


def some_servers(database: Database, *names: str) -> tuple[Server, ...]:
    """Servers in the table, in the order of `names`."""
    servers = Servers(database)
    wanted = names or ("web1",)
    found = {server.name: server for server in servers.reconcile([a_host(name) for name in wanted], NOW)}
    return tuple(found[name] for name in wanted)


def a_draft(image: SoftImage | None = None, **changes: Any) -> JobDraft:
    """A job to install `image`."""
    values: dict[str, Any] = {"operation": "install", "soft_id": image.id if image else None, "user": "admin",
                              "soft_name": image.name if image else "nginx", "repository": "catalog",
                              "version": image.version if image else "1.21.0", "commit": COMMIT,
                              "docker_image": image.docker_image if image else "nginx:1.21.0",
                              "parameters": {"HTTP_PORT": 8080, "GREETING": "{{ 你好 }}"}}
    return JobDraft(**{**values, **changes})


def create_job(records: Records, draft: JobDraft, servers: Sequence[Server],
               now: datetime) -> tuple[Job, tuple[Record, ...]]:
    """A PENDING job that does the same on every server."""
    return records.create(draft, alike(draft, servers), now)


def a_job(database: Database, *names: str, **changes: Any) -> tuple[Job, tuple[Record, ...]]:
    """A PENDING job with a record on each of the servers `names`."""
    image = some_images(database)[0]
    return create_job(Records(database), a_draft(image, **changes), some_servers(database, *names), NOW)


def an_app(database: Database, image: SoftImage, server: str = "web1") -> None:
    """`image` is installed on a server."""
    [where] = some_servers(database, server)
    _, [record] = create_job(Records(database), a_draft(image), [where], NOW)
    with database.session() as session:
        session.add(AppRow(server_id=where.id, name=image.name, soft_id=image.id, version=image.version,
                           docker_image=image.docker_image, parameters={}, record_id=record.id, create_time=NOW,
                           update_time=NOW))


def an_event(record: Record | None = None, **changes: Any) -> EventDraft:
    """A milestone."""
    values: dict[str, Any] = {"type": "docker_start", "payload": {"type": "docker_start", "imageName": "nginx:1.21.0"},
                              "record_id": record.id if record else None}
    return EventDraft(**{**values, **changes})
