"""Waiting for the containers of an app: what has gone while one waits is not well."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import cast

import pytest

from softops.appengine import AppEngine
from softops.containerstates import SERVICE_LABEL
from softops.errors import StartFailed
from softops.healthwatch import HealthWatch
from softops.verdicts import PROJECT_LABEL, Listed, Look


class Engine:
    """Has other containers at each look; one of `gone` goes between the list and the look at it."""

    def __init__(self, *services: Sequence[str], gone: str = "") -> None:
        self._services = list(services)
        self._gone = gone

    def containers(self, project: str) -> tuple[Listed, ...]:
        now = self._services.pop(0) if len(self._services) > 1 else self._services[0]
        return tuple(Listed(id=name, name=name, labels={PROJECT_LABEL: project, SERVICE_LABEL: name}, image_id="i",
                            state="running", status="Up", ports=()) for name in now)

    def look(self, container: str) -> Look | None:
        if container == self._gone:
            return None
        return Look(id=container, name=container, service=container, status="running", health=None, exit_code=0,
                    oom=False, restarts=0, started="now", error="", words="")


def wait(engine: Engine, *, settle: float = 0.05) -> None:
    watch = HealthWatch(cast(AppEngine, engine), "shop", {}, settle=settle, tell=lambda _layers, _at: None)
    try:
        watch.wait(time.monotonic() + 0.5, lambda: None)
    except StartFailed as exc:
        raise AssertionError(exc.reason, exc.params["services"]) from exc


def test_what_stays_up_is_well() -> None:
    wait(Engine(["web", "db"]))


@pytest.mark.parametrize("engine", [Engine(["web", "db"], ["web"]), Engine(["web", "db"], gone="db"),
                                    Engine(["db"], gone="db")])
def test_what_somebody_has_taken_away_is_not_well(engine: Engine) -> None:
    with pytest.raises(AssertionError) as caught:
        wait(engine)
    assert caught.value.args == ("HEALTH_TIMEOUT", "db")
