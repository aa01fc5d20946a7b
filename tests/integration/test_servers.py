"""servers.py: ids stay, the inventory decides who is there, and a choice is never empty."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from softops.db import Database
from softops.entities import Server
from softops.errors import BadRequest, NotFound
from softops.servers import Servers
from softops.statuses import ServerStatus
from tests.factories import NOW, a_host, later

FLEET = (a_host("web1", groups=("web", "eu")), a_host("web2"), a_host("db1", groups=("db", "eu"), address="10.0.0.9"))


@pytest.fixture
def servers(database: Database) -> Servers:
    return Servers(database)


def names(found: tuple[Server, ...]) -> list[str]:
    return [server.name for server in found]


def test_the_servers_are_those_of_the_inventory(servers: Servers) -> None:
    found = servers.reconcile(FLEET, NOW)
    assert found == servers.all() == (
        Server(id=3, name="db1", address="10.0.0.9", groups=("db", "eu")),
        Server(id=1, name="web1", address="web1", groups=("eu", "web")),
        Server(id=2, name="web2", address="web2", groups=("web",)))
    assert servers.get(3) == found[0]


def test_a_server_that_left_is_kept_and_comes_back_as_itself(servers: Servers) -> None:
    before = servers.reconcile(FLEET, NOW)
    assert names(servers.reconcile(FLEET[1:], later(1))) == ["db1", "web2"]
    assert servers.get(1) == replace(before[1], present=False)
    assert servers.reconcile(FLEET, later(2)) == before


def test_groups_follow_the_inventory(servers: Servers) -> None:
    servers.reconcile([a_host("web1", groups=("web", "eu"))], NOW)
    changed = servers.reconcile([a_host("web1", groups=("new", "web"))], later(1))
    assert [server.groups for server in changed] == [("new", "web")]
    assert [server.groups for server in servers.reconcile([a_host("web1", groups=())], later(2))] == [()]


def test_many_may_read_the_inventory_at_once(servers: Servers) -> None:
    barrier = threading.Barrier(6)

    def reconcile(_: int) -> tuple[Server, ...]:
        barrier.wait()
        return servers.reconcile(FLEET, NOW)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(reconcile, range(6)))
    assert set(found) == {servers.all()}
    assert len(servers.all()) == 3


def test_what_a_look_found_is_kept(servers: Servers) -> None:
    before = servers.reconcile([a_host()], NOW)[0]
    seen = servers.save_check(before.id, status=ServerStatus.ONLINE, engine_version="20.10.24", architecture="x86_64",
                              free_bytes=2**40, message=None, now=later(1))
    assert seen == replace(before, status=ServerStatus.ONLINE, engine_version="20.10.24", architecture="x86_64",
                           free_bytes=2**40, check_time=later(1))
    lost = servers.save_check(before.id, status=ServerStatus.OFFLINE, engine_version=None, architecture=None,
                              free_bytes=None, message="无法连接", now=later(2))
    assert lost == replace(seen, status=ServerStatus.OFFLINE, free_bytes=None, message="无法连接", check_time=later(2))
    assert servers.reconcile([a_host()], later(3)) == (lost,)
    assert servers.reconcile([a_host(address="10.0.0.2")], later(4))[0].status is ServerStatus.UNKNOWN


@pytest.mark.parametrize(("chosen", "found"), [
    ({"ids": [2]}, ["web2"]),
    ({"names": ["web2", "db1"]}, ["db1", "web2"]),
    ({"groups": ["eu"]}, ["db1", "web1"]),
    ({"groups": ["all"]}, ["db1", "web1", "web2"]),
    ({"ids": [1, 1], "names": ["web1"], "groups": ["db"]}, ["db1", "web1"]),
])
def test_a_choice_is_the_union_of_what_is_named(servers: Servers, chosen: dict[str, Any], found: list[str]) -> None:
    servers.reconcile(FLEET, NOW)
    assert names(servers.choose(**chosen)) == found


@pytest.mark.parametrize(("chosen", "reason", "wanted"), [
    ({"ids": [1, 99]}, "SERVER_NOT_FOUND", 99),
    ({"names": ["web1", "wbe2"]}, "SERVER_NOT_FOUND", "wbe2"),
    ({"names": ["WEB1"]}, "SERVER_NOT_FOUND", "WEB1"),
    ({"groups": ["eu", "moon"]}, "GROUP_NOT_FOUND", "moon"),
    ({"groups": ["old"]}, "GROUP_NOT_FOUND", "old"),
    ({"ids": [4]}, "SERVER_NOT_FOUND", 4),
])
def test_what_the_inventory_does_not_have_is_never_left_out(servers: Servers, chosen: dict[str, Any], reason: str,
                                                            wanted: object) -> None:
    servers.reconcile([*FLEET, a_host("gone", groups=("old",))], NOW)
    servers.reconcile(FLEET, NOW)
    with pytest.raises(NotFound) as refused:
        servers.choose(**chosen)
    assert refused.value.reason == reason
    assert wanted in refused.value.params.values()


def test_nothing_named_means_the_default_group_or_the_only_server(servers: Servers) -> None:
    with pytest.raises(BadRequest, match="no server in the inventory"):
        servers.choose()
    servers.reconcile([a_host("web1")], NOW)
    assert names(servers.choose()) == ["web1"]
    servers.reconcile([a_host("web1"), a_host("web2")], NOW)
    with pytest.raises(BadRequest, match=r"--server or --group.*There is: web1 \(1\), web2 \(2\)\.$"):
        servers.choose()
    servers.reconcile([a_host("web1"), a_host("web2", groups=("default",))], NOW)
    assert names(servers.choose()) == ["web2"]


def test_an_empty_inventory_has_no_group_of_all(servers: Servers) -> None:
    with pytest.raises(NotFound):
        servers.choose(groups=["all"])


def test_pages_are_filtered_and_those_that_left_come_last(servers: Servers) -> None:
    servers.reconcile([*FLEET, a_host("a_gone")], NOW)
    servers.reconcile(FLEET, NOW)
    servers.save_check(1, status=ServerStatus.ONLINE, engine_version="1", architecture="a", free_bytes=1,
                       message=None, now=NOW)

    def found(**filters: Any) -> list[str]:
        return names(servers.page(page=1, size=10, **filters).records)

    assert found() == ["db1", "web1", "web2", "a_gone"]
    assert (found(name="WEB"), found(name="_"), found(name="%")) == (["web1", "web2"], ["a_gone"], [])
    assert (found(status=ServerStatus.ONLINE), found(group="eu"), found(group="all")) == (
        ["web1"], ["db1", "web1"], ["db1", "web1", "web2", "a_gone"])
    page = servers.page(page=2, size=3)
    assert (names(page.records), page.total, page.pages) == (["a_gone"], 4, 2)


def test_a_server_that_never_was_is_named(servers: Servers) -> None:
    servers.reconcile(FLEET, NOW)
    asked: tuple[Callable[[], object], ...] = (lambda: servers.get(99), lambda: servers.save_check(
        99, status=ServerStatus.ONLINE, engine_version=None, architecture=None, free_bytes=None, message=None, now=NOW))
    for wanted in asked:
        with pytest.raises(NotFound, match=r"no server 99 .* There is: db1 \(3\), web1 \(1\), web2 \(2\)"):
            wanted()
