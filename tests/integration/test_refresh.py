"""sync.py: one software is refreshed from its repository and its registry."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from softops.db import Database
from softops.errors import RegistryError
from softops.statuses import ImageStatus
from tests.fleet.registry import Registry
from tests.integration.syncworld import World, many, software


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    made = World(database, tmp_path)
    yield made
    made.client.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    running = Registry(run_id=f"sync-{port}", directory=tmp_path / "registry", address="127.0.0.1", port=port)
    running.start()
    yield running
    running.close()


def test_refreshing_asks_git_and_the_registry(world: World, registry: Registry) -> None:
    digest = registry.push("demo", "1.0", layers=[100_000])
    world.commit(software("demo", "1.0", image=registry.image("demo", "1.0")))
    world.sync()
    before = world.images.find("demo")
    sha = world.commit(software("demo", "1.0", image=registry.image("demo", "1.0"), extra="description: new\n"))
    after = world.syncer.refresh(before.id)
    assert after == replace(before, description="new", commit=sha, digest=digest, size=after.size,
                            entry={**before.entry, "description": "new"})
    assert (after.size or 0) > 100_000
    assert world.syncer.refresh(before.id) == after == world.images.get(before.id)


def test_an_image_that_the_registry_does_not_have_is_unavailable(world: World, registry: Registry) -> None:
    world.commit(software("demo", "1.0", image=registry.image("demo", "1.0")))
    world.sync()
    demo = world.images.find("demo")
    assert world.syncer.refresh(demo.id) == replace(demo, status=ImageStatus.UNAVAILABLE)
    digest = registry.push("demo", "1.0")
    assert (world.syncer.refresh(demo.id).status, world.images.get(demo.id).digest) == (ImageStatus.AVAILABLE, digest)


def test_a_pinned_digest_is_what_is_asked_for(world: World, registry: Registry) -> None:
    pinned, image = registry.push("demo", "1.0", version_text="old"), registry.image("demo", "1.0")
    registry.push("demo", "1.0", version_text="new")
    file = {"catalog/demo/software.yml": "apiVersion: softops/v1\nname: demo\nversions:\n"
                                         f'  "1.0": {{image: "{image}", digest: "{pinned}"}}\n'}
    world.commit(file)
    world.sync()
    demo = world.syncer.refresh(world.images.find("demo").id)
    assert (demo.status, demo.digest) == (ImageStatus.AVAILABLE, pinned)
    registry.delete("demo", pinned)
    gone = world.syncer.refresh(demo.id)
    assert (gone.status, gone.digest, gone.size) == (ImageStatus.UNAVAILABLE, pinned, demo.size)


def test_a_registry_that_does_not_answer_changes_nothing(world: World, registry: Registry) -> None:
    registry.push("demo", "1.0")
    world.commit(software("demo", "1.0", image=registry.image("demo", "1.0")))
    world.sync()
    before = world.syncer.refresh(world.images.find("demo").id)
    registry.stop()
    with pytest.raises(RegistryError):
        world.syncer.refresh(before.id)
    assert world.images.get(before.id) == before


def test_what_left_git_is_not_asked_for(world: World) -> None:
    world.commit(many("a", "b"))
    world.sync()
    b = world.images.find("b")
    world.remove("b")
    assert world.syncer.refresh(b.id).status is ImageStatus.RETIRED
