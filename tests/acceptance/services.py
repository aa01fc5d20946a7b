"""softops inside the test's own process, on the fleet: how it is made, and what it leaves on servers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from softops.config import PROJECT, Settings
from softops.messages import Message
from softops.service import Service
from tests.fleet import Fleet
from tests.homes import commit

MakeService = Callable[..., Service]
"""Takes the files of a catalog and settings; the service has started and synced."""


def settings_for(fleet: Fleet, directory: Path, files: dict[str, str], **settings: Any) -> Settings:
    commit(directory / "catalog", files)
    return Settings(home=PROJECT, var=directory / "var", inventory=fleet.inventory(directory / "inventory"),
                    catalog=str(directory / "catalog"), catalog_ref="main", sync_interval=0, language="en", auth="none",
                    **{"insecure_registries": fleet.plain_http, **settings})


def clear(fleet: Fleet, server: str) -> None:
    """Take away what tests have left running; ports are free again."""
    ids = fleet.server(server).docker("ps", "-aq", "--filter", "label=io.softops.name").split()
    if ids:
        fleet.server(server).docker("rm", "-f", "-v", *ids)
    fleet.server(server).run("rm", "-rf", "/opt/softops/apps")


def collect(service: Service) -> list[Message]:
    got: list[Message] = []
    service.hub.subscribe(got.extend)
    return got
