"""Secrets are planted in a real softops that tells everything (DEBUG), and looked for everywhere, in every spelling."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from softops.config import PROJECT
from softops.masking import spellings
from tests.demo.serving import SOFTOPS, Serving
from tests.fleet import Fleet
from tests.fleet.images import SERVE
from tests.fleet.registry import PASSWORD, USER, Registry
from tests.homes import commit

PARAMETER = "Par@m-pl4nted/ö&=%+\"{{ x }}"
"""The value of a secret parameter."""
OLD = "0ld-pl4nted/ä&=%+"
"""Its value before."""
KEY = Fernet.generate_key().decode()
TALKS = ["sh", "-c", 'echo "it is $SECRET"; echo "$SECRET" | base64; env; exit 3']
"""A container that tells its secret to everybody and ends."""
SOFTWARE = """\
apiVersion: softops/v1
name: {name}
versions:
  "1.0": {{image: "{image}"}}
service:
  env: {{SECRET: "${{SECRET}}"}}
  healthcheck: {{test: ["CMD-SHELL", "echo $$SECRET; true"], interval: 500ms, retries: 3}}
params:
  - {{name: SECRET, type: secret}}
"""


@dataclass(kw_only=True)
class Stage:
    """A softops with secrets in it, and everything that it has told."""

    serving: Serving
    fleet: Fleet
    registry: Registry
    told: dict[str, str] = field(default_factory=dict)
    """What came out, by where."""

    def type(self, *words: str, given: str = "") -> int:
        """A command, with what it prints; its exit code."""
        done = subprocess.run([*SOFTOPS, *words], cwd=PROJECT, env={**self.serving.environment, "LC_ALL": "C.UTF-8"},
                              input=given, capture_output=True, text=True, timeout=120, check=False)
        self.told[f"softops {' '.join(words)} ({len(self.told)})"] = done.stdout + done.stderr
        return done.returncode

    def start(self, name: str, secret: Path) -> int:
        """`softops start` with the secret in a file; its exit code."""
        return self.type("start", name, "--server", "web1", "--param", f"SECRET=@{secret}")

    def log_in(self, password: str) -> int:
        """Give softops the login of the registry; the exit code."""
        return self.type("credential", "add", self.registry.host, "--user", USER, given=f"{password}\n")

    def ask(self, path: str) -> Any:
        """An answer of the API."""
        with httpx.Client(base_url=self.serving.url, trust_env=False, timeout=60) as client:
            answer = client.get(f"/api/system/soft/{path}")
        self.told[f"GET {path} ({len(self.told)})"] = answer.text
        return answer.json()["data"]

    def leaks(self, secrets: Iterable[str]) -> list[str]:
        """Where one of the secrets stands in one of its spellings."""
        wanted = {spelling for secret in secrets for spelling in spellings(secret)}
        files = {str(path): path.read_bytes().decode("utf-8", "replace") for path in self._files()}
        places = {**self.told, **files, "the database": self._database()}
        found = [place for place, text in places.items() if any(one in text for one in wanted)]
        return [*found, *self._on_servers(wanted)]

    def _files(self) -> Iterator[Path]:
        yield from (path for path in self.serving.directory.rglob("*") if path.is_file())

    def _database(self) -> str:
        with closing(sqlite3.connect(self.serving.directory / "var/softops.db")) as database:
            return "\n".join(database.iterdump())

    def _on_servers(self, wanted: Iterable[str]) -> Iterator[str]:
        for server in self.fleet.servers:
            found = server.run("sh", "-c", 'grep -raslF -f - -- "$@" || true', "sh", "/opt", "/run", "/root/.docker",
                               stdin="\n".join(wanted)).split()
            # There the values stand for Compose and for the containers, which is what they are for.
            yield from (f"{server.name}:{path}" for path in found
                        if Path(path).name != ".env" and not path.startswith("/run/containerd/"))


class Spy:
    """Looks at the command line and environment of every process on the machine, servers included, while it lasts."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._wanted = [spelling.encode() for secret in secrets for spelling in spellings(secret)]
        self._over = threading.Event()
        self.seen: set[str] = set()
        self.looks = 0
        self._known: dict[str, bytes] = {}

    def __enter__(self) -> Spy:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            self.looks += 1
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    self._look(process)
            self._over.wait(0.1)

    def _look(self, process: Path) -> None:
        words = (process / "cmdline").read_bytes()
        if self._known.get(process.name) == words:
            return
        self._known[process.name] = words
        for name, text in (("cmdline", words), ("environ", (process / "environ").read_bytes())):
            if any(one in text for one in self._wanted) and not self._may(process):
                self.seen.add(f"{name} of {words[:200]!r}")

    def _may(self, process: Path) -> bool:
        """Whether it is this test or a container: those have the values in their environment."""
        in_container = (process / "ns/pid").readlink() != Path("/proc/self/ns/pid").readlink()
        return in_container or int(process.name) == os.getpid()


@pytest.fixture
def stage(fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[Stage]:
    gateway = fleet.registry.host.partition(":")[0]
    with closing(Registry(run_id=fleet.run_id, directory=fleet.directory / "secret-registry", address=gateway,
                          port=5003, private=True)) as registry:
        registry.start()
        files = {}
        for name, command in (("quiet", SERVE), ("loud", TALKS)):
            registry.push(name, "1.0", command=command)
            files[f"catalog/{name}/software.yml"] = SOFTWARE.format(name=name, image=registry.image(name, "1.0"))
        catalog = fleet.directory / "secret-catalog"
        commit(catalog, files)
        with Serving(fleet, catalog=catalog, name="secrets", port=0, sync_interval=0, language="en",
                     log_level="DEBUG", secret_key=KEY, health_timeout=20,
                     insecure_registries=f"{fleet.plain_http},{registry.host}") as serving:
            yield Stage(serving=serving, fleet=fleet, registry=registry)
        for server in fleet.servers:
            ids = server.docker("ps", "-aq", "--filter", "label=io.softops.name").split()
            if ids:
                server.docker("rm", "-f", "-v", *ids)
            server.run("rm", "-rf", "/opt/softops/apps")


@pytest.mark.timeout(300)
def test_planted_secrets_are_nowhere_to_be_found(stage: Stage, tmp_path: Path) -> None:
    messages: list[str] = []
    url = f"ws://127.0.0.1:{stage.serving.port}/socket.io"
    with connect(url, proxy=None, ping_interval=None) as socket, Spy([PARAMETER, OLD, PASSWORD]) as spy:
        listener = threading.Thread(target=_listen, args=(socket, messages))
        listener.start()
        assert stage.type("sync") == 0
        assert stage.start("quiet", _file(tmp_path, PARAMETER)) == 1
        assert stage.log_in(f"{PASSWORD}-wrong") == 0
        assert stage.start("quiet", _file(tmp_path, PARAMETER)) == 1
        assert stage.log_in(PASSWORD) == 0
        assert stage.start("quiet", _file(tmp_path, OLD)) == 0
        assert stage.start("quiet", _file(tmp_path, PARAMETER)) == 0
        assert stage.start("loud", _file(tmp_path, PARAMETER)) == 1
        assert stage.type("install", "loud", "--server", "web2") == 0
        _look_around(stage)
        socket.close()
        listener.join()
    stage.told["the live messages"] = "\n".join(messages)
    assert len(messages) > 20
    assert spy.looks > 50
    assert "it is ***" in stage.told["all records"], "the log of the container was to be told"
    assert "DEBUG" in stage.serving.log.read_text()
    assert stage.serving.stop() == 0
    assert sorted(spy.seen) == []
    assert any("***" in text for where, text in stage.told.items() if where.startswith("softops logs"))
    assert stage.leaks([PARAMETER, OLD, PASSWORD, KEY]) == []


def _listen(socket: ClientConnection, messages: list[str]) -> None:
    with contextlib.suppress(ConnectionClosed):
        messages.extend(str(one) for one in socket)


def _file(directory: Path, text: str) -> Path:
    path = directory / "secret.txt"
    path.write_text(text, encoding="utf-8")
    return path


def _look_around(stage: Stage) -> None:
    """Ask for whatever can be asked for."""
    records = stage.ask("record/page?size=100")["records"]
    stage.told["all records"] = json.dumps(records)
    for job in stage.ask("job/page?size=100")["records"]:
        for path in (f"job/{job['id']}", f"job/{job['id']}/event?after=0"):
            stage.ask(path)
    for path in ("page", "repository/page", "credential/page", "server/page", "container/page", "app/page", "plan",
                 "audit/page"):
        stage.ask(path)
    assert stage.type("inspect", "quiet") == 0
    for words in (("ps",), ("records",), ("jobs",), ("watch", "1"), ("credential", "list"), ("repo", "list"),
                  ("diff", "quiet", "--server", "web1"), ("stats", "quiet"), ("logs", "loud")):
        stage.type(*words)
