"""The route table: every endpoint there is."""

from __future__ import annotations

from softops.web import (
    containers,
    health,
    jobs,
    plan,
    records,
    report,
    repositories,
    running,
    servers,
    software,
    versions,
)
from softops.web.endpoint import Endpoint

# The fixed paths come before the one that takes any number in their place.
ENDPOINTS: tuple[Endpoint, ...] = (
    *health.ENDPOINTS, *records.ENDPOINTS, *jobs.ENDPOINTS, *servers.ENDPOINTS, *repositories.ENDPOINTS,
    *plan.ENDPOINTS, *report.ENDPOINTS, *running.ENDPOINTS, *containers.ENDPOINTS, *versions.ENDPOINTS,
    *software.ENDPOINTS)
