"""difference.py: what is told of two versions, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softops.difference import Change, Kind, ParameterChange, Side, difference
from softops.versions import Order

DIGESTS = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def a_side(version: str = "1.21.0", **changes: Any) -> Side:
    values = {"version": version, "image": f"nginx:{version}", "entry": {"name": "nginx", "params": []}}
    return Side(**{**values, **changes})


def one_container(**service: Any) -> Side:
    return a_side(entry={"service": service})


def several(services: Any, **rest: Any) -> Side:
    model = None if services is None else {"name": "wiki", "services": services, **rest}
    return a_side(entry={"compose": "compose.yml.j2"}, model=model)


def added(name: str, after: Any, **more: Any) -> Change:
    return Change(name=name, kind=Kind.ADDED, after=after, **more)


def removed(name: str, before: Any, **more: Any) -> Change:
    return Change(name=name, kind=Kind.REMOVED, before=before, **more)


def changed(name: str, before: Any, after: Any, **more: Any) -> Change:
    return Change(name=name, kind=Kind.CHANGED, before=before, after=after, **more)


def test_the_same_is_empty() -> None:
    side = one_container(ports=["${PORT}:80"], env={"A": "1"}, healthcheck={"test": ["CMD", "true"]})
    assert difference(side, side).empty
    assert difference(side, replace(side, size=1)).empty


def test_image_digest_size_and_order_are_told() -> None:
    found = difference(a_side("1.9", digest=DIGESTS[0], size=100), a_side("1.10", digest=DIGESTS[1], size=70))
    assert (found.image, found.digest, found.size_delta, found.order) == (
        changed("image", "nginx:1.9", "nginx:1.10"), changed("digest", *DIGESTS), -30, Order.NEWER)


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None), (None, None)])
def test_what_is_not_known_is_not_guessed(before: int | None, after: int | None) -> None:
    digest = {5: DIGESTS[0], None: None}
    found = difference(a_side(size=before, digest=digest[before]), a_side(size=after, digest=digest[after]))
    assert (found.size_delta, found.digest) == (None, None)


def test_ports_are_told_by_the_port_in_the_container() -> None:
    before = one_container(ports=["${HTTP}:80", "53:53/udp", "9000", "127.0.0.1:1:1"])
    after = one_container(ports=["${WEB}:80", "53:53", "9000", "[::1]:1:1", "${A}:${B}"])
    assert difference(before, after).ports == (
        changed("80/tcp", "${HTTP}:80", "${WEB}:80"), removed("53/udp", "53:53/udp"),
        changed("1/tcp", "127.0.0.1:1:1", "[::1]:1:1"), added("53/tcp", "53:53"), added("${B}/tcp", "${A}:${B}"))


def test_a_port_published_twice_loses_only_what_is_gone() -> None:
    assert difference(one_container(ports=["80:80", "81:80", "82:80"]),
                      one_container(ports=["81:80", "83:80"])).ports == (
        changed("80/tcp", "80:80", "83:80"), removed("80/tcp", "82:80"))


def test_env_volumes_and_resources_are_told_by_name() -> None:
    before = one_container(env={"A": "1", "B": "%s 100%"}, volumes=["data:/data", "/srv:/srv:ro"],
                           resources={"memory": "256m", "cpus": 1.0}, shm_size="64m")
    after = one_container(env={"A": "2", "C": ""}, volumes=["data:/var/data", "/srv:/srv"],
                          resources={"memory": "512m"}, shm_size="128m")
    found = difference(before, after)
    assert found.env == (changed("A", "1", "2"), removed("B", "%s 100%"), added("C", ""))
    assert found.volumes == (removed("/data", "data:/data"), changed("/srv", "/srv:/srv:ro", "/srv:/srv"),
                             added("/var/data", "data:/var/data"))
    assert found.resources == (changed("memory", "256m", "512m"), removed("cpus", 1.0),
                               changed("shm_size", "64m", "128m"))
    assert found.settings == ()


def test_everything_else_about_a_container_is_a_setting() -> None:
    before = one_container(command=["nginx"], healthcheck={"test": "true", "interval": "5s"}, labels={"a": "1"})
    after = one_container(command=["nginx", "-g"], healthcheck={"test": "true", "retries": 3}, init=True,
                          labels={"a": "2", "io.softops.version": "9"})
    assert difference(before, after).settings == (
        changed("command", ["nginx"], ["nginx", "-g"]), removed("healthcheck.interval", "5s"),
        changed("labels.a", "1", "2"), added("healthcheck.retries", 3), added("init", True))


def test_containers_of_a_template_are_told_by_their_names() -> None:
    before = several({
        "web": {"image": "wiki:1", "ports": [{"target": 80, "published": "8080", "protocol": "tcp", "mode": "ingress"}],
                "environment": ["A=1", "B"], "mem_limit": "1g",
                "volumes": [{"type": "volume", "source": "data", "target": "/data", "volume": {}}]},
        "old": {"image": "cache:1"}})
    after = several({
        "web": {"image": "wiki:2", "ports": [{"target": 80, "published": "8081"}], "environment": {"A": "1"},
                "deploy": {"resources": {"limits": {"memory": "2g"}}},
                "volumes": [{"type": "volume", "source": "data", "target": "/data", "read_only": True}]},
        "db": {"image": "postgres:18"}})
    found = difference(before, after)
    assert found.services == (changed("web", "wiki:1", "wiki:2"), removed("old", "cache:1"),
                              added("db", "postgres:18"))
    assert found.ports == (changed("80/tcp", "8080:80", "8081:80", service="web"),)
    assert found.env == (removed("B", "", service="web"),)
    assert found.resources == (changed("memory", "1g", "2g", service="web"),)
    assert found.volumes == (changed("/data", "data:/data", "data:/data:ro", service="web"),)


def test_from_one_container_to_several_everything_is_new() -> None:
    found = difference(one_container(env={"A": "1"}),
                       several({"web": {"image": "x", "environment": {"A": "1"}}}))
    assert (found.services, found.env) == (
        (added("web", "x"),), (removed("A", "1"), added("A", "1", service="web")))


def test_what_a_compose_file_says_beside_its_containers_is_a_setting() -> None:
    before = several({}, networks={"front": {}, "back": {"internal": True}}, volumes={"data": {}})
    after = several({}, networks={"front": {"internal": True}}, volumes={"data": {}, "more": {}})
    assert difference(before, after).settings == (
        changed("networks.front", {}, {"internal": True}), removed("networks.back", {"internal": True}),
        added("volumes.more", {}))


def test_of_a_template_that_could_not_be_rendered_nothing_is_said() -> None:
    rendered = several({"web": {"image": "x", "ports": ["80:80"]}})
    assert difference(rendered, several(None)).empty
    assert difference(several(None), one_container(ports=["80:80"])).empty


def test_services_that_are_no_mappings_are_passed_over() -> None:
    assert difference(several({"web": None, "db": "x"}), several({"web": [1]})).empty


def test_parameters_are_told_with_what_changed_about_them() -> None:
    before = a_side(entry={"params": [
        {"name": "PORT", "type": "port", "default": 80, "label": "a"}, {"name": "OLD", "type": "bool", "default": True},
        {"name": "TZ", "type": "string", "default": "UTC", "label": "Zone"}]})
    after = a_side(entry={"params": [
        {"name": "PORT", "type": "port", "default": 8080, "min": 1024},
        {"name": "TZ", "type": "string", "default": "UTC", "label": "Time zone"},
        {"name": "TOKEN", "type": "secret"}, {"name": "KEY", "type": "secret", "generate": 24}]})
    port = {"type": "port", "default": 80, "required": False}
    assert difference(before, after).parameters == (
        ParameterChange(name="PORT", kind=Kind.CHANGED, before=port, after=port | {"default": 8080, "min": 1024},
                        fields=("default", "min")),
        ParameterChange(name="OLD", kind=Kind.REMOVED, after=None, fields=(),
                        before={"type": "bool", "default": True, "required": False}),
        ParameterChange(name="TOKEN", kind=Kind.ADDED, before=None, fields=(),
                        after={"type": "secret", "required": True}),
        ParameterChange(name="KEY", kind=Kind.ADDED, before=None, fields=(),
                        after={"type": "secret", "generate": 24, "required": False}))


def test_requirements_and_permissions_come_and_go() -> None:
    before = a_side(entry={"requires": ["redis", "mysql"], "permissions": ["privileged"]})
    after = a_side(entry={"requires": ["mysql", "postgres"]})
    found = difference(before, after)
    assert found.requires == (removed("redis", "redis"), added("postgres", "postgres"))
    assert found.permissions == (removed("privileged", "privileged"),)


def test_entries_of_hundreds_of_things_are_told_whole() -> None:
    many = {f"V{number}": "x" for number in range(500)}
    ports = [f"{number}:80" for number in range(1, 5000)]
    found = difference(one_container(env=many, ports=ports), one_container(env={}, ports=ports[::-1]))
    assert (len(found.env), found.ports) == (500, ())
