"""softops on the fleet for tests that break something; after each of them the aftermath is looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from softops.service import Service
from tests.acceptance.services import MakeService, clear, settings_for
from tests.faults.aftermath import Aftermath, Footprint
from tests.fleet import Fleet


@pytest.fixture
def make_service(fleet: Fleet, tmp_path: Path) -> Iterator[MakeService]:
    """Makes services on the fleet. After the test the aftermath is looked at while they run and when they have
    stopped, this process included; then what they left on servers is taken away."""
    before: list[Footprint] = []
    made: list[Aftermath] = []
    with ExitStack() as stack:
        def make(files: dict[str, str], **settings: Any) -> Service:
            before.append(Footprint.of(os.getpid()))  # now, because the test has built images
            service = Service(settings_for(fleet, tmp_path, files, **settings))
            service.start()
            stack.callback(service.stop)
            service.syncer.sync(service.repositories.named("catalog").id)
            made.append(Aftermath(fleet=fleet, settings=service.settings))
            return service

        try:
            yield make
            for aftermath in made:
                aftermath.check()
            stack.close()
            for aftermath in made:
                aftermath.check_stopped()
            for footprint in before[:1]:
                footprint.check(os.getpid())
        finally:
            fleet.slow.resume()
            stack.close()
            for server in fleet.servers:
                if server.spec.alive and server.engine.answers():
                    clear(fleet, server.name)
