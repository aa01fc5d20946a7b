"""What every operation on an app shares: its server, the scripts and Compose there, and the watch over its health."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

from softops.appengine import AppEngine
from softops.apporders import AppOrder
from softops.composecalls import ComposeCall, new_mark, watched_script
from softops.delivery import Access, Shell
from softops.dials import Dial
from softops.errors import PullFailed, RunFailed, StartFailed
from softops.events import Layer
from softops.healthwatch import HealthWatch
from softops.masking import LOG_LINES, Masker
from softops.narration import Narrator
from softops.refusals import is_disk_full, quoted
from softops.serverfiles import DONE, Found, compose_function, compose_version_command, project_name
from softops.verdicts import Listed, of_project

STEP = 0.25
"""Seconds between two looks at the containers while Compose works."""
OWN_TIME = 60
"""Seconds that Compose may need over the time that an app has to become well."""
_PORT = re.compile(r"(?:Bind for|listen (?:tcp|udp)[46]?) \[?[0-9a-f.:]*?\]?:(\d+)|port (\d+)")
_NAME = re.compile(r'container name "?/?([^" ]+)"? is already in use')


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One server as far as apps are concerned."""

    engine: AppEngine
    shell: Shell
    command: Callable[[str], Dial]
    """The way to a shell command whose output comes while it runs."""
    access: Callable[[str, Found], Access]
    """What the delivery of a software needs there."""
    apps_dir: PurePosixPath
    socket: str
    """The engine's socket, where docker would not find it by itself."""
    timeout: float
    """Seconds that an answer may take."""
    found: Mapping[str, Found]
    """What there was of the apps at first."""
    containers: tuple[Listed, ...]
    """All containers that there were at first."""
    compose_seen: bool
    """Whether Docker Compose was seen at its usual place."""
    check: bool
    """Change nothing, only say whether something would change."""
    diff: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """An operation that succeeded."""

    changed: bool
    reason: str
    digest: str | None = None
    diff: tuple[Mapping[str, str], ...] = ()


class AppWork(ABC):
    """One app on one server. Every way in which it can fail is a SoftopsError; nothing of others is touched."""

    def __init__(self, order: AppOrder, place: Place, narrator: Narrator, cancelled: Callable[[], bool]) -> None:
        self.order = order
        self.place = place
        self.narrator = narrator
        self.masker = Masker(order.secrets)
        self.directory = order.directory(place.apps_dir)
        self.project = project_name(order.name)
        self.found = place.found.get(order.name, Found())
        self._cancelled = cancelled
        self.touched = False
        """Whether anything on the server may be another than before."""

    @abstractmethod
    def run(self) -> Done:
        """Do what is still to be done."""

    @cached_property
    def containers(self) -> tuple[Listed, ...]:
        """The app's containers as they were at first."""
        return of_project(self.place.containers, self.project)

    def now(self) -> tuple[Listed, ...]:
        """The app's containers as they are now."""
        return of_project(self.place.engine.containers(self.project), self.project)

    def refuse_foreign(self) -> None:
        """StartFailed when somebody else has put an app of that name there."""
        if self.found.foreign:
            raise StartFailed("FOREIGN_APP_DIRECTORY", path=self.directory, software=self.order.name)
        for container in self.place.containers:
            if container.project == self.project and container.owner != self.order.name:
                raise StartFailed("FOREIGN_PROJECT", project=self.project, container=container.name)

    def stop_if_cancelled(self) -> None:
        """PullFailed CANCELLED when nobody wants it any more."""
        if self._cancelled():
            raise PullFailed("CANCELLED")

    def require_compose(self) -> None:
        """StartFailed when the server has no Compose."""
        if self.place.compose_seen:
            return
        said = self.place.shell(compose_version_command(self.place.socket))
        if said.code:
            raise StartFailed("COMPOSE_MISSING", words=quoted(said.errors or said.output) or said.code)

    def script(self, text: str) -> None:
        """Run a script that came as text; RunFailed unless it got to its end."""
        self.touched = True
        said = self.place.shell("/bin/sh", stdin=text)
        if said.code and is_disk_full(said.errors):
            raise StartFailed("SERVER_DISK_FULL", path=self.directory, words=self.masker.text(quoted(said.errors)))
        if said.code or DONE not in said.output:
            raise RunFailed("APP_FILES_FAILED", path=self.directory,
                            words=self.masker.text(quoted(said.errors or said.output)) or said.code)

    def compose(self, arguments: str, *, stage: str) -> None:
        """Run Compose to its end without looking at health; StartFailed with its words."""
        self.narrator.stage(stage)
        words = self._drive(arguments, self.watch(), lambda: None)
        if words is not None:
            raise self._refused(words)

    def bring_up(self, arguments: str, *, stage: str, stop: Callable[[], None]) -> None:
        """Run Compose and wait until all containers are well. StartFailed at once when one never will be."""
        self.narrator.stage(stage)
        watch = self.watch()
        deadline = time.monotonic() + self.order.health_timeout
        try:
            self._follow(arguments, watch, deadline, stop)
            self.narrator.stage("health")
            watch.wait(deadline, stop)
        except StartFailed as exc:
            raise self._with_log(exc, watch.culprit) from exc

    def watch(self) -> HealthWatch:
        """A new watch over the app's containers, beginning with how they are now."""
        looks = {one.id: self.place.engine.look(one.id) for one in self.now()}
        before = {key: look for key, look in looks.items() if look is not None}
        return HealthWatch(self.place.engine, self.project, before, settle=self.order.settle, tell=self._tell)

    def _follow(self, arguments: str, watch: HealthWatch, deadline: float, stop: Callable[[], None]) -> None:
        """Run Compose and look at the new containers until it has ended."""
        def look() -> None:
            watch.look(over=False)
            stop()
            if time.monotonic() > deadline + OWN_TIME:
                raise StartFailed("HEALTH_TIMEOUT", services=", ".join(watch.waiting_for) or self.project,
                                  seconds=self.order.health_timeout)

        words = self._drive(arguments, watch, look)
        if words is not None:
            # What has become of the containers says more than Compose does.
            watch.look(over=False)
            raise self._refused(words)

    def _drive(self, arguments: str, watch: HealthWatch, look: Callable[[], None]) -> str | None:
        """Run Compose, call `look` now and then; its words when it failed. Old ones can't tell in JSON how it goes."""
        self.touched = True
        words: str | None = None
        for manner in ("--progress json", "--ansi never"):
            mark, looked = new_mark(), time.monotonic()
            script = watched_script(compose_function(self.project, self.directory, self.place.socket),
                                    f"{manner} {arguments}", mark)
            with ComposeCall(self.place.command(script), mark, timeout=self.place.timeout) as call:
                while call.code is None:
                    for step in call.listen(STEP):
                        watch.hear(step.container, step.status)
                    if time.monotonic() - looked >= STEP and call.code is None:
                        look()
                        looked = time.monotonic()
            words = call.words if call.code else None
            if words is None or "--progress" not in words:
                break
        return words

    def _refused(self, said: str) -> StartFailed:
        """Why Compose did not do what it was asked."""
        words = self.masker.text(quoted(said))
        if "port is already allocated" in said or "address already in use" in said:
            found = _PORT.search(said)
            port = next((int(one) for one in found.groups() if one), 0) if found else 0
            return StartFailed("PORT_IN_USE", port=port, owner=self._owner(port))
        if found := _NAME.search(said):
            return StartFailed("CONTAINER_NAME_TAKEN", name=found[1])
        if is_disk_full(said):
            return StartFailed("SERVER_DISK_FULL", path=self.place.engine.store().root_dir or "/", words=words)
        return StartFailed("COMPOSE_FAILED", words=words or "-")

    def _owner(self, port: int) -> str:
        """The container that publishes a port; "-" where no container does."""
        for one in self.place.engine.containers():
            if one.project != self.project and any(number == port for _, number, _ in one.ports):
                return one.name
        return "-"

    def _with_log(self, error: StartFailed, culprit: str | None) -> StartFailed:
        """The error without secrets and with the newest lines of the container at fault."""
        params = dict(self.masker.params(error.params))
        if error.reason == "HEALTH_TIMEOUT":
            params["seconds"] = self.order.health_timeout
        named = StartFailed(error.reason, **params)
        named.log = error.log or (self.masker.log(self.place.engine.log(culprit, LOG_LINES)) if culprit else "")
        return named

    def _tell(self, changed: Sequence[Layer], at: float) -> None:
        self.narrator.containers(changed, at)
