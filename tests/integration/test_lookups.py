"""lookups.py: one question for many processes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from softops.errors import RegistryError
from softops.lookups import Lookups
from softops.registry import RegistryClient
from softops.remoteimages import RemoteImage
from tests.integration.test_registry import IMAGE, Stub, remote, serving


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub()) as running:
        running.serve("app", IMAGE)
        yield running


def ask(image: str, platform: tuple[str, str]) -> RemoteImage:
    with closing(RegistryClient(timeout=2)) as client:
        return client.manifest(image, platform=platform)


def find(directory: Path, image: str) -> RemoteImage | RegistryError:
    return Lookups(directory, ask).find(image, platform=("linux", "amd64"))


def test_many_processes_ask_once(tmp_path: Path, stub: Stub) -> None:
    with multiprocessing.get_context("fork").Pool(8) as pool:
        found = pool.starmap(find, [(tmp_path, f"{stub.host}/app:1")] * 16)
    assert found == [remote(IMAGE)] * 16
    assert stub.asked == ["/v2/app/manifests/1", f"/v2/app/blobs/{IMAGE.config.digest}"]


def test_a_refusal_is_remembered_too(tmp_path: Path, stub: Stub) -> None:
    answers = [find(tmp_path, f"{stub.host}/app:9") for _ in range(2)]
    assert [str(answer) for answer in answers] == [
        f"The registry {stub.host} has no image {stub.host}/app:9. Correct the name or tag, or push the image."] * 2
    assert stub.asked == ["/v2/app/manifests/9"]


def test_platforms_are_told_apart(tmp_path: Path, stub: Stub) -> None:
    lookups = Lookups(tmp_path, ask)
    for processor in ("amd64", "arm64"):
        lookups.find(f"{stub.host}/app:1", platform=("linux", processor))
    assert stub.asked.count("/v2/app/manifests/1") == 2


def test_what_is_shared_is_what_the_client_says(tmp_path: Path, stub: Stub) -> None:
    with closing(RegistryClient()) as client:
        assert find(tmp_path, f"{stub.host}/app:1") == client.manifest(f"{stub.host}/app:1")
