"""One look at the registry for all servers of a run: registries count and limit what is asked of them."""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from softops.errors import RegistryError
from softops.remoteimages import RemoteImage, RemoteLayer

Ask = Callable[[str, tuple[str, str]], RemoteImage]
"""What a registry says of an image for a platform."""


class Lookups:
    """Shares what a registry said between the processes of one playbook run.

    `directory` belongs to the run alone and goes with it. `ask` asks a registry, and may raise RegistryError.
    """

    def __init__(self, directory: Path, ask: Ask) -> None:
        self._directory = directory
        self._ask = ask

    def find(self, image: str, *, platform: tuple[str, str]) -> RemoteImage | RegistryError:
        """What the registry has, or why that can't be known; asked at most once per run."""
        key = hashlib.sha256("\n".join((image, *platform)).encode()).hexdigest()[:32]
        with _locked(self._directory / f"softops-{key}.lock"):
            path = self._directory / f"softops-{key}.json"
            if path.exists():
                return _decoded(path.read_text(encoding="utf-8"))
            found = self._answer(image, platform)
            path.write_text(_encoded(found), encoding="utf-8")
            return found

    def _answer(self, image: str, platform: tuple[str, str]) -> RemoteImage | RegistryError:
        try:
            return self._ask(image, platform)
        except RegistryError as exc:
            return exc


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _encoded(found: RemoteImage | RegistryError) -> str:
    if isinstance(found, RegistryError):
        return json.dumps({"reason": found.reason, "params": {key: str(value) for key, value in found.params.items()}})
    return json.dumps(dataclasses.asdict(found))


def _decoded(text: str) -> RemoteImage | RegistryError:
    data = json.loads(text)
    if "reason" in data:
        return RegistryError(data["reason"], **data["params"])
    return RemoteImage(digest=data["digest"], config_digest=data["config_digest"], size=data["size"],
                       layers=tuple(RemoteLayer(**layer) for layer in data["layers"]))
