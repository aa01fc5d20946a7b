"""One real `softops serve` on the fleet for the tests of this folder that talk to a server from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from softops.config import PROJECT
from softops.service import Service
from tests.acceptance.services import MakeService, clear, settings_for
from tests.demo.serving import SOFTOPS, Serving
from tests.fleet import Fleet
from tests.homes import commit

MB = 1_000_000

GREETER = """\
apiVersion: softops/v1
name: greeter
description: {{en: Greets, zh: 问候}}
versions:
  "1.9": {{image: "{registry}/greeter:1.9"}}
  "1.10": {{image: "{registry}/greeter:1.10"}}
service:
  env: {{WORDS: "${{WORDS}}"}}
params:
  - {{name: WORDS, type: string, default: hello}}
"""
SLOW = """\
apiVersion: softops/v1
name: slow
versions:
  "1.0": {{image: "{registry}/slow:1.0"}}
"""
GONE = """\
apiVersion: softops/v1
name: gone
versions:
  "1.0": {{image: "{registry}/gone:1.0"}}
"""
BROKEN = "apiVersion: softops/v1\nname: broken\nversions:\n  1.10: {image: x}\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its standard output, which has to be one JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shell:
    """A terminal in which the softops command is typed."""

    environment: Mapping[str, str]

    def __call__(self, *words: str, **extra: str) -> Ended:
        done = subprocess.run([*SOFTOPS, *words], cwd=PROJECT, env={**self.environment, **extra}, timeout=100,
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return Ended(code=done.returncode, out=done.stdout, err=done.stderr)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start a command and go on."""
        return subprocess.Popen([*SOFTOPS, *words], cwd=PROJECT, env=dict(self.environment), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.fixture(scope="session")
def softops(fleet: Fleet) -> Iterator[Serving]:
    """A server with the software greeter (1.9 and 1.10), slow (over a slow road) and gone (no image)."""
    for tag in ("1.9", "1.10"):
        fleet.registry.push("greeter", tag, layers=[MB])
    fleet.registry.push("slow", "1.0", layers=[6 * MB, 4 * MB])
    catalog = fleet.directory / "cli-catalog"
    commit(catalog, {
        "catalog/greeter/software.yml": GREETER.format(registry=fleet.registry.host),
        "catalog/slow/software.yml": SLOW.format(registry=fleet.slow.host),
        "catalog/gone/software.yml": GONE.format(registry=fleet.registry.host)})
    with Serving(fleet, catalog=catalog, name="cli", port=0, sync_interval=0, language="en") as serving:
        yield serving
    fleet.slow.resume()


@pytest.fixture(scope="session")
def shell(softops: Serving) -> Shell:
    """A terminal whose language is English and whose server is `softops`, synced."""
    opened = Shell(environment={**softops.environment, "LC_ALL": "C.UTF-8"})
    assert opened("sync").code == 0
    return opened


@pytest.fixture
def make_service(fleet: Fleet, tmp_path: Path) -> Iterator[MakeService]:
    """Makes services on the fleet, which are stopped afterwards; what they left on servers is taken away."""
    with ExitStack() as stack:
        def make(files: dict[str, str], **settings: Any) -> Service:
            service = Service(settings_for(fleet, tmp_path, files, **settings))
            service.start()
            stack.callback(service.stop)
            service.syncer.sync(service.repositories.named("catalog").id)
            return service

        yield make
        fleet.slow.resume()
        for name in ("web1", "web2", "web3"):
            clear(fleet, name)


def names(rows: Sequence[Mapping[str, Any]], field: str) -> list[Any]:
    """One field of all rows."""
    return [row[field] for row in rows]


def read_until(process: subprocess.Popen[str], text: str) -> list[str]:
    """The lines of a running command up to the first that has `text` in it."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
    raise AssertionError(f"it ended before {text!r}: {lines}")
