"""applies.py: what of a plan may be done without anybody asking."""

from __future__ import annotations

import threading
from typing import Any, cast

from softops.applies import Applies, Healer, healable
from softops.desires import Desires
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


class Stumbling:
    """Plans nothing; it raises what softops does not expect, each time."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)

    def plan(self) -> FleetPlan:
        self.asked.release()
        raise KeyError("of a bug")


def test_self_heal_goes_on_after_an_error_of_its_own() -> None:
    desires = Stumbling()
    healer = Healer(cast(Desires, desires), cast(Applies, None), every=0.01)
    healer.start()
    try:
        assert all(desires.asked.acquire(timeout=5) for _ in range(2))
    finally:
        healer.stop()
