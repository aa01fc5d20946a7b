"""permissions.py: what an app may do beyond its container, and what it may never do."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pytest

from softops.composing import AppVersion
from softops.errors import BadRequest
from softops.permissions import PERMISSION, check_permissions, demands, host_path

FOLDER = "/tmp/app"


def an_app(permissions: Sequence[str] = ()) -> AppVersion:
    return AppVersion(name="app", version="1.0", image="app:1.0", digest=None, commit="4f2c",
                      entry={"permissions": list(permissions)})


def a_model(service: Mapping[str, Any] | None = None, **parts: Any) -> Mapping[str, Any]:
    return {"name": "app", "services": {"web": {"image": "app:1.0", **(service or {})}}, **parts}


def bound(source: str) -> Mapping[str, Any]:
    return {"volumes": [{"type": "bind", "source": source, "target": "/x"}]}


def words(model: Mapping[str, Any]) -> list[str]:
    return [demand.word for demand in demands(an_app(), model, folder=FOLDER)]


def checked(model: Mapping[str, Any], *, declared: Sequence[str] = (), accepted: Collection[str] = (),
            **values: Any) -> tuple[str, ...]:
    return check_permissions(an_app(declared), model, values=values, folder=FOLDER, accepted=accepted)


@pytest.mark.parametrize("service", [
    {"command": None, "ports": [{"target": 80, "host_ip": "127.0.0.1"}], "container_name": "x", "x-note": 1},
    {"labels": {"io.softops.name": "app", "io.softops.version": "1.0", "io.softops.commit": "4f2c", "team": "web"}},
    {"network_mode": "none"}, {"network_mode": "service:db"}, {"pid": "service:db"}, {"ipc": "shareable"},
    {"cgroup": "private"}, {"privileged": False}, {"cap_add": ["CHOWN", "CAP_NET_BIND_SERVICE"], "cap_drop": ["ALL"]},
    {"security_opt": ["no-new-privileges:true", "no-new-privileges=true"]}, {"logging": {"driver": "local"}},
    {"logging": {}}, {"deploy": {"replicas": 2, "resources": {"limits": {"cpus": 1}}, "placement": {}}},
    {"networks": {"default": None, "back": {"aliases": ["x"]}}}, {"extra_hosts": ["h=host-gateway"]},
    bound(f"{FOLDER}/data"), bound(f"{FOLDER}/./a/../b"), bound(f"{FOLDER}/my.data-2"), {"tmpfs": ["/t"]},
    {"volumes": [{"type": "volume", "source": "data", "target": "/x"}, {"type": "tmpfs", "target": "/y"}]}])
def test_what_needs_no_permission(service: Mapping[str, Any]) -> None:
    assert words(a_model(service)) == []


@pytest.mark.parametrize("parts", [
    {"volumes": {"data": {"name": "app_data", "driver": "local"}}, "networks": {"default": {"name": "app_default"}}},
    {"networks": {"back": {"name": "app_back", "ipam": {}, "internal": True, "driver": "bridge",
                           "driver_opts": {"com.docker.network.driver.mtu": "1400"}}}},
    {"volumes": {"l": {"name": "app_l", "labels": {"io.softops.name": "app"}}}},
    {"volumes": {"t": {"name": "app_t", "driver_opts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}}}])
def test_what_a_project_has_of_its_own(parts: Mapping[str, Any]) -> None:
    assert words(a_model(**parts)) == []


@pytest.mark.parametrize(("service", "expected"), [
    ({"privileged": True}, ["privileged"]),
    ({"network_mode": "host"}, ["host_network"]), ({"pid": "host"}, ["host_pid"]), ({"ipc": "host"}, ["host_ipc"]),
    ({"uts": "host"}, ["host_uts"]), ({"cgroup": "host"}, ["host_cgroup"]), ({"userns_mode": "host"}, ["host_userns"]),
    ({"cap_add": ["NET_ADMIN", "cap_sys_admin", "ALL"]}, ["capability:NET_ADMIN", "capability:SYS_ADMIN",
                                                          "capability:ALL"]),
    ({"devices": [{"source": "/dev/../dev/kvm", "target": "/dev/kvm"}, {"source": "vendor.com/gpu=all"}]},
     ["device:/dev/kvm", "device:vendor.com/gpu=all"]),
    ({"gpus": [{"count": -1}]}, ["gpu"]),
    ({"deploy": {"resources": {"reservations": {"devices": [{"capabilities": ["gpu"]}]}}}}, ["gpu"]),
    ({"security_opt": ["seccomp:unconfined", "apparmor=unconfined", "label:disable"]},
     ["security_opt:seccomp:unconfined", "security_opt:apparmor=unconfined", "security_opt:label:disable"]),
    ({"sysctls": {"net.core.somaxconn": "1"}}, ["sysctl:net.core.somaxconn"]),
    ({"logging": {"driver": "syslog"}}, ["log_driver:syslog"]),
    (bound("/var/run/docker.sock"), ["docker_socket"]), (bound("//run//docker.sock"), ["docker_socket"]),
    (bound("/opt/../run/docker.sock"), ["docker_socket"]),
    (bound("/run/containerd/containerd.sock"), ["docker_socket"]),
    (bound("/run/podman/podman.sock"), ["docker_socket"]),
    (bound("/"), ["docker_socket", "host_path:/"]), (bound("/var/run/"), ["docker_socket", "host_path:/var/run"]),
    (bound("/var"), ["docker_socket", "host_path:/var"]), (bound("/var/lib"), ["host_path:/var/lib"]),
    (bound("/runner"), ["host_path:/runner"]), (bound("/run/docker.sockets"), ["host_path:/run/docker.sockets"]),
    (bound(f"{FOLDER}/../other/data"), ["host_path:/tmp/other/data"]), (bound(f"{FOLDER}2"), ["host_path:/tmp/app2"]),
    (bound(f"{FOLDER}/a/../../etc"), ["host_path:/tmp/etc"])])
def test_what_a_service_needs_a_permission_for(service: Mapping[str, Any], expected: list[str]) -> None:
    assert words(a_model(service)) == expected


@pytest.mark.parametrize(("parts", "expected"), [
    ({"volumes": {"d": {"name": "other_data"}}}, ["external_volume:other_data"]),
    ({"volumes": {"d": {"name": "app_d", "external": True}}}, ["external_volume:app_d"]),
    ({"volumes": {"d": {"name": "app_d", "driver_opts": {"type": "none", "o": "bind", "device": "/srv/../etc"}}}},
     ["host_path:/etc"]),
    ({"volumes": {"d": {"name": "app_d", "driver_opts": {"type": "tmpfs", "o": "ro, rbind", "device": "/"}}}},
     ["docker_socket", "host_path:/"]),
    ({"networks": {"n": {"name": "other", "external": True}}}, ["external_network:other"]),
    ({"networks": {"default": {"name": "host"}}}, ["host_network"]),
    ({"networks": {"n": {"name": "app_n", "driver": "macvlan"}}}, ["network_driver:macvlan"])])
def test_what_a_project_needs_a_permission_for(parts: Mapping[str, Any], expected: list[str]) -> None:
    assert words(a_model(**parts)) == expected


@pytest.mark.parametrize(("service", "thing"), [
    ({"network_mode": "container:other"}, "network: container:other"), ({"network_mode": "othernet"},
                                                                         "network: othernet"),
    ({"pid": "container:x"}, "pid: container:x"), ({"ipc": "container:x"}, "ipc: container:x"),
    ({"userns_mode": "keep-id"}, "userns: keep-id"),
    ({"labels": {"io.softops.name": "other"}}, "label io.softops.name"),
    ({"labels": {"IO.softops.x": "other"}}, "label IO.softops.x"),
    ({"labels": {"com.docker.compose.project": "other"}}, "label com.docker.compose.project"),
    ({"security_opt": ["seccomp:/etc/shadow"]}, "security_opt seccomp:/etc/shadow"),
    ({"volumes": [{"type": "npipe", "source": "x", "target": "/x"}]}, "a volume of the type npipe"),
    (bound("/~/x"), "the volume /~/x"), (bound("d:/x"), "the volume d:/x"),
    *[(bound(f"{FOLDER}/{name}"), f"the volume ./{name}, which is no plain name right in the app's directory")
      for name in ("data/link", ".env", "previous/y", ".compose.yml.softops", ".x", "previous", "installed",
                   "revision.json", "compose.override.yml", "docker-compose.yml")],
    (bound(FOLDER), "the volume ./, which is no plain name right in the app's directory"),
    ({"deploy": {"foo": 1}}, "deploy.foo"),
    ({"networks": {"n": {"driver_opts": {"a": "b"}}}}, "networks driver_opts")])
def test_what_no_service_is_permitted(service: Mapping[str, Any], thing: str) -> None:
    with pytest.raises(BadRequest) as caught:
        words(a_model(service))
    assert str(caught.value) == (f"app asks for something that can't be permitted (service web): {thing}. "
                                 "Remove it from its catalog entry.")


@pytest.mark.parametrize(("parts", "thing"), [
    ({"volumes": {"d": {"name": "/etc"}}}, "the volume d with the name /etc"),
    ({"volumes": {"d": {"name": "app_d", "driver": "rclone"}}}, "the volume d with the driver rclone or its options"),
    ({"volumes": {"d": {"name": "app_d", "driver_opts": {"x": "y"}}}},
     "the volume d with the driver local or its options"),
    ({"volumes": {"d": {"name": "app_d", "driver_opts": {"type": "ext4", "device": "/dev/sda1"}}}},
     "the volume d with options that mount /dev/sda1"),
    ({"volumes": {"d": {"name": "app_d", "driver_opts": {"type": "none", "o": "bind", "device": "x/../.."}}}},
     "the volume d with options that mount x/../.."),
    ({"volumes": {"d": {"name": "app_d", "labels": {"com.docker.compose.project": "x"}}}},
     "the label com.docker.compose.project of volumes.d"),
    ({"networks": {"n": {"name": "app_n", "driver_opts": {"com.docker.network.bridge.name": "docker0"}}}},
     "the network n with the option com.docker.network.bridge.name"),
    ({"networks": {"n": {"name": "app_n", "config_from": "x"}}}, "networks.n.config_from")])
def test_what_no_project_is_permitted(parts: Mapping[str, Any], thing: str) -> None:
    with pytest.raises(BadRequest) as caught:
        words(a_model(**parts))
    assert str(caught.value) == (f"app asks for something that can't be permitted (service -): {thing}. "
                                 "Remove it from its catalog entry.")


@pytest.mark.parametrize("key", [
    "cgroup_parent", "device_cgroup_rules", "runtime", "credential_spec", "volumes_from", "use_api_socket", "provider",
    "post_start", "pre_stop", "external_links", "isolation", "annotations", "blkio_config", "models", "build",
    "oom_score_adj", "storage_opt", "cpu_rt_runtime", "privilegd"])
def test_a_key_that_is_not_known_as_good_is_refused(key: str) -> None:
    with pytest.raises(BadRequest) as caught:
        words(a_model({key: ["x"]}))
    assert (caught.value.reason, caught.value.params["key"]) == ("COMPOSE_KEY", key)


def test_a_similar_key_is_named() -> None:
    with pytest.raises(BadRequest, match=r"the key privilegd is not allowed \(service web\)\. Remove it, or use: "
                                         r"privileged\."):
        words(a_model({"privilegd": True}))


def test_a_permission_is_declared_first_and_then_accepted() -> None:
    model = a_model({"cap_add": ["NET_ADMIN"], "privileged": True})
    with pytest.raises(BadRequest) as undeclared:
        checked(model, accepted=["capability:NET_ADMIN", "privileged"])
    assert str(undeclared.value) == (
        "app: the service web needs a permission that its catalog entry does not declare. Remove the need, or add to "
        'its software.yml: permissions: ["capability:NET_ADMIN"]')
    both = ["capability:NET_ADMIN", "privileged"]
    with pytest.raises(BadRequest) as refused:
        checked(model, declared=both)
    assert str(refused.value) == (
        "app 1.0 needs permissions that nobody accepted: capability:NET_ADMIN, privileged. If you trust it, repeat "
        "with --accept capability:NET_ADMIN --accept privileged (in the API: acceptPermissions).")
    assert checked(model, declared=both, accepted=[*both, "gpu"]) == ("capability:NET_ADMIN", "privileged")


def test_what_is_declared_and_not_needed_has_to_be_accepted_by_nobody() -> None:
    assert checked(a_model(), declared=["privileged"]) == ()


def test_a_path_covers_what_lies_below_it() -> None:
    with pytest.raises(BadRequest, match="--accept 'host_path:/srv/my data' "):
        checked(a_model(bound("/srv/my data")), declared=["host_path:/srv"])
    model = a_model(bound("/srv/data/web"))
    for granted in ("host_path:/srv/data/web", "host_path:/srv/data", "host_path:/srv/", "host_path:/"):
        assert checked(model, declared=[granted], accepted=[granted]) == ("host_path:/srv/data/web",)
    for granted in ("host_path:/srv/dat", "host_path:/srv/data/web/x", "host_path:/srv/data/../other"):
        with pytest.raises(BadRequest):
            checked(model, declared=[granted], accepted=[granted])


def test_a_declared_path_may_be_the_value_of_a_parameter() -> None:
    declared = ["host_path:${DIR}/web"]
    assert checked(a_model(bound("/srv/web")), declared=declared, accepted=["host_path:/srv/web"], DIR="/srv") == (
        "host_path:/srv/web",)
    with pytest.raises(BadRequest, match="nobody accepted: host_path:/etc/web"):
        checked(a_model(bound("/etc/web")), declared=declared, DIR="/etc")
    with pytest.raises(BadRequest, match=re.escape('permissions: ["docker_socket"]')):
        checked(a_model(bound("/")), declared=["host_path:${DIR}"], DIR="/")


def test_the_socket_is_never_covered_by_a_path() -> None:
    with pytest.raises(BadRequest, match="docker_socket"):
        checked(a_model(bound("/run/docker.sock")), declared=["host_path:/"], accepted=["host_path:/"])


@pytest.mark.parametrize("word", ["privileged", "host_pid", "docker_socket", "gpu", "capability:NET_ADMIN",
                                  "device:/dev/kvm", "sysctl:net.a.b", "host_path:/srv/my data", "host_path:${DIR}/x"])
def test_words_that_can_be_declared(word: str) -> None:
    assert re.fullmatch(PERMISSION, word)


@pytest.mark.parametrize("word", ["", "all", "host_path:srv", "host_path:", "capability:net_admin", "privileged ",
                                  "device:", "host_path:/a\nb", "network_mode:host"])
def test_other_words_are_none(word: str) -> None:
    assert not re.fullmatch(PERMISSION, word)


def test_every_demand_can_be_declared() -> None:
    for path in ("/", "/var/run", "/srv", "/run/docker.sock"):
        assert all(re.fullmatch(PERMISSION, word) for word in host_path(path))


@pytest.mark.parametrize("parts", [
    {"other": {"volumes": [{"type": "bind", "source": "/srv/a", "target": "/a"}]}},
    {"volumes": {"d": {"name": "app_d", "driver_opts": {"type": "none", "o": "bind", "device": "/srv/a"}}}}])
def test_a_path_below_one_that_a_container_writes_to_is_refused(parts: Mapping[str, Any]) -> None:
    volumes = parts.get("volumes", {})
    services = {"web": {"image": "app:1.0", **bound("/srv/a/link")}} | {
        name: service for name, service in parts.items() if name != "volumes"}
    model = {"name": "app", "services": services, "volumes": volumes}
    with pytest.raises(BadRequest, match="the volume /srv/a/link inside /srv/a, where a container may put a link"):
        checked(model, declared=["host_path:/srv/a"], accepted=["host_path:/srv/a"])


def test_a_path_below_one_that_is_only_read_is_fine() -> None:
    mounts = [{"type": "bind", "source": "/srv/a", "target": "/a", "read_only": True},
              {"type": "bind", "source": "/srv/a/b", "target": "/b"}]
    assert checked(a_model({"volumes": mounts}), declared=["host_path:/srv/a"], accepted=["host_path:/srv/a"]) == (
        "host_path:/srv/a", "host_path:/srv/a/b")
