"""containers.py: the table has what engines said last, on both databases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from softops.containers import Containers
from softops.containerstates import ContainerState
from softops.db import Database
from softops.errors import NotFound
from tests.factories import NOW, later, some_servers

WEB = ContainerState(engine_id="a" * 64, name="nginx-web-1", soft_name="nginx", service="web", version="1.21.0",
                     docker_image="nginx:1.21.0", state="running", health="healthy", start_time=NOW,
                     ports=({"hostIp": "::", "hostPort": 8080, "containerPort": 80, "protocol": "tcp"},))


@pytest.fixture
def containers(database: Database) -> Containers:
    return Containers(database)


def test_a_row_changes_only_when_the_container_does(database: Database, containers: Containers) -> None:
    (server,) = some_servers(database, "web1")
    (first,) = containers.save(server.id, [WEB], (), NOW)
    assert (first.server_name, first.ports, first.update_time) == ("web1", WEB.ports, NOW)
    assert containers.save(server.id, [WEB], (), later(5)) == (first,)
    (dead,) = containers.save(server.id, [replace(WEB, state="exited", exit_code=137)], (), later(9))
    assert dead == replace(first, state="exited", exit_code=137, update_time=later(9))
    assert containers.get(first.id) == dead


def test_what_is_gone_leaves_its_own_server_only(database: Database, containers: Containers) -> None:
    web1, web2 = some_servers(database, "web1", "web2")
    for server in (web1, web2):
        containers.save(server.id, [WEB], (), NOW)
    assert containers.save(web1.id, [], [WEB.engine_id, "unknown"], NOW) == ()
    assert (containers.on(web1.id), len(containers.on(web2.id))) == ((), 1)
    with pytest.raises(NotFound):
        containers.get(99)


def test_pages_are_by_server_and_take_names_literally(database: Database, containers: Containers) -> None:
    web1, web2 = some_servers(database, "web1", "web2")
    db = replace(WEB, engine_id="b", name="100%_db", soft_name="db", state="exited")
    containers.save(web2.id, [WEB, db], (), NOW)
    containers.save(web1.id, [WEB], (), NOW)

    def found(**filters: object) -> list[tuple[str, str]]:
        page = containers.page(page=1, size=10, **filters)  # type: ignore[arg-type]
        assert page.total == len(page.records)
        return [(one.server_name, one.name) for one in page.records]

    assert found() == [("web1", "nginx-web-1"), ("web2", "100%_db"), ("web2", "nginx-web-1")]
    assert found(name="0%_d") == found(state="exited") == [("web2", "100%_db")]
    assert found(name="_", server_id=web1.id) == []
    assert found(name="NGINX", server_id=web1.id) == [("web1", "nginx-web-1")]
