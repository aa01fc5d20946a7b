"""What the demo runs: two small software in a catalog of their own; the newest hello is broken."""

from __future__ import annotations

from pathlib import Path

from tests.fleet import Fleet
from tests.homes import commit

MB = 1_000_000
LAYERS = {"hello": (9 * MB, 6 * MB, 3 * MB), "counter": (4 * MB, 2 * MB)}
"""Bytes of the layers above busybox; versions of a software share all but the newest one's last."""
VERSIONS = {"hello": ("1.0", "1.1", "2.0"), "counter": ("2.0", "2.1")}
BROKEN = {("hello", "2.0"): ("sh", "-c", "echo hello 2.0 starts; echo there is no /etc/hello.conf >&2; exit 1")}
"""Versions that end at once, and what they do instead of serving."""
TALKING = ("httpd", "-f", "-v", "-p", "80", "-h", "/www")
"""What all others do; they tell of every request, so that their logs have something to show."""
RATE = 4 * MB
"""Bytes per second at which the servers get images, together: slow enough to watch."""

SOFTWARE = """\
apiVersion: softops/v1
name: {name}
title: {title}
description: {description}
versions:
{versions}
service:
  ports: ["${{HTTP_PORT}}:80"]
  healthcheck: {{test: [CMD, wget, -q, -O, /dev/null, "http://127.0.0.1/"], interval: 1s}}
params:
  - {{name: HTTP_PORT, type: port, default: {port}, label: {{en: Port, zh: 端口}}}}
"""
TITLES = {"hello": "{en: Hello, zh: 你好}", "counter": "{en: Counter, zh: 计数器}"}
DESCRIPTIONS = {"hello": "{en: Says hello over HTTP, zh: 通过 HTTP 打招呼}",
                "counter": "{en: Counts visitors, zh: 统计访问者}"}
PORTS = {"hello": 8081, "counter": 8082}
WANTED = """\
softops_apps:
  hello: {version: "1.1"}
  counter: {version: "2.1"}
"""
"""What the servers are to run, as the inventory says it in the end."""


def push_images(fleet: Fleet) -> None:
    """Build all versions from busybox and push them to the fleet's registry; servers get them slowly."""
    for name, versions in VERSIONS.items():
        for number, version in enumerate(versions):
            fleet.registry.push(name, version, layers=(*LAYERS[name], *((MB,) * number)),
                                version_text=f"{name} {version}\n", command=BROKEN.get((name, version), TALKING))
    fleet.slow.rate = RATE


def make_catalog(directory: Path, registry: str) -> str:
    """A git repository with one entry per software; its newest commit."""
    return commit(directory, {f"catalog/{name}/software.yml": _entry(name, registry) for name in VERSIONS},
                  "Offer hello and counter")


def _entry(name: str, registry: str) -> str:
    versions = "\n".join(f'  "{version}": {{image: "{registry}/{name}:{version}"}}' for version in VERSIONS[name])
    return SOFTWARE.format(name=name, title=TITLES[name], description=DESCRIPTIONS[name], versions=versions,
                           port=PORTS[name])
