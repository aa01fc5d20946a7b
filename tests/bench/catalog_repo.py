"""A git repository with a large catalog, made in a second through `git fast-import`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_ENTRY = """\
# {name}: one of many
apiVersion: softops/v1
name: {name}
title: {{en: Application {number}, zh: 应用 {number}}}
description: {{en: "Application number {number}", zh: 第 {number} 个应用}}
versions:
  "1.0.{number}": {{image: "registry.example.com:5000/team{team}/{name}:1.0.{number}"}}
service:
  command: [serve, --listen, "0.0.0.0:80"]
  ports: ["${{HTTP_PORT}}:80"]
  env: {{TZ: "${{TZ}}", MODE: production}}
  volumes: ["data:/var/lib/{name}"]
  healthcheck: {{test: [CMD, wget, -q, -O-, "http://127.0.0.1/"], interval: 5s, retries: 3}}
  resources: {{memory: 256m, cpus: 1.0}}
  restart: unless-stopped
params:
  - {{name: HTTP_PORT, type: port, default: 8080, label: {{en: Port, zh: 端口}}}}
  - {{name: TZ, type: string, default: UTC, pattern: "[A-Za-z0-9_+/-]+"}}
  - {{name: PASSWORD, type: secret, generate: 24}}
requires: []
"""


def entry(number: int) -> tuple[str, bytes]:
    """Path and content of one file of the catalog."""
    name = f"app-{number:05}"
    return f"{name}/software.yml", _ENTRY.format(name=name, number=number, team=number % 20).encode()


def make_repository(path: Path, entries: int, folder: str = "catalog") -> Path:
    """A bare repository at `path` whose branch main has one commit with `entries` entries in `folder`."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    stream = b"".join(_stream(entries, folder))
    subprocess.run(["git", f"--git-dir={path}", "fast-import", "--quiet"], input=stream, check=True)
    return path


def _stream(entries: int, folder: str) -> Iterator[bytes]:
    message = f"{entries} entries".encode()
    yield b"commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\n"
    yield b"data %d\n%s\n" % (len(message), message)
    for number in range(entries):
        path, content = entry(number)
        yield b"M 100644 inline %s/%s\ndata %d\n%s\n" % (folder.encode(), path.encode(), len(content), content)


if __name__ == "__main__":
    make_repository(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10_000)
