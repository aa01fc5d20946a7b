"""Apps of a test's own: images in the fleet's registry, an entry, and what softops writes to have them run."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from softops.appfiles import app_files
from softops.composing import AppVersion
from softops.events import AppEnded
from tests.fleet import Server
from tests.fleet.registry import Registry

if TYPE_CHECKING:
    from tests.playbooks.conftest import Played, Stage

QUICK = {"test": ["CMD", "wget", "-q", "-O-", "http://127.0.0.1/"], "interval": "500ms", "retries": 3,
         "timeout": "2s"}
SERVE = ("httpd", "-f", "-p", "80", "-h", "/www")
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(kw_only=True)
class App:
    """One software of one test on one server."""

    stage: Stage
    name: str
    port: int
    host: str = "web1"
    digests: dict[str, str] = field(default_factory=dict)
    registry: Registry | None = None
    """Where its images are; None: in the fleet's own registry."""

    @property
    def server(self) -> Server:
        """The server it is on."""
        return self.stage.fleet.server(self.host)

    @property
    def images(self) -> Registry:
        """The registry that has its images."""
        return self.registry or self.stage.fleet.registry

    def push(self, version: str, command: Sequence[str] = SERVE) -> str:
        """Push an image that serves its version, or does something else; its name."""
        self.digests[version] = self.images.push(self.name, version, command=command)
        return self.images.image(self.name, version)

    def order(self, version: str, action: str = "run", *, service: Mapping[str, Any] | None = None,
              template: str | None = None, values: Mapping[str, Any] | None = None,
              params: Sequence[Mapping[str, Any]] = (), **more: Any) -> dict[str, Any]:
        """What softops writes for it."""
        entry: dict[str, Any] = {"params": list(params)}
        if template is None:
            entry["service"] = {"ports": [f"{self.port}:80"], "healthcheck": QUICK} | dict(service or {})
        else:
            entry["composeTemplate"] = template
        app = AppVersion(name=self.name, version=version, image=self.images.image(self.name, version),
                         digest=self.digests[version], commit="4f2c", entry=entry)
        files = app_files(app, values or {})
        hidden = [str((values or {})[param["name"]]) for param in params if param["type"] == "secret"]
        return {"action": action, "name": self.name, "version": version, "image": app.image, "digest": app.digest,
                "commit": "4f2c", "repository": "catalog", "entry": entry, "parameters": dict(values or {}),
                "compose": files.compose, "env": files.env, "images": list(files.images), "secretValues": hidden,
                "settle": 1, "healthTimeout": 30} | more

    def run(self, order: Mapping[str, Any], *words: str, playbook: str = "start") -> Played:
        """Have it done."""
        return self.stage.apps(playbook, {self.host: [order]}, *words)

    def act(self, action: str, *words: str, **more: Any) -> Played:
        """stop, restart or remove it, or start it again."""
        order = {"action": action, "name": self.name, "version": "1.0", **more}
        return self.run(order, *words, playbook="restart" if action == "start" else action)

    def serves(self, port: int | None = None) -> str | None:
        """What it answers now; None when nothing answers."""
        try:
            with NO_PROXY.open(f"http://{self.server.address}:{port or self.port}/", timeout=3) as answer:
                return str(answer.read().decode())
        except OSError:
            return None

    def containers(self) -> dict[str, str]:
        """The state of each of its containers."""
        listed = self.server.docker("ps", "--all", "--no-trunc", "--filter",
                                    f"label=com.docker.compose.project={self.name}", "--format", "{{json .}}")
        found = map(json.loads, listed.splitlines())
        return {one["Names"]: one["State"] for one in found}

    def file(self, name: str) -> str:
        """What one of its files on the server contains."""
        return self.server.run("cat", f"/opt/softops/apps/{self.name}/{name}")


def ended(played: Played, host: str = "web1") -> AppEnded:
    """How the last app of a host ended."""
    return [event for event in played.events if isinstance(event, AppEnded) and event.host == host][-1]


def until_serves(app: App, text: str, timeout: float = 20) -> None:
    """Return when it answers so."""
    deadline = time.monotonic() + timeout
    while app.serves() != text:
        assert time.monotonic() < deadline, app.serves()
        time.sleep(0.05)
