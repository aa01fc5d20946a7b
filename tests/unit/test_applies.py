"""applies.py: what of a plan may be done without anybody asking."""

from __future__ import annotations

from typing import Any

from softops.applies import healable
from softops.drift import Why
from softops.entities import Server
from softops.fleetplan import FleetPlan, Kind, ServerPlan, Step

WEB1 = Server(id=1, name="web1", address="web1")


def a_step(software: str, *reasons: str, **changes: Any) -> Step:
    return Step(server=WEB1, software=software, kind=Kind.START, operation="start",
                reasons=tuple(Why(reason=reason) for reason in reasons), **changes)


def test_only_drift_is_healed_and_nothing_without_end() -> None:
    drifted = a_step("a", "CONTAINER_MISSING")
    steps = (drifted, a_step("b", "CONTAINER_STOPPED", flapping=True), a_step("c", "OTHER_VERSION"),
             a_step("d", "APP_STOPPED"), a_step("e", "UNWANTED"))
    plan = FleetPlan(servers=(ServerPlan(server=WEB1, steps=steps, adopted=("f",), settled=("f",)),))
    assert healable(plan) == FleetPlan(servers=(ServerPlan(server=WEB1, steps=(drifted,), settled=("f",)),))
