"""What an app wants for itself and others have already."""

from __future__ import annotations

from typing import Any

import pytest

from softops.apporders import AppOrder, app_orders
from softops.claims import refuse_foreign_volumes, refuse_taken
from softops.errors import StartFailed
from softops.verdicts import Listed


def order(compose: str, **parameters: Any) -> AppOrder:
    app = {"action": "run", "name": "app", "version": "1", "image": "app:1", "images": ["app:1"], "compose": compose,
           "parameters": parameters}
    return app_orders({"apps": [app]}, {})[0]


def other(*ports: tuple[str, int, str], project: str = "", owner: str = "") -> Listed:
    labels = {"com.docker.compose.project": project, "io.softops.name": owner}
    return Listed(id="1", name="other", labels=labels, image_id="i", state="running", status="Up", ports=ports)


@pytest.mark.parametrize(("ports", "taken", "reason"), [
    ('["8080:80"]', ("0.0.0.0", 8080, "tcp"), "PORT_IN_USE"),
    ('["${PORT}:80"]', ("::", 8080, "tcp"), "PORT_IN_USE"),
    ('["127.0.0.1:8080:80"]', ("0.0.0.0", 8080, "tcp"), "PORT_IN_USE"),
    ('["127.0.0.1:8080:80"]', ("10.0.0.1", 8080, "tcp"), None),
    ('["8080:80/udp"]', ("0.0.0.0", 8080, "tcp"), None),
    ('["8081:80"]', ("0.0.0.0", 8080, "tcp"), None),
    ('["80"]', ("0.0.0.0", 80, "tcp"), None),
    ('["${ELSE}:80"]', ("0.0.0.0", 8080, "tcp"), None),
    ('[{target: 80, published: "8080"}]', ("0.0.0.0", 8080, "tcp"), "PORT_IN_USE"),
    ('[{target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp}]', ("127.0.0.1", 8080, "udp"), "PORT_IN_USE"),
])
def test_a_port_that_another_container_has_is_refused(ports: str, taken: tuple[str, int, str],
                                                      reason: str | None) -> None:
    wanted = order(f"services: {{web: {{ports: {ports}}}}}", PORT=8080)
    try:
        refuse_taken(wanted, "app", [other(taken)])
        found = None
    except StartFailed as exc:
        found = exc.reason
    assert found == reason


def test_what_the_app_has_itself_is_no_matter() -> None:
    mine = other(("0.0.0.0", 8080, "tcp"), project="app", owner="app")
    refuse_taken(order("services: {web: {ports: ['8080:80'], container_name: other}}"), "app", [mine])


def test_a_name_that_another_container_has_is_refused() -> None:
    with pytest.raises(StartFailed) as caught:
        refuse_taken(order("services: {web: {container_name: other}}"), "app", [other()])
    assert (caught.value.reason, caught.value.params) == ("CONTAINER_NAME_TAKEN", {"name": "other"})


@pytest.mark.parametrize("compose", ["[]\n", "services: nonsense\n", "services: {web: nonsense}\n", "x: 1\n"])
def test_what_is_no_app_claims_nothing(compose: str) -> None:
    refuse_taken(order(compose), "app", [other(("0.0.0.0", 8080, "tcp"))])


@pytest.mark.parametrize(("declared", "labels", "refused"), [
    ("{data: {}}", {}, True), ("{data: }", {"io.softops.name": "a.pp"}, True),
    ("{data: {}}", {"com.docker.compose.project": "app"}, True), ("{data: {}}", {"io.softops.name": "app"}, False),
    ("{data: {external: true}}", {}, False), ("{data: {name: app_data}}", {}, False), ("{other: {}}", {}, False),
    ("[]", {}, False)])
def test_a_volume_that_was_made_for_somebody_else_is_refused(
        declared: str, labels: dict[str, str], *, refused: bool) -> None:
    wanted = order(f"services: {{web: {{image: a}}}}\nvolumes: {declared}\n")
    try:
        refuse_foreign_volumes(wanted, "app", {"app_data": labels})
        found = None
    except StartFailed as exc:
        found = (exc.reason, exc.params)
    assert found == (("VOLUME_TAKEN", {"volume": "app_data", "software": "app"}) if refused else None)
