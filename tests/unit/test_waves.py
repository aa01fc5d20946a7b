"""Servers are assigned to waves, and a breach holds the next one back."""

from __future__ import annotations

from typing import Any

import pytest

from softops.entities import Server
from softops.errors import BadRequest
from softops.jobs import RecordDraft, in_waves
from softops.statuses import RecordStatus
from softops.waves import Strategy, assign, is_breached, strategy_of
from tests.values import make_record


@pytest.mark.parametrize(("servers", "given", "wanted"), [
    (3, {}, (1, 1, 1)),
    (3, {"canary": 1}, (1, 2, 2)),
    (5, {"canary": 1, "batch": 2}, (1, 2, 2, 3, 3)),
    (5, {"batch": 2}, (1, 1, 2, 2, 3)),
    (10, {"batch": "25%"}, (1, 1, 1, 2, 2, 2, 3, 3, 3, 4)),
    (2, {"batch": "1%"}, (1, 2)),
    (2, {"batch": "100%"}, (1, 1)),
    (2, {"batch": "7"}, (1, 1)),
    (2, {"canary": 5}, (1, 1)),
    (1, {"canary": 1, "batch": 1}, (1,)),
])
def test_servers_are_assigned_in_order(servers: int, given: dict[str, Any], wanted: tuple[int, ...]) -> None:
    assert assign(servers, strategy_of(given)) == wanted


@pytest.mark.parametrize(("given", "reason", "name"), [
    ({"canarie": 1}, "STRATEGY_UNKNOWN", "canarie"),
    ({"batch": 0}, "STRATEGY_BATCH", "batch"),
    ({"batch": "0%"}, "STRATEGY_BATCH", "batch"),
    ({"batch": "101%"}, "STRATEGY_BATCH", "batch"),
    ({"batch": True}, "STRATEGY_BATCH", "batch"),
    ({"batch": "two"}, "STRATEGY_BATCH", "batch"),
    ({"canary": -1}, "STRATEGY_INVALID", "canary"),
    ({"maxFailures": "1"}, "STRATEGY_INVALID", "maxFailures"),
    ({"onFailure": "panic"}, "STRATEGY_INVALID", "onFailure"),
    ({"approval": "yes"}, "STRATEGY_INVALID", "approval"),
    ({"settle": 1.5}, "STRATEGY_INVALID", "settle"),
])
def test_what_is_wrong_is_named(given: dict[str, Any], reason: str, name: str) -> None:
    with pytest.raises(BadRequest) as refused:
        strategy_of(given)
    assert (refused.value.reason, refused.value.params["name"]) == (reason, name)


@pytest.mark.parametrize("strategy", [
    Strategy(), Strategy(canary=1, batch=3, max_failures=2, on_failure="rollback", approval=True, settle=0),
    Strategy(percent=30)])
def test_a_strategy_is_kept_as_json(strategy: Strategy) -> None:
    assert strategy_of(strategy.to_json()) == strategy


def test_one_failure_more_than_allowed_is_a_breach() -> None:
    records = [make_record(id=number, server_id=number, status=status) for number, status in enumerate(
        [RecordStatus.FAILED, RecordStatus.SUCCESS, RecordStatus.FAILED, RecordStatus.CANCELLED])]
    assert is_breached(Strategy(max_failures=1), records)
    assert not is_breached(Strategy(max_failures=2), records)


def test_that_softops_was_stopped_is_no_failure_of_a_server() -> None:
    stopped = make_record(id=1, server_id=1, status=RecordStatus.FAILED, reason="INTERRUPTED")
    assert not is_breached(Strategy(), [stopped])
    assert is_breached(Strategy(), [stopped, make_record(id=2, server_id=2, status=RecordStatus.FAILED)])


def test_a_server_with_two_failed_software_is_one_failure() -> None:
    records = [make_record(id=number, server_id=7, status=RecordStatus.FAILED) for number in range(2)]
    assert not is_breached(Strategy(max_failures=1), records)


def drafts(*where: tuple[str, str]) -> list[RecordDraft]:
    servers = {name: Server(id=number, name=name, address=name) for number, name in enumerate(
        dict.fromkeys(server for server, _ in where))}
    return [RecordDraft(server=servers[server], soft_id=None, soft_name=software, version="1.0", docker_image="x:1.0",
                        operation="start") for server, software in where]


def test_all_software_of_a_server_is_in_the_same_wave() -> None:
    wanted = drafts(("web1", "redis"), ("web1", "shop"), ("web2", "shop"), ("web3", "redis"), ("web3", "shop"))
    placed = in_waves(wanted, Strategy(canary=1, batch=1))
    assert [(one.server.name, one.soft_name, one.wave) for one in placed] == [
        ("web1", "redis", 1), ("web1", "shop", 1), ("web2", "shop", 2), ("web3", "redis", 3), ("web3", "shop", 3)]


def test_without_a_strategy_nothing_is_in_a_wave() -> None:
    wanted = drafts(("web1", "shop"), ("web2", "shop"))
    assert in_waves(wanted, None) == tuple(wanted)
    assert [one.wave for one in in_waves(wanted, Strategy())] == [1, 1]
