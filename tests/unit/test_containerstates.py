"""containerstates.py: what an engine says of a container, whatever it says."""

from datetime import datetime
from typing import Any

import pytest

from softops.containerstates import ContainerState, container_state, moment, outline

SAID: dict[str, Any] = {
    "Id": "4a63", "Name": "/nginx-web-1", "RestartCount": 2,
    "Config": {"Image": "nginx:1.21.0", "Labels": {
        "io.softops.name": "nginx", "io.softops.version": "1.21.0", "com.docker.compose.service": "web"}},
    "State": {"Status": "running", "ExitCode": 0, "OOMKilled": False, "StartedAt": "2024-01-01T10:05:00.123456789Z",
              "Health": {"Status": "healthy"}},
    "NetworkSettings": {"Ports": {"443/tcp": None, "53/udp": [{"HostIp": "127.0.0.1", "HostPort": "5353"}],
                                  "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}}}


def test_a_running_container() -> None:
    assert container_state(SAID) == ContainerState(
        engine_id="4a63", name="nginx-web-1", soft_name="nginx", service="web", version="1.21.0",
        docker_image="nginx:1.21.0", state="running", health="healthy", exit_code=None, oom_killed=False, restarts=2,
        ports=({"hostIp": "127.0.0.1", "hostPort": 5353, "containerPort": 53, "protocol": "udp"},
               {"hostIp": "0.0.0.0", "hostPort": 8080, "containerPort": 80, "protocol": "tcp"}),
        start_time=datetime(2024, 1, 1, 10, 5))  # noqa: DTZ001


def test_a_killed_container_has_an_exit_code() -> None:
    state = container_state({**SAID, "State": {"Status": "exited", "ExitCode": 137, "OOMKilled": True}})
    assert state is not None
    assert (state.state, state.exit_code, state.oom_killed, state.health, state.start_time) == (
        "exited", 137, True, None, None)


@pytest.mark.parametrize("said", [{}, {"Id": "1"}, {"Id": "1", "Config": {"Labels": None}}, {"Config": SAID["Config"]},
                                  {"Id": "1", "Config": {"Labels": {"io.softops.name": ""}}}, {"Id": 7, "Config": 3}])
def test_what_is_not_of_softops_is_left_alone(said: dict[str, Any]) -> None:
    assert container_state(said) is None


def test_foreign_words_fit_and_steer_no_terminal() -> None:
    odd = {"Id": "x" * 100, "Name": "/a\x1b[31m\u202eb", "State": {"Status": "odd", "Health": {"Status": []}},
           "Config": {"Image": 5, "Labels": {"io.softops.name": "n" * 1000, "io.softops.version": ["1"]}},
           "RestartCount": 10**30, "NetworkSettings": {"Ports": {"x/y/z": [{"HostPort": "99999999"}, 7]}}}
    state = container_state(odd)
    assert state is not None
    assert (len(state.engine_id), state.name, state.state, state.health, state.docker_image, len(state.soft_name),
            state.version, state.restarts) == (64, "a\ufffd[31m\ufffdb", "dead", None, "", 255, "", 0)
    assert [port["hostPort"] for port in state.ports] == [None, None]


@pytest.mark.parametrize(("text", "when"), [
    ("2024-01-01T10:05:00Z", (10, 5)), ("2024-01-01T10:05:00.999999999Z", (10, 5)),
    ("2024-01-01T12:05:00.5+02:00", (10, 5)), ("0001-01-01T00:00:00Z", None), ("2024-13-01T00:00:00Z", None),
    ("", None), (None, None), (17, None)])
def test_times_of_engines(text: object, when: tuple[int, int] | None) -> None:
    assert moment(text) == (datetime(2024, 1, 1, *when) if when else None)  # noqa: DTZ001


def test_only_news_changes_an_outline() -> None:
    listed = {"State": "running", "Status": "Up 5 seconds (healthy)", "Names": ["/a"], "Ports": [], "Labels": {}}
    assert outline(listed) == outline({**listed, "Status": "Up 3 days (healthy)"})
    assert outline(listed) != outline({**listed, "Status": "Up 3 days (unhealthy)"})
    gone = {**listed, "State": "exited", "Status": "Exited (137) 2 seconds ago"}
    assert outline(gone) == outline({**gone, "Status": "Exited (137) 2 days ago"})
    assert outline(gone) != outline({**gone, "Status": "Exited (0) 2 days ago"})
