"""Whether containers are well, from what engines say."""

from __future__ import annotations

from typing import Any

import pytest

from softops.verdicts import listed_of, look_of, of_project, one_time_tasks, told_status, trouble

SERVICE = "com.docker.compose.service"
PROJECT = "com.docker.compose.project"


def inspected(status: str = "running", *, exit_code: int = 0, restarts: int = 0, oom: bool = False,
              health: str | None = None, words: str = "") -> dict[str, Any]:
    state: dict[str, Any] = {"Status": status, "ExitCode": exit_code, "OOMKilled": oom, "StartedAt": "2024"}
    if health:
        state["Health"] = {"Status": health, "Log": [{"Output": "first"}, {"Output": words}]}
    return {"Id": "c1", "Name": "/app-web-1", "State": state, "RestartCount": restarts,
            "Config": {"Labels": {SERVICE: "web"}}}


@pytest.mark.parametrize(("said", "tasks", "reason"), [
    (inspected(), (), None),
    (inspected(health="starting"), (), None),
    (inspected(health="healthy"), (), None),
    (inspected("created"), (), None),
    (inspected("exited"), ("web",), None),
    (inspected("exited"), (), "CONTAINER_EXITED"),
    (inspected("exited", exit_code=1), ("web",), "CONTAINER_EXITED"),
    (inspected("exited", exit_code=137, oom=True), (), "CONTAINER_OOM"),
    (inspected("dead", exit_code=1), (), "CONTAINER_EXITED"),
    (inspected("restarting", exit_code=1), (), "CONTAINER_RESTARTING"),
    (inspected(restarts=1), (), "CONTAINER_RESTARTING"),
    (inspected(health="unhealthy", words="404"), (), "CONTAINER_UNHEALTHY"),
    (inspected(health="unhealthy", words=" \n"), (), "CONTAINER_UNHEALTHY_SILENT"),
])
def test_trouble_is_named(said: dict[str, Any], tasks: tuple[str, ...], reason: str | None) -> None:
    found = trouble(look_of(said), frozenset(tasks))
    assert (found.reason if found else None) == reason


def test_restarts_from_before_do_not_count() -> None:
    assert trouble(look_of(inspected(restarts=3)), frozenset(), restarts=3) is None


def test_the_last_words_of_a_health_check_are_told() -> None:
    found = trouble(look_of(inspected(health="unhealthy", words="404\n not found")), frozenset())
    assert found is not None
    assert found.params == {"service": "web", "words": "404 not found"}


@pytest.mark.parametrize(("said", "status"), [
    (inspected(), "Started"), (inspected(health="starting"), "Waiting"), (inspected(health="healthy"), "Healthy"),
    (inspected("exited", exit_code=3), "Exited (3)"), (inspected("restarting"), "Restarting")])
def test_a_state_is_told_in_the_words_of_compose(said: dict[str, Any], status: str) -> None:
    assert told_status(look_of(said)) == status


def listed(name: str, state: str = "running", status: str = "Up 2 seconds", **labels: str) -> dict[str, Any]:
    return {"Id": name, "Names": [f"/{name}", f"/other/{name}"], "State": state, "Status": status, "ImageID": "i1",
            "Labels": {PROJECT: "app", SERVICE: name, **{f"com.docker.compose.{key}": value
                                                         for key, value in labels.items()}},
            "Ports": [{"PrivatePort": 80, "PublicPort": 8080, "Type": "tcp", "IP": "0.0.0.0"}, {"PrivatePort": 81}]}


@pytest.mark.parametrize(("state", "status", "well"), [
    ("running", "Up 2 seconds", True), ("running", "Up 2 seconds (healthy)", True),
    ("running", "Up 2 seconds (unhealthy)", False), ("running", "Up 1 second (health: starting)", False),
    ("exited", "Exited (0) 2 seconds ago", False), ("restarting", "Restarting (1) 2 seconds ago", False),
    ("paused", "Up 2 seconds (Paused)", False), ("created", "Created", False)])
def test_a_listed_container_is_well_or_not(state: str, status: str, well: bool) -> None:
    assert listed_of(listed("web", state, status)).well(frozenset()) is well


def test_a_task_that_others_wait_for_may_be_done() -> None:
    containers = [listed_of(listed("init", "exited", "Exited (0) 2 seconds ago")),
                  listed_of(listed("web", depends_on="db:service_healthy:false,"
                                                     "init:service_completed_successfully:true"))]
    tasks = one_time_tasks(containers)
    assert tasks == {"init"}
    assert containers[0].well(tasks)
    assert not listed_of(listed("init", "exited", "Exited (1) 2 seconds ago")).well(tasks)


def test_a_project_is_its_containers_without_those_that_ran_once() -> None:
    containers = [listed_of(one) for one in (
        listed("web"), listed("shell", oneoff="True"), listed("db", oneoff="False"), listed("x", project="other"))]
    assert [one.name for one in of_project(containers, "app")] == ["web", "db"]


def test_a_list_is_read_with_its_ports_and_traits() -> None:
    one = listed_of(listed("web", **{"container-number": "2", "config-hash": "abc"}))
    assert (one.name, one.service, one.trait, one.ports) == ("web", "web-2", "abc i1", (("0.0.0.0", 8080, "tcp"),))
