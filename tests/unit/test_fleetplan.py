"""fleetplan.py: from wishes, apps, images and containers to steps with reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softops.desired import desire_of
from softops.drift import services_of
from softops.entities import App, Container, Revision, Server, SoftImage
from softops.errors import NotFound, SoftopsError
from softops.fleetplan import Facts, FleetPlan, ServerPlan, plan_fleet
from softops.statuses import AppState, ImageStatus
from softops.texts import TEXTS
from tests.factories import COMMIT, NOW

WEB1 = Server(id=1, name="web1", address="web1")
PORT = {"name": "HTTP_PORT", "type": "port", "default": 80}
COMPOSE = "services: {nginx: {image: nginx, restart: unless-stopped}}"


def an_image(name: str = "nginx", version: str = "1.0", **changes: Any) -> SoftImage:
    entry = {"name": name, "version": {"image": f"{name}:{version}"}, "params": [PORT], **changes.pop("entry", {})}
    values: dict[str, Any] = {
        "id": 7, "docker_image": f"{name}:{version}", "description": "", "status": ImageStatus.AVAILABLE,
        "repository_id": 1, "commit": COMMIT, "size": 1000, "create_time": NOW, "update_time": NOW}
    return SoftImage(name=name, version=version, entry=entry, **{**values, **changes})


def an_app(name: str = "nginx", **changes: Any) -> App:
    values: dict[str, Any] = {
        "server_id": 1, "server_name": "web1", "state": AppState.RUNNING, "soft_id": 7, "version": "1.0",
        "docker_image": f"{name}:1.0", "digest": None, "commit": COMMIT, "parameters": {"HTTP_PORT": 80},
        "revision": 1, "managed": True, "record_id": 1, "previous_record_id": None, "update_time": NOW}
    return App(name=name, **{**values, **changes})


def a_revision(entry: dict[str, Any] | None = None, compose: str = COMPOSE) -> Revision:
    return Revision(server_id=1, name="nginx", number=1, record_id=1, soft_id=7, version="1.0", digest=None,
                    docker_image="nginx:1.0", commit=COMMIT, repository="catalog", parameters={}, compose=compose,
                    entry=an_image().entry if entry is None else entry, create_time=NOW)


def a_container(**changes: Any) -> Container:
    values: dict[str, Any] = {
        "id": 1, "server_id": 1, "server_name": "web1", "engine_id": "e1", "name": "nginx-nginx-1",
        "soft_name": "nginx", "service": "nginx", "version": "1.0", "docker_image": "nginx:1.0", "state": "running",
        "health": None, "exit_code": None, "oom_killed": False, "restarts": 0, "ports": (), "start_time": NOW,
        "update_time": NOW}
    return Container(**{**values, **changes})


def planned(wanted: Any, *apps: App, images: tuple[SoftImage, ...] = (), revision: Revision | None = None,
            containers: tuple[Container, ...] | None = None, **facts: Any) -> ServerPlan:
    """The plan of web1, whose variable softops_apps is `wanted`."""
    known: dict[tuple[str, str, str | None], SoftImage | SoftopsError] = {
        (one.name, one.version, None): one for one in images or (an_image(), an_image(version="2.0"))}
    desire = desire_of("web1", {"softops_apps": wanted})
    for wish in desire.wishes:
        known.setdefault((wish.name, wish.version, wish.repository),
                         NotFound("SOFTWARE_NAME_NOT_FOUND", name=wish.name, choices="nginx"))
    given = Facts(apps={1: apps}, images=known, revisions={(1, "nginx"): revision or a_revision()},
                  containers={} if containers is None else {1: containers}, **facts)
    (server,) = plan_fleet([WEB1], {"web1": desire}, given).servers
    for step in server.steps:
        for why in step.reasons:
            assert why.reason in TEXTS
            assert "{" not in why.text("zh") + why.text("en")
    return server


def outline(server: ServerPlan) -> list[tuple[str, str, str, list[str]]]:
    return [(step.software, step.kind.value, step.operation, [why.reason for why in step.reasons])
            for step in server.steps]


NGINX = {"nginx": {"version": "1.0"}}


def test_what_is_as_wanted_needs_nothing() -> None:
    assert planned(NGINX, an_app(), containers=(a_container(),)) == ServerPlan(
        server=WEB1, settled=("nginx",), seen=True)


def test_a_host_that_says_nothing_is_not_in_the_plan() -> None:
    facts = Facts(apps={1: (an_app(),)}, images={})
    assert plan_fleet([WEB1], {"web1": desire_of("web1", {})}, facts) == FleetPlan(servers=())
    assert plan_fleet([WEB1], {}, facts) == FleetPlan(servers=())


@pytest.mark.parametrize(("wanted", "app", "step"), [
    (NGINX, None, ("create", "start", ["NOT_THERE"])),
    (NGINX, an_app(revision=None, state=AppState.INSTALLED), ("create", "start", ["NEVER_STARTED"])),
    ({"nginx": {"version": "2.0"}}, an_app(), ("recreate", "upgrade", ["OTHER_VERSION"])),
    ({"nginx": {"version": "1.0", "parameters": {"HTTP_PORT": 81}}}, an_app(),
     ("recreate", "start", ["PARAMETERS_CHANGED"])),
    ({"nginx": {"version": "1.0"}}, an_app(parameters={"HTTP_PORT": 81}),
     ("recreate", "start", ["PARAMETERS_CHANGED"])),
    (NGINX, an_app(state=AppState.STOPPED), ("start", "start", ["APP_STOPPED"])),
    ({"nginx": {"version": "1.0", "state": "stopped"}}, an_app(), ("stop", "stop", ["WANTED_STOPPED"])),
    ({"nginx": {"state": "absent"}}, an_app(managed=False), ("remove", "remove", ["WANTED_ABSENT"])),
    ({}, an_app(), ("remove", "remove", ["UNWANTED"])),
])
def test_what_differs_becomes_a_step_with_its_reason(wanted: Any, app: App | None,
                                                     step: tuple[str, str, list[str]]) -> None:
    assert outline(planned(wanted, *([app] if app else []))) == [("nginx", *step)]


@pytest.mark.parametrize(("wanted", "app"), [
    ({"nginx": {"version": "1.0", "state": "stopped"}}, None),
    ({"nginx": {"version": "2.0", "state": "stopped"}}, an_app(state=AppState.STOPPED)),
    ({"nginx": {"version": "1.0", "state": "stopped"}}, an_app(state=AppState.INSTALLED, revision=None)),
    ({"nginx": {"state": "absent"}}, None),
    ({"nginx": {"version": "1.0", "parameters": {"HTTP_PORT": "80"}}}, an_app()),
    ({"nginx": {"version": "1.0"}}, an_app(parameters={})),
])
def test_what_only_looks_different_needs_nothing(wanted: Any, app: App | None) -> None:
    assert outline(planned(wanted, *([app] if app else []))) == []


def test_what_is_there_by_hand_is_shown_and_left_alone() -> None:
    assert planned({}, an_app(managed=False)) == ServerPlan(server=WEB1, unmanaged=("nginx",))


def test_what_is_there_by_hand_and_listed_is_adopted() -> None:
    assert planned(NGINX, an_app(managed=False)).adopted == ("nginx",)


def test_a_change_of_the_catalog_counts_only_where_the_software_runs_differently() -> None:
    changed = an_image(commit="beef" * 10, entry={"service": {"ports": ["80:80"]}})
    words = an_image(commit="beef" * 10, entry={"description": "new words"})
    assert outline(planned(NGINX, an_app(), images=(changed,))) == [
        ("nginx", "recreate", "start", ["CATALOG_CHANGED"])]
    assert outline(planned(NGINX, an_app(), images=(words,))) == []


MISSING = ("services: {nginx: {restart: always, depends_on: {job: {condition: service_completed_successfully}}}, "
           "job: {image: x}}")
ONCE = "services: {nginx: {image: nginx}}"


@pytest.mark.parametrize(("containers", "compose", "step"), [
    ((), COMPOSE, ("create", ["CONTAINER_MISSING"])),
    ((), "", ("create", ["CONTAINER_MISSING"])),
    ((a_container(state="exited", exit_code=0),), COMPOSE, ("start", ["CONTAINER_STOPPED"])),
    ((a_container(state="exited", exit_code=0),), ONCE, ("start", ["CONTAINER_STOPPED"])),
    ((a_container(state="paused"),), COMPOSE, ("start", ["CONTAINER_STOPPED"])),
    ((a_container(version="0.9"),), COMPOSE, ("recreate", ["CONTAINER_OTHER"])),
    ((a_container(),), MISSING, ("create", ["CONTAINER_MISSING"])),
    ((a_container(), a_container(service="job", state="exited", exit_code=0)), MISSING, None),
    ((a_container(), a_container(service="job", state="exited", exit_code=1)), MISSING,
     ("start", ["CONTAINER_STOPPED"])),
    ((a_container(soft_name="redis", state="exited"), a_container()), COMPOSE, None),
    (None, COMPOSE, None),
])
def test_drift_of_containers_is_seen(containers: tuple[Container, ...] | None, compose: str,
                                     step: tuple[str, list[str]] | None) -> None:
    found = planned(NGINX, an_app(), containers=containers, revision=a_revision(compose=compose))
    assert [(one.kind.value, [why.reason for why in one.reasons]) for one in found.steps] == ([step] if step else [])
    assert all(one.drifted for one in found.steps)


def test_a_container_that_runs_although_it_shall_not_is_stopped() -> None:
    wanted = {"nginx": {"version": "1.0", "state": "stopped"}}
    app = an_app(state=AppState.STOPPED)
    assert outline(planned(wanted, app, containers=(a_container(),))) == [
        ("nginx", "stop", "stop", ["CONTAINER_RUNS"])]
    assert outline(planned(wanted, app, containers=(a_container(state="exited"),))) == []


def test_an_app_that_was_changed_only_now_has_no_drift_yet() -> None:
    assert outline(planned(NGINX, an_app(), containers=(), settling=frozenset({(1, "nginx")}))) == []


def test_a_step_that_was_healed_too_often_says_so() -> None:
    (step,) = planned(NGINX, an_app(), containers=(), flapping=frozenset({(1, "nginx")})).steps
    assert step.flapping


@pytest.mark.parametrize(("app", "image", "download"), [
    (None, an_image(), 1000), (None, an_image(size=None), None),
    (None, an_image(entry={"composeTemplate": "x"}), None),
    (an_app(revision=None, state=AppState.INSTALLED), an_image(), 0),
    (an_app(version="0.9"), an_image(), None),
    (an_app(state=AppState.STOPPED), an_image(), 0),
])
def test_what_has_to_be_pulled_is_known_or_unknown_and_never_guessed(app: App | None, image: SoftImage,
                                                                     download: int | None) -> None:
    (step,) = planned(NGINX, *([app] if app else []), images=(image,)).steps
    assert step.download == download


SECRET = {"name": "PASSWORD", "type": "secret"}


@pytest.mark.parametrize(("wanted", "image", "app", "where", "reason"), [
    ({"redis": {"version": "1"}}, an_image(), None, "softops_apps.redis.version", "SOFTWARE_NAME_NOT_FOUND"),
    (NGINX, an_image(status=ImageStatus.RETIRED), None, "softops_apps.nginx.version", "SOFTWARE_RETIRED"),
    ({"nginx": {"version": "1.0", "parameters": {"HTTP_PORT": "many"}}}, an_image(), None,
     "softops_apps.nginx.parameters.HTTP_PORT", "PARAMETER_WANTS_INT"),
    ({"nginx": {"version": "1.0", "parameters": {"PORT": 1}}}, an_image(), None,
     "softops_apps.nginx.parameters.PORT", "PARAMETER_UNKNOWN"),
    ({"nginx": {"version": "1.0", "parameters": {"PASSWORD": "x"}}}, an_image(entry={"params": [SECRET]}), None,
     "softops_apps.nginx.parameters.PASSWORD", "DESIRED_SECRET"),
    (NGINX, an_image(entry={"params": [SECRET]}), None, "softops_apps.nginx.parameters", "DESIRED_SECRET_MISSING"),
    (NGINX, an_image(entry={"requires": ["redis"]}), None, "softops_apps.nginx", "DESIRED_REQUIRES"),
])
def test_what_can_not_be_granted_leaves_the_host_alone(wanted: Any, image: SoftImage, app: App | None, where: str,
                                                       reason: str) -> None:
    found = planned({**wanted, "other": {"state": "absent"}}, an_app("other"), images=(image,))
    assert [(problem.host, problem.variable, problem.reason) for problem in found.problems] == [
        ("web1", where, reason)]
    assert found.steps == ()


def test_all_problems_of_a_host_are_told_at_once() -> None:
    image = an_image(entry={"params": [PORT, SECRET, {"name": "HOST", "type": "string"}]})
    found = planned({
        "Bad": {"version": "1.0"}, "redis": {"version": "1"}, "other": {"version": "1.0", "parameters": {"A": "x"}},
        "nginx": {"version": "1.0", "paramters": {}, "parameters": {"PORT": 1, "HTTP_PORT": "many", "PASSWORD": "x",
                                                                      "HOST": {"__ansible_vault": "x"}}},
        "unread": {"version": 1.1, "parameters": {"B": 1}}},
        images=(image, an_image("other", entry={"requires": ["unread"]})))
    assert [(problem.variable, problem.reason) for problem in found.problems] == [
        ("softops_apps.Bad", "DESIRED_NAME"), ("softops_apps.nginx.paramters", "DESIRED_KEY"),
        ("softops_apps.nginx.parameters.HOST", "DESIRED_VAULT"),
        ("softops_apps.unread.version", "DESIRED_VERSION_NUMBER"),
        ("softops_apps.nginx.parameters.PASSWORD", "DESIRED_SECRET"),
        ("softops_apps.nginx.parameters.PORT", "PARAMETER_UNKNOWN"),
        ("softops_apps.nginx.parameters.HTTP_PORT", "PARAMETER_WANTS_INT"),
        ("softops_apps.other.parameters.A", "PARAMETER_UNKNOWN"),
        ("softops_apps.redis.version", "SOFTWARE_NAME_NOT_FOUND")]
    assert found.steps == ()


def test_a_version_that_left_the_catalog_may_stay_where_it_is() -> None:
    retired = an_image(status=ImageStatus.RETIRED)
    assert outline(planned(NGINX, an_app(), images=(retired,))) == []


def test_a_secret_that_is_kept_needs_no_value() -> None:
    image = an_image(entry={"params": [SECRET]})
    assert outline(planned(NGINX, an_app(parameters={}), images=(image,), revision=a_revision(image.entry))) == []


@pytest.mark.parametrize(("kept", "missing"), [({"PASSWORD"}, []), ({"TOKEN"}, ["PASSWORD"])])
def test_a_secret_that_outlived_a_removal_needs_no_value(kept: set[str], missing: list[str]) -> None:
    image = an_image(entry={"params": [SECRET]})
    found = planned(NGINX, images=(image,), secrets={(1, "nginx"): frozenset(kept)})
    assert [problem.params["name"] for problem in found.problems] == missing
    assert outline(found) == ([] if missing else [("nginx", "create", "start", ["NOT_THERE"])])


def test_removals_come_first_and_what_is_required_before_what_requires_it() -> None:
    shop = an_image("a-shop", entry={"requires": ["cache"]})
    cache = an_image("cache", entry={"requires": ["store"]})
    store = an_image("store", entry={"requires": ["a-shop"]})
    wanted = {name: {"version": "1.0"} for name in ("a-shop", "cache", "store")}
    found = planned(wanted, an_app("zebra"), images=(shop, cache, store))
    assert [step.software for step in found.steps] == ["zebra", "store", "cache", "a-shop"]


def test_what_runs_by_hand_is_good_enough_for_what_requires_it() -> None:
    shop = an_image("shop", entry={"requires": ["cache"]})
    found = planned({"shop": {"version": "1.0"}}, an_app("cache", managed=False), images=(shop,))
    assert outline(found) == [("shop", "create", "start", ["NOT_THERE"])]


def test_the_parameters_of_a_step_are_all_that_are_in_force() -> None:
    (step,) = planned({"nginx": {"version": "2.0", "parameters": {}}}, an_app()).steps
    assert (step.parameters, step.from_version) == ({"HTTP_PORT": 80}, "1.0")


def test_a_boolean_is_not_the_number_that_python_takes_it_for() -> None:
    image = an_image(entry={"params": [{"name": "ON", "type": "bool", "default": True}]})
    app = an_app(parameters={"ON": 1})
    assert outline(planned(NGINX, app, images=(image,), revision=a_revision(image.entry))) == [
        ("nginx", "recreate", "start", ["PARAMETERS_CHANGED"])]


@pytest.mark.parametrize("compose", ["", "}{", "services: 5", "[1]", "services: {a: 5}", "services: {a: {restart: 1}}"])
def test_a_compose_file_that_is_none_is_no_error(compose: str) -> None:
    assert set(services_of(compose)) <= {"a"}


def test_only_keeps_the_named_servers() -> None:
    other = replace(WEB1, id=2, name="web2")
    desires = {name: desire_of(name, {"softops_apps": {}}) for name in ("web1", "web2")}
    plan = plan_fleet([other, WEB1], desires, Facts(apps={}, images={}))
    assert [one.server.name for one in plan.servers] == ["web1", "web2"]
    assert [one.server.name for one in plan.only(frozenset({2})).servers] == ["web2"]
