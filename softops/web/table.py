"""The route table: every endpoint there is."""

from __future__ import annotations

from softops.web import (
    accounts,
    audit,
    containers,
    credentials,
    health,
    jobs,
    locks,
    oidc,
    plan,
    records,
    report,
    repositories,
    running,
    servers,
    sessions,
    software,
    tokens,
    users,
    versions,
    webhooks,
)
from softops.web.endpoint import Endpoint

# The fixed paths come before the one that takes any number in their place.
ENDPOINTS: tuple[Endpoint, ...] = (
    *health.ENDPOINTS, *records.ENDPOINTS, *jobs.ENDPOINTS, *locks.ENDPOINTS, *servers.ENDPOINTS,
    *repositories.ENDPOINTS, *credentials.ENDPOINTS, *audit.ENDPOINTS, *webhooks.ENDPOINTS,
    *accounts.ENDPOINTS, *oidc.ENDPOINTS, *users.ENDPOINTS, *tokens.ENDPOINTS, *sessions.ENDPOINTS,
    *plan.ENDPOINTS, *report.ENDPOINTS, *running.ENDPOINTS, *containers.ENDPOINTS, *versions.ENDPOINTS,
    *software.ENDPOINTS)
