"""Docker images made FROM scratch with busybox, without any engine: layers, configuration and manifest as bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform
import random
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
SERVE = ("httpd", "-f", "-p", "80", "-h", "/www")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Blob:
    """Bytes in a registry, with their digest."""

    media_type: str
    data: bytes
    digest: str

    @property
    def descriptor(self) -> dict[str, object]:
        """How a manifest names it."""
        return {"mediaType": self.media_type, "size": len(self.data), "digest": self.digest}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer(Blob):
    """A compressed layer; its diff id is the digest of the tar inside."""

    diff_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """Everything a registry has to be given, the manifest last."""

    config: Blob
    layers: tuple[Layer, ...]
    manifest: Blob


def digest(data: bytes) -> str:
    """The digest by which registries and engines know these bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def build(*, layers: Sequence[int], text: str, seed: str, command: Sequence[str] = SERVE,
          env: Mapping[str, str] | None = None) -> Image:
    """An image serving `text` on port 80, with one layer of incompressible bytes per size in `layers`.

    The same arguments make the same bytes. The order is busybox, data, text: an engine downloads a layer again
    unless it has all the layers below it too, so images of one seed that begin with the same sizes share these.
    """
    data = [_data_layer(f"{seed}-{number}", size) for number, size in enumerate(layers)]
    stack = (_busybox_layer(), *data, _text_layer(text))
    config = _config(stack, command, env or {})
    body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config.descriptor,
            "layers": [layer.descriptor for layer in stack]}
    return Image(config=config, layers=stack, manifest=_blob(MANIFEST, json.dumps(body).encode()))


def _config(stack: Sequence[Layer], command: Sequence[str], env: Mapping[str, str]) -> Blob:
    content = {"architecture": ARCHITECTURES.get(platform.machine(), platform.machine()), "os": "linux",
               "created": "2024-01-01T00:00:00Z",
               "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in stack]},
               # httpd as pid 1 ignores SIGTERM; without this every stop takes ten seconds.
               "config": {"Cmd": list(command), "StopSignal": "SIGKILL", "ExposedPorts": {"80/tcp": {}},
                          "Env": ["PATH=/bin", *(f"{name}={value}" for name, value in env.items())]}}
    return _blob("application/vnd.docker.container.image.v1+json", json.dumps(content).encode())


def _blob(media_type: str, data: bytes) -> Blob:
    return Blob(media_type=media_type, data=data, digest=digest(data))


@cache
def _busybox_layer() -> Layer:
    """busybox with a link for each of its applets."""
    applets = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split()
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        _add_file(tar, "bin/busybox", BUSYBOX.read_bytes(), mode=0o755)
        for applet in applets:
            if applet != "busybox":
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
        _add_file(tar, "etc/passwd", b"root:x:0:0:root:/:/bin/sh\n")
    return _layer(content.getvalue(), compression=6)


def _text_layer(text: str) -> Layer:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        _add_file(tar, "www/index.html", text.encode())
    return _layer(content.getvalue(), compression=6)


def _data_layer(seed: str, size: int) -> Layer:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        _add_file(tar, f"data/{seed}", random.Random(f"{seed} {size}").randbytes(size))
    return _layer(content.getvalue(), compression=0)


def _layer(content: bytes, *, compression: int) -> Layer:
    data = gzip.compress(content, compresslevel=compression, mtime=0)
    return Layer(media_type="application/vnd.docker.image.rootfs.diff.tar.gzip", data=data, digest=digest(data),
                 diff_id=digest(content))


def _add_file(tar: tarfile.TarFile, name: str, data: bytes, *, mode: int = 0o644) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    tar.addfile(info, io.BytesIO(data))
