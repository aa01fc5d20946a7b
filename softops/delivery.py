"""Bringing one image to one server: connect, space, pull, verify, manifest; all decisions about it in one place."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Protocol

from softops.engine import Engine, LocalImage
from softops.errors import EngineUnreachable, PullFailed, RegistryError, RunFailed
from softops.installed import SAME, WRITTEN, compare_command, fingerprint, manifest_of, write_command
from softops.locations import familiar_name, tag_of
from softops.logins import registry_of
from softops.masking import Masker
from softops.narration import Narrator
from softops.orders import Order
from softops.pulling import PullFold, Watch, follow
from softops.refusals import is_disk_full, pull_refusal, quoted
from softops.remoteimages import RemoteImage, RemoteLayer
from softops.sizes import free_bytes, readable_size

COUNTING_TIME = 2.0
"""Seconds that may go into finding out which layers an engine has."""
_RUNS_ON: Mapping[str, frozenset[str]] = {"amd64": frozenset({"386"}), "arm64": frozenset({"arm"})}
"""Architectures that a processor runs besides its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a shell command on the server did."""

    code: int
    output: str
    errors: str


class Shell(Protocol):
    """Runs commands on the server, as root where the inventory says so."""

    def __call__(self, command: str, stdin: str = "") -> Said:
        """Run it to its end; ServerUnreachable when the server is gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What there is of one server."""

    engine: Engine
    shell: Shell | None
    """None: there is no way to the server's files."""
    shares_disk: bool
    """Whether the shell sees the disk on which the engine keeps its images."""
    noted: Callable[[], str | None]
    """The fingerprint of what the server has noted about this version; None where it would have to be asked."""
    lookup: Callable[[str, tuple[str, str]], RemoteImage | RegistryError | None]
    """What the registry says of an image for a platform; None where this machine can't know it."""
    narrator: Narrator
    cancelled: Callable[[], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """How far a delivery goes."""

    install: bool
    """Whether the server notes the software as installed, or just gets the image."""
    check: bool
    """Change nothing, only say whether something would change."""
    note: PurePosixPath
    """The file on the server that says what is installed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What a server has now; in check mode what it had, with `changed` for what would be done."""

    changed: bool
    digest: str | None
    image_id: str | None = None
    size: int | None = None
    layers: int | None = None


class Delivery:
    """One software on its way to one server. Every way in which it can fail is a SoftopsError."""

    def __init__(self, order: Order, access: Access, wishes: Wishes) -> None:
        self._order = order
        self._access = access
        self._wishes = wishes
        self._name = familiar_name(order.reference)
        self._tag = tag_of(order.reference)
        self._digest = order.digest
        """What the server should have, as soon as it is known."""
        self._registry = registry_of(order.image) or ""
        self._login = order.limits.logins.get(self._registry)
        self._masker = Masker([self._login.password] if self._login else [])

    def run(self) -> Delivered:
        """Do everything that is still to be done, in order."""
        self._stop_if_cancelled()
        self._access.narrator.stage("connect")
        facts = self._access.engine.about()
        self._platform = (facts.os, facts.architecture)
        image, changed = self._present(), False
        if image is None and self._wishes.check:
            return Delivered(changed=True, digest=self._digest)
        if image is None:
            image, changed = self._fetch()
        self._check_architecture(image)
        changed = self._name_it(image) or changed
        changed = self._note() or changed
        return Delivered(changed=changed, digest=self._digest, image_id=image.id, size=image.size,
                         layers=len(image.layers))

    @cached_property
    def _remote(self) -> RemoteImage | None:
        """The image in its registry, or None when that can't be known from here."""
        pinned = self._order.digest
        found = self._access.lookup(f"{self._name}@{pinned}" if pinned else f"{self._name}:{self._tag}", self._platform)
        return None if isinstance(found, RegistryError) else found

    def _named(self) -> LocalImage | None:
        """What the image's name means on the server now."""
        return self._access.engine.find(f"{self._name}:{self._tag}") if self._tag else None

    def _present(self) -> LocalImage | None:
        """The image, when the engine already has exactly what is wanted."""
        if self._order.digest:
            return self._access.engine.find(f"{self._name}@{self._order.digest}")
        image = self._named()
        mine = [digest for digest in image.digests if digest.startswith(f"{self._name}@")] if image else []
        if self._remote is not None:
            self._digest = self._remote.digest
        elif self._wishes.check and mine:
            # Whether the tag has moved can't be known; as far as can be seen nothing is to be done.
            self._digest = mine[0].partition("@")[2]
        return image if f"{self._name}@{self._digest}" in mine else None

    def _fetch(self) -> tuple[LocalImage, bool]:
        """Pull the image; the image, and whether the server had another one under its name."""
        before = self._named()
        layers = self._missing_layers()
        self._check_space(layers)
        self._pull(None if layers is None else sum(layer.size for layer in layers))
        self._access.narrator.stage("verify")
        image = self._access.engine.find(f"{self._name}@{self._digest}")
        if image is None:
            raise PullFailed("PULL_DIGEST_MISMATCH", image=self._order.image, wanted=self._digest, actual="-")
        return image, before is None or before.id != image.id

    def _missing_layers(self) -> tuple[RemoteLayer, ...] | None:
        """The layers that will be downloaded, or None when that can't be known."""
        remote = self._remote
        chains = self._access.engine.layer_chains(COUNTING_TIME) if remote else None
        if remote is None or chains is None or any(layer.diff_id is None for layer in remote.layers):
            return None
        had = max((_common(chain, remote.layers) for chain in chains), default=0)
        return tuple({layer.digest: layer for layer in remote.layers[had:]}.values())

    def _check_space(self, layers: tuple[RemoteLayer, ...] | None) -> None:
        """PullFailed when the disk can't even hold what is to be downloaded; silent when that can't be known."""
        shell = self._access.shell
        needed = sum(layer.size for layer in layers or ())
        if not needed or shell is None or not self._access.shares_disk:
            return
        self._access.narrator.stage("space")
        path = self._access.engine.store().root_dir
        free = free_bytes(shell(f"df -Pk -- {shlex.quote(path)}").output) if path else None
        if free is not None and free < needed:
            raise PullFailed("SPACE_TOO_LITTLE", image=self._order.image, path=path, free=readable_size(free),
                             needed=readable_size(needed), free_bytes=free, needed_bytes=needed)

    def _pull(self, total: int | None) -> None:
        order, narrator = self._order, self._access.narrator
        sizes = {layer.digest[7:19]: layer.size for layer in self._remote.layers} if self._remote else {}
        fold = PullFold(sizes)
        self._stop_if_cancelled()
        narrator.stage("pull", image=order.image, total=total)
        target = order.digest or self._tag or "latest"
        login = self._login.for_engine(self._registry) if self._login else ""
        follow(lambda: self._access.engine.pull(order.reference.name, target, login), fold, image=order.image,
               limits=order.limits, watch=Watch(emit=narrator.layers, cancelled=self._access.cancelled))
        if fold.error is not None:
            raise self._refused(self._masker.text(fold.error))
        if fold.digest is None:
            raise EngineUnreachable("ENGINE_LOST", words="the pull ended without a result")
        if order.digest and fold.digest != order.digest:
            raise PullFailed("PULL_DIGEST_MISMATCH", image=order.image, wanted=order.digest, actual=fold.digest)
        self._digest = fold.digest

    def _refused(self, words: str) -> PullFailed:
        if self._order.digest and "manifest verification failed" in words:
            return PullFailed("PULL_DIGEST_MISMATCH", image=self._order.image, wanted=self._order.digest,
                              actual=quoted(words))
        return pull_refusal(words, image=self._order.image, platform="/".join(self._platform))

    def _check_architecture(self, image: LocalImage) -> None:
        """PullFailed for an image that this engine's processor can't run."""
        system, processor = self._platform
        if image.os == system and image.architecture in {"", processor, *_RUNS_ON.get(processor, ())}:
            return
        raise PullFailed("PULL_NO_PLATFORM", image=self._order.image, platform=f"{system}/{processor}",
                         words=f"{image.os}/{image.architecture}")

    def _name_it(self, image: LocalImage) -> bool:
        """Let the image's name mean it; whether that was a change."""
        if self._tag is None or f"{self._name}:{self._tag}" in image.tags:
            return False
        if not self._wishes.check:
            self._access.engine.tag(image.id, self._order.reference.name, self._tag)
        return True

    def _note(self) -> bool:
        """Write down on the server what is installed; whether that was a change."""
        shell = self._access.shell
        if not self._wishes.install or shell is None:
            return False
        self._stop_if_cancelled()
        content = manifest_of(self._order, self._digest or "")
        if self._access.noted() == fingerprint(content.encode()):
            return False
        path = self._wishes.note
        if self._wishes.check:
            return SAME not in shell(compare_command(path), stdin=content).output
        self._access.narrator.stage("manifest")
        said = shell(write_command(path, content), stdin=content)
        if said.code and is_disk_full(said.errors):
            raise PullFailed("SERVER_DISK_FULL", path=path.parent, words=quoted(said.errors))
        if said.code:
            raise RunFailed("MANIFEST_FAILED", path=path.parent, words=quoted(said.errors or said.output) or said.code)
        return WRITTEN in said.output

    def _stop_if_cancelled(self) -> None:
        if self._access.cancelled():
            raise PullFailed("CANCELLED")


def _common(chain: tuple[str, ...], layers: tuple[RemoteLayer, ...]) -> int:
    """How many of `layers`, from the lowest, `chain` has: a layer counts only on top of the same ones."""
    count = 0
    for have, layer in zip(chain, layers, strict=False):
        if have != layer.diff_id:
            break
        count += 1
    return count

