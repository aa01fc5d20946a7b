"""Waiting until the containers of an app are well, or until one of them says that it never will be."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from softops.appengine import AppEngine
from softops.containerstates import SERVICE_LABEL
from softops.errors import StartFailed
from softops.events import Layer
from softops.verdicts import Look, of_project, one_time_tasks, told_status, trouble

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
"""Seconds between two looks; they become longer while nothing happens."""


class HealthWatch:
    """Looks at one Compose project again and again. `before` are the containers from before a change."""

    def __init__(self, engine: AppEngine, project: str, before: Mapping[str, Look], *, settle: float,
                 tell: Callable[[Sequence[Layer], float], None]) -> None:
        self._engine = engine
        self._project = project
        self._before = before
        self._settle = settle
        self._tell = tell
        self._since: dict[tuple[str, str], float] = {}
        """When each container was first seen up since it was started."""
        self._told: dict[str, str] = {}
        self._there: set[str] = set()
        """The services that had a container when Compose was done."""
        self.waiting_for: tuple[str, ...] = ()
        """The services that are not well yet."""
        self.culprit: str | None = None
        """The container that will not become well."""

    def look(self, *, over: bool) -> bool:
        """Whether all is well now; StartFailed when it will not be. Until `over`, containers from before may be
        stopped, and nothing is well yet."""
        containers = of_project(self._engine.containers(self._project), self._project)
        tasks = one_time_tasks(containers)
        waiting: list[str] = []
        found: set[str] = set()
        for container in containers:
            if not over and container.id in self._before and container.running == self._before[container.id].runs:
                continue
            look = self._engine.look(container.id)
            if look is None or (not over and self._from_before(look)):
                continue
            found.add(look.service)
            self._judge(container.name, look, tasks)
            if over:
                self.hear(container.name, told_status(look))
            if not self._well(look, tasks):
                waiting.append(look.service)
        if over:
            # One that somebody takes away is not well, and nothing that will be.
            self._there |= found | {container.labels.get(SERVICE_LABEL, "") for container in containers}
            waiting += sorted(self._there - found)
        self.waiting_for = tuple(waiting)
        return over and bool(containers) and not waiting

    def hear(self, container: str, status: str) -> None:
        """Tell that a container has a state, unless that was told already."""
        name = container.removeprefix(f"{self._project}-")
        if self._told.get(name) != status:
            self._told[name] = status
            self._tell((Layer(id=name, status=status),), time.time())

    def wait(self, deadline: float, stop: Callable[[], None]) -> None:
        """Return when all is well. StartFailed when it will not be or the deadline (monotonic) is over; `stop` is
        called between looks and may raise."""
        pause = FIRST_PAUSE
        while not self.look(over=True):
            stop()
            if time.monotonic() > deadline:
                raise StartFailed("HEALTH_TIMEOUT", services=", ".join(self.waiting_for) or self._project)
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.1)

    def _from_before(self, look: Look) -> bool:
        """Whether it has not been started since."""
        before = self._before.get(look.id)
        return before is not None and before.started == look.started

    def _judge(self, name: str, look: Look, tasks: frozenset[str]) -> None:
        failed = trouble(look, tasks, self._before[look.id].restarts if self._from_before(look) else 0)
        if failed is not None:
            self.hear(name, told_status(look))
            self.culprit = look.id
            raise failed

    def _well(self, look: Look, tasks: frozenset[str]) -> bool:
        if look.status == "exited" and look.service in tasks:
            return True
        if not look.runs or look.health == "starting":
            return False
        if look.health == "healthy" or (self._from_before(look) and self._before[look.id].runs):
            return True
        first = self._since.setdefault((look.id, look.started), time.monotonic())
        return time.monotonic() - first >= self._settle
