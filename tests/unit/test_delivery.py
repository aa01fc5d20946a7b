"""delivery.py: what is done, and not done, on a server; its engine, shell and registry are stood in for here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pytest

from softops.delivery import Access, Delivered, Delivery, Said, Wishes
from softops.engine import EngineFacts, EngineStore, LocalImage
from softops.errors import EngineUnreachable, PullFailed, RegistryError, RunFailed, SoftopsError
from softops.events import Layer
from softops.installed import fingerprint, manifest_of
from softops.orders import order_of
from softops.remoteimages import RemoteImage, RemoteLayer

NAME = "r.test:5000/demo"
OLD, NEW = "sha256:" + "1" * 64, "sha256:" + "2" * 64
DIFFS = tuple(f"sha256:{digit * 64}" for digit in "abc")
REMOTE = RemoteImage(digest=NEW, config_digest="sha256:" + "c" * 64, size=600, layers=tuple(
    RemoteLayer(digest=f"sha256:{number}{'0' * 63}", size=size, diff_id=diff)
    for number, (size, diff) in enumerate(zip((100, 200, 300), DIFFS, strict=True))))


WRITTEN = Said(code=0, output="softops-written", errors="")


def image(digest: str = NEW, *, tags: tuple[str, ...] = (f"{NAME}:1.0",), **other: Any) -> LocalImage:
    return LocalImage(**{"id": f"id-{digest[-1]}", "tags": tags, "digests": (f"{NAME}@{digest}",), "os": "linux",
                         "architecture": "amd64", "size": 1000, "layers": DIFFS, **other})


@dataclass
class FakeEngine:
    """An engine with `images`, which has `arrives` once it was told to pull."""

    images: list[LocalImage] = field(default_factory=list)
    arrives: LocalImage | None = None
    says: Sequence[Mapping[str, Any]] = ({"status": f"Digest: {NEW}"},)
    chains: tuple[tuple[str, ...], ...] | None = ()
    done: list[str] = field(default_factory=list)
    login: str = ""

    def about(self) -> EngineFacts:
        return EngineFacts(version="20", api_version="1.41", os="linux", architecture="amd64")

    def find(self, name: str) -> LocalImage | None:
        return next((one for one in self.images if name in (*one.tags, *one.digests)), None)

    def store(self) -> EngineStore:
        return EngineStore(root_dir="/srv/docker", images=0, containers=0)

    def layer_chains(self, seconds: float) -> tuple[tuple[str, ...], ...] | None:
        return self.chains

    def pull(self, name: str, tag: str, login: str = "") -> Iterator[Mapping[str, Any]]:
        self.done.append(f"pull {name} {tag}")
        self.login = login
        yield from self.says
        if self.arrives:
            self.images = [self.arrives, *(one for one in self.images if one.id != self.arrives.id)]

    def tag(self, image_id: str, name: str, tag: str) -> None:
        self.done.append(f"tag {image_id} {name} {tag}")


class Heard:
    """What was told of a delivery."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.total: int | None = -1
        self.told: list[Layer] = []

    def stage(self, stage: str, *, image: str = "", total: int | None = None) -> None:
        self.stages.append(stage)
        self.total = total if stage == "pull" else self.total

    def layers(self, changed: Sequence[Layer], at: float) -> None:
        self.told += changed


@dataclass
class Story:
    """One delivery to a server that is stood in for."""

    engine: FakeEngine
    remote: RemoteImage | RegistryError | None = REMOTE
    free: int = 10**9
    says: Said = WRITTEN
    noted: str | None = None
    cancelled: bool = False
    shares_disk: bool = True
    has_shell: bool = True
    heard: Heard = field(default_factory=Heard)
    commands: list[str] = field(default_factory=list)

    def deliver(self, *, digest: str | None = None, install: bool = True, check: bool = False) -> Delivered:
        order = order_of({"software": {"name": "demo", "version": "1.0", "image": f"{NAME}:1.0", "digest": digest}})
        access = Access(engine=self.engine, shell=self._shell if self.has_shell else None,  # type: ignore[arg-type]
                        shares_disk=self.shares_disk, lookup=lambda image, platform: self.remote, narrator=self.heard,
                        cancelled=lambda: self.cancelled, noted=lambda: self.noted)
        return Delivery(order, access, Wishes(install=install, check=check, note=PurePosixPath("/apps/1.json"))).run()

    def refusal(self, **how: Any) -> SoftopsError:
        with pytest.raises(SoftopsError) as caught:
            self.deliver(**how)
        return caught.value

    def _shell(self, command: str, stdin: str = "") -> Said:
        self.commands.append(command.split(maxsplit=1)[0])
        if command.startswith("df"):
            return Said(code=0, output=f"fs 1 1 {self.free // 1024} 1% /\n", errors="")
        return self.says


def unreachable() -> RegistryError:
    return RegistryError("REGISTRY_UNREACHABLE", registry="r.test:5000", problem="gone")


def test_a_missing_image_is_pulled_and_noted() -> None:
    story = Story(FakeEngine(arrives=image()))
    assert story.deliver() == Delivered(changed=True, digest=NEW, image_id="id-2", size=1000, layers=3)
    assert story.engine.done == [f"pull {NAME} 1.0"]
    assert (story.heard.stages, story.heard.total) == (["connect", "space", "pull", "verify", "manifest"], 600)


def test_a_pull_alone_notes_nothing() -> None:
    story = Story(FakeEngine(arrives=image()))
    assert story.deliver(install=False).changed
    assert story.commands == ["df"]


@pytest.mark.parametrize("digest", [NEW, None])
def test_an_image_that_is_there_is_not_pulled(digest: str | None) -> None:
    story = Story(FakeEngine([image()]), says=Said(code=0, output="softops-same", errors=""))
    assert story.deliver(digest=digest) == Delivered(changed=False, digest=NEW, image_id="id-2", size=1000, layers=3)
    assert story.engine.done == []
    assert story.heard.stages == ["connect", "manifest"]


@pytest.mark.parametrize("check", [True, False])
def test_a_server_that_is_known_to_have_the_note_is_not_asked(check: bool) -> None:
    order = order_of({"software": {"name": "demo", "version": "1.0", "image": f"{NAME}:1.0", "digest": NEW}})
    story = Story(FakeEngine([image()]), noted=fingerprint(manifest_of(order, NEW).encode()))
    assert not story.deliver(digest=NEW, check=check).changed
    assert (story.commands, story.heard.stages) == ([], ["connect"])


def test_a_pinned_image_that_is_there_needs_no_registry() -> None:
    assert Story(FakeEngine([image()]), remote=unreachable()).deliver(digest=NEW).digest == NEW


def test_a_pinned_image_is_pulled_by_its_digest_and_then_named() -> None:
    story = Story(FakeEngine([image(OLD)], arrives=image(tags=())))
    assert story.deliver(digest=NEW, install=False).changed
    assert story.engine.done == [f"pull {NAME} {NEW}", f"tag id-2 {NAME} 1.0"]


def test_a_pinned_image_that_is_there_under_another_name_is_only_named() -> None:
    story = Story(FakeEngine([image(tags=("other:1",))]))
    assert story.deliver(digest=NEW, install=False).changed
    assert story.engine.done == [f"tag id-2 {NAME} 1.0"]


def test_a_tag_that_has_moved_is_pulled_again() -> None:
    story = Story(FakeEngine([image(OLD)], arrives=image()))
    assert story.deliver(install=False) == Delivered(changed=True, digest=NEW, image_id="id-2", size=1000, layers=3)


def test_a_tag_whose_registry_this_machine_does_not_see_is_pulled_and_may_be_the_same() -> None:
    story = Story(FakeEngine([image()], arrives=image()), remote=unreachable())
    assert not story.deliver(install=False).changed
    assert (story.engine.done, story.heard.total) == ([f"pull {NAME} 1.0"], None)


@pytest.mark.parametrize(("chains", "total"), [
    ((), 600), ((DIFFS[:1],), 500), ((("x",), DIFFS[:2]), 300), ((DIFFS[1:],), 600), ((DIFFS,), 0), (None, None)])
def test_only_layers_on_top_of_the_same_ones_are_not_downloaded(chains: Any, total: int | None) -> None:
    story = Story(FakeEngine(arrives=image(), chains=chains))
    story.deliver()
    assert story.heard.total == total


def test_too_little_space_fails_before_the_pull() -> None:
    story = Story(FakeEngine(arrives=image(), chains=(DIFFS[:1],)), free=400)
    error = story.refusal()
    assert (error.reason, error.code, story.engine.done) == ("SPACE_TOO_LITTLE", 1002, [])
    assert "/srv/docker has 0 B free" in error.text("en")
    assert "at least 500 B" in error.text("en")


@pytest.mark.parametrize("other", [{"shares_disk": False}, {"has_shell": False}, {"remote": unreachable()}])
def test_space_that_can_not_be_known_does_not_stop_the_pull(other: dict[str, Any]) -> None:
    story = Story(FakeEngine(arrives=image()), free=0, **other)
    assert story.deliver().changed
    assert "space" not in story.heard.stages


def test_another_digest_than_demanded_is_refused() -> None:
    story = Story(FakeEngine(says=[{"status": f"Digest: {OLD}"}], arrives=image(OLD)))
    error = story.refusal(digest=NEW)
    assert (error.reason, error.params) == ("PULL_DIGEST_MISMATCH", {
        "image": f"{NAME}:1.0", "wanted": NEW, "actual": OLD})


def test_an_image_that_did_not_arrive_is_a_failure() -> None:
    assert Story(FakeEngine()).refusal().reason == "PULL_DIGEST_MISMATCH"


def test_a_pull_without_a_result_is_a_failure() -> None:
    error = Story(FakeEngine(says=[{"status": "Pulling from demo", "id": "1.0"}])).refusal()
    assert (type(error), error.reason) == (EngineUnreachable, "ENGINE_LOST")


def test_the_refusal_of_the_engine_is_told() -> None:
    error = Story(FakeEngine(says=[{"error": "manifest unknown"}])).refusal()
    assert (type(error), error.reason) == (PullFailed, "PULL_NO_IMAGE")


@pytest.mark.parametrize("there", [True, False])
def test_an_image_for_another_processor_is_refused_every_time(there: bool) -> None:
    foreign = image(architecture="s390x")
    error = Story(FakeEngine([foreign] if there else [], arrives=foreign)).refusal()
    assert (error.reason, error.params["platform"], error.params["words"]) == (
        "PULL_NO_PLATFORM", "linux/amd64", "linux/s390x")


@pytest.mark.parametrize("architecture", ["amd64", "386", ""])
def test_an_image_that_the_processor_runs_is_taken(architecture: str) -> None:
    assert Story(FakeEngine([image(architecture=architecture)])).deliver().digest == NEW


def test_a_server_that_can_not_take_the_note_is_a_failure() -> None:
    error = Story(FakeEngine([image()]), says=Said(code=1, output="", errors="mkdir: denied")).refusal()
    assert (type(error), error.reason) == (RunFailed, "MANIFEST_FAILED")
    assert "mkdir: denied" in error.text("en")


def test_a_cancelled_delivery_does_nothing() -> None:
    story = Story(FakeEngine(arrives=image()), cancelled=True)
    assert story.refusal().reason == "CANCELLED"
    assert (story.engine.done, story.commands, story.heard.stages) == ([], [], [])


@pytest.mark.parametrize(("images", "remote", "output", "changed"), [
    ([], REMOTE, "", True), ([], None, "", True), ([image(OLD)], REMOTE, "softops-same", True),
    ([image()], REMOTE, "softops-same", False), ([image()], REMOTE, "", True),
    ([image()], None, "softops-same", False)])
def test_check_mode_says_what_would_change_and_changes_nothing(
        images: list[LocalImage], remote: RemoteImage | None, output: str, changed: bool) -> None:
    story = Story(FakeEngine(images, arrives=image()), remote=remote, says=Said(code=0, output=output, errors=""))
    assert story.deliver(check=True).changed is changed
    assert story.engine.done == []
