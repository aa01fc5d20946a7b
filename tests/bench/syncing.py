"""A catalog of 10,000 entries: the first sync, and one that finds nothing new."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from softops.config import Settings
from softops.service import FIRST_REPOSITORY, Service
from softops.syncreport import SyncReport
from tests.bench.catalog_repo import make_repository
from tests.bench.table import Row

ENTRIES = 10_000
COLD, AGAIN = 20.0, 1.0
"""Seconds that the two may take."""


def measure() -> tuple[Row, Row]:
    """From an empty directory: fetch, read, check and store all; then once more."""
    with tempfile.TemporaryDirectory(prefix="softops-bench-") as directory:
        repository = make_repository(Path(directory) / "catalog.git", ENTRIES)
        service = Service(Settings(var=Path(directory) / "var", catalog=str(repository), catalog_ref="main",
                                   catalog_path="catalog", database="", sync_interval=0))
        try:
            return _measure(service)
        finally:
            service.database.close()


def _measure(service: Service) -> tuple[Row, Row]:
    service.database.migrate()
    settings = service.settings
    number = service.repositories.ensure(name=FIRST_REPOSITORY, url=settings.catalog_url, ref=settings.catalog_ref,
                                         path=settings.catalog_path, interval=0).id
    cold, report = _timed(service, number)
    if (report.added, report.problem_count) != (ENTRIES, 0):
        raise RuntimeError(report)
    again, _ = _timed(service, number)
    return _row("first sync", cold, COLD), _row("sync without a change", again, AGAIN)


def _timed(service: Service, number: int) -> tuple[float, SyncReport]:
    begun = time.monotonic()
    report = service.syncer.sync(number)
    return time.monotonic() - begun, report


def _row(what: str, seconds: float, target: float) -> Row:
    return Row(what=f"{what} of {ENTRIES} entries", ours=f"{seconds:.2f} s", theirs="-", result=f"{seconds:.2f} s",
               target=f"< {target:.0f} s", met=seconds < target)
