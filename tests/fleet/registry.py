"""The fleet's own image registry, speaking plain HTTP on the bridge."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx

from tests.fleet.commands import FleetError, spawn, wait_for
from tests.fleet.images import SERVE, Blob, Image, build

CONFIG = """\
version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: "{storage}"}}
  delete: {{enabled: true}}
  maintenance: {{uploadpurging: {{enabled: false}}}}
http: {{addr: "{host}", relativeurls: true}}
"""


WITH_LOGIN = """\
auth: {{htpasswd: {{realm: fleet, path: "{htpasswd}"}}}}
"""
USER, PASSWORD = "ci", "pl@nted+S3cret/ü&=%"
"""Who may come in where a login is wanted. The password looks different in base64, in a URL and in JSON."""
HTPASSWD = f"{USER}:$2b$04$Y89YZTcXnwRnvMhoXPtjNeKhOxtNGP9WwEtfWZLm60ZGrAjaIG65u\n"
"""bcrypt, the only kind that registries take."""


class Registry:
    """A real registry; what is pushed goes straight into it, what engines pull may go through a proxy."""

    def __init__(self, *, run_id: str, directory: Path, address: str, port: int = 5000, private: bool = False) -> None:
        """One that is `private` lets in nobody but USER."""
        self.host = f"{address}:{port}"
        """What image names start with."""
        self._address = (address, port)
        self._run_id = run_id
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._private = private
        self._client = httpx.Client(base_url=f"http://{self.host}/v2/", trust_env=False, timeout=60,
                                    auth=(USER, PASSWORD) if private else None)

    def start(self) -> None:
        """Start it and return when it answers."""
        self._directory.mkdir(exist_ok=True)
        config, log = self._directory / "config.yml", self._directory / "registry.log"
        htpasswd = self._directory / "htpasswd"
        htpasswd.write_text(HTPASSWD, encoding="utf-8")
        text = CONFIG + (WITH_LOGIN if self._private else "")
        config.write_text(text.format(storage=self._directory / "storage", host=self.host, htpasswd=htpasswd))
        self._process = spawn(self._run_id, ["docker-registry", "serve", str(config)], log)
        wait_for(f"registry on {self.host}", self._answers, log=log)

    def stop(self) -> None:
        """End it: connections are refused from now on; what was pushed stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        """End it and let go of the connections to it."""
        self.stop()
        self._client.close()

    def image(self, name: str, tag: str) -> str:
        """The full name by which engines pull it from here."""
        return f"{self.host}/{name}:{tag}"

    def push(self, name: str, tag: str, *, layers: Sequence[int] = (), version_text: str = "",
             command: Sequence[str] = SERVE, env: Mapping[str, str] | None = None) -> str:
        """Build an image (see images.build; `version_text` defaults to the tag) and push it; returns its digest.

        Data layers depend on name, position and size alone: two tags of a name share them as far as sizes are equal.
        """
        return self.put(name, tag, build(layers=layers, text=version_text or tag, seed=name.replace("/", "-"),
                                         command=command, env=env))

    def put(self, name: str, tag: str, image: Image) -> str:
        """Push an image that was built before; returns its digest."""
        for blob in (image.config, *image.layers):
            self._put_blob(name, blob)
        _checked(self._client.put(f"{name}/manifests/{tag}", content=image.manifest.data,
                                  headers={"Content-Type": image.manifest.media_type}))
        return image.manifest.digest

    def delete(self, name: str, digest: str) -> None:
        """Remove a manifest and every tag on it."""
        _checked(self._client.delete(f"{name}/manifests/{digest}"))

    def corrupt(self, digest: str) -> None:
        """Flip the last byte of a stored blob, so that what engines get doesn't match its digest."""
        kind, value = digest.split(":")
        path = self._directory / "storage/docker/registry/v2/blobs" / kind / value[:2] / value / "data"
        with path.open("r+b") as handle:
            handle.seek(-1, 2)
            last = handle.read(1)
            handle.seek(-1, 2)
            handle.write(bytes([last[0] ^ 0xFF]))

    def _put_blob(self, name: str, blob: Blob) -> None:
        if self._client.head(f"{name}/blobs/{blob.digest}").status_code == 200:
            return
        start = _checked(self._client.post(f"{name}/blobs/uploads/"))
        url = start.url.join(start.headers["Location"]).copy_add_param("digest", blob.digest)
        _checked(self._client.put(url, content=blob.data, headers={"Content-Type": "application/octet-stream"}))

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(self._address, timeout=2):
            return True
        return False


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise FleetError(f"{response.request.method} {response.url}: {response.status_code} {response.text}")
    return response
