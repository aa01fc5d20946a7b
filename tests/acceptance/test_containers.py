"""Containers on real servers: what is done to them by hand shows, with logs and numbers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.acceptance.conftest import Shell, read_until
from tests.demo.serving import Serving
from tests.fleet import Fleet, Server
from tests.waiting import wait_until

Row = Mapping[str, Any]
NOISE = "i=0; while :; do i=$((i+1)); echo line $i; printf 'odd\\033[31m\\377\\n' >&2; sleep 0.1; done"


@pytest.fixture(scope="module")
def image(fleet: Fleet) -> str:
    fleet.registry.push("contained", "1.0", layers=[1000])
    return f"{fleet.registry.host}/contained:1.0"


@contextmanager
def container(server: Server, name: str, image: str, *command: str, options: tuple[str, ...] = ()) -> Iterator[None]:
    """A container of the software NAME on a server."""
    labels = ("--label", f"io.softops.name={name}", "--label", "io.softops.version=1.0")
    server.docker("run", "-d", "--name", name, *labels, *options, image, *command)
    try:
        yield
    finally:
        server.docker("rm", "-f", name)


def api(softops: Serving, path: str, **query: object) -> Any:
    answer = httpx.get(f"{softops.url}/api/system/soft{path}", params={key: str(value) for key, value in query.items()},
                       trust_env=False, timeout=60).json()
    assert answer["code"] == 200, answer
    return answer["data"]


def seen(softops: Serving, name: str) -> Row | None:
    """The row of a container without the prefix of its fields."""
    rows = api(softops, "/container/page", name=name)["records"]
    return {key.removeprefix("systemSoftContainer"): value for key, value in rows[0].items()} if rows else None


def wait_for_state(softops: Serving, name: str, state: str) -> Row:
    wait_until(lambda: (seen(softops, name) or {}).get("State") == state)
    found = seen(softops, name)
    assert found is not None
    return found


@contextmanager
def listening(softops: Serving, query: str) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{softops.port}/socket.io?{query}", proxy=None) as socket:
        assert json.loads(socket.recv(10))["type"] == "subscribed"
        yield socket


def messages(socket: ClientConnection, kind: str, name: str = "") -> Iterator[Row]:
    while True:
        message = json.loads(socket.recv(20))
        if message["type"] == kind and name in {"", message.get("name")}:
            yield message


def test_a_container_killed_by_hand_shows_within_two_seconds(fleet: Fleet, softops: Serving, image: str) -> None:
    server = fleet.servers[0]
    with container(server, "killed", image, options=("-p", "18001:80")):
        running = wait_for_state(softops, "killed", "running")
        assert running["Ports"] == [{"hostIp": "0.0.0.0", "hostPort": 18001, "containerPort": 80, "protocol": "tcp"}]
        assert (running["ServerName"], running["SoftName"], running["Version"], running["Current"]) == (
            server.name, "killed", "1.0", True)
        assert running["Uptime"] is not None
        with listening(softops, "containers=true") as socket:
            news = messages(socket, "container_state", "killed")
            assert next(news)["state"] == "running"
            server.docker("kill", "killed")
            message = next(message for message in news if message["state"] == "exited")
        assert (message["exitCode"], message["current"]) == (137, True)
        assert 0 <= message["at"] - message["engineTime"] < 2
        dead = wait_for_state(softops, "killed", "exited")
        assert (dead["ExitCode"], dead["Uptime"], dead["Ports"]) == (137, None, [])
    wait_until(lambda: seen(softops, "killed") is None)


def test_what_nobody_can_see_is_not_claimed(fleet: Fleet, softops: Serving, image: str) -> None:
    server = fleet.servers[1]
    with container(server, "unseen", image):
        wait_for_state(softops, "unseen", "running")
        server.engine.kill()
        try:
            wait_until(lambda: not (seen(softops, "unseen") or {"Current": True})["Current"])
            wait_until(lambda: api(softops, "/server/page", name=server.name)["records"][0]["status"] == "OFFLINE")
            lost = seen(softops, "unseen")
            assert lost is not None
            assert (lost["State"], lost["Current"], lost["Uptime"]) == ("running", False, None)
        finally:
            server.engine.start()
        wait_until(lambda: bool((seen(softops, "unseen") or {}).get("Current")), timeout=60)
        wait_until(lambda: api(softops, "/server/page", name=server.name)["records"][0]["status"] == "ONLINE")


def test_a_storm_of_events_is_told_calmly_and_ends_in_the_truth(fleet: Fleet, softops: Serving, image: str) -> None:
    server = fleet.servers[0]
    with container(server, "stormy", image), listening(softops, "containers=true") as socket:
        wait_for_state(softops, "stormy", "running")
        began = time.monotonic()
        server.run("sh", "-c", "for i in $(seq 40); do docker pause stormy; docker unpause stormy; done >/dev/null")
        took = time.monotonic() - began
        server.docker("kill", "stormy")
        told = 0
        for message in messages(socket, "container_state", "stormy"):
            told += 1
            if message["state"] == "exited":
                break
        assert told < 10 + 5 * took
        assert wait_for_state(softops, "stormy", "exited")["Current"]


def test_a_log_has_its_lines_whatever_bytes_they_hold(fleet: Fleet, softops: Serving, image: str) -> None:
    with container(fleet.servers[0], "noisy", image, "sh", "-c", NOISE):
        number = wait_for_state(softops, "noisy", "running")["Id"]
        wait_until(lambda: len(api(softops, f"/container/{number}/log")["lines"]) > 6)
        lines = api(softops, f"/container/{number}/log", tail=4)["lines"]
        assert len(lines) == 4
        assert {line["text"] for line in lines if line["stream"] == "stderr"} == {"odd\x1b[31m\ufffd"}
        with listening(softops, f"containerLog={number}&tail=2") as socket:
            told = messages(socket, "container_log")
            first = next(told)
            assert 2 <= len(first["lines"]) < 10
            texts = [line["text"] for line in (*first["lines"], *next(told)["lines"], *next(told)["lines"])]
            numbers = [int(text[5:]) for text in texts if text.startswith("line")]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            fleet.servers[0].docker("kill", "noisy")
            assert next(message for message in told if message["ended"])["containerId"] == number


def test_a_flood_of_lines_is_told_as_a_number(fleet: Fleet, softops: Serving, image: str) -> None:
    with container(fleet.servers[0], "flooding", image, "sh", "-c", "yes"):
        number = wait_for_state(softops, "flooding", "running")["Id"]
        with listening(softops, f"containerLog={number}&tail=0") as socket:
            told = messages(socket, "container_log")
            began, lines, skipped = time.monotonic(), 0, 0
            while time.monotonic() - began < 2:
                message = next(told)
                lines, skipped = lines + len(message["lines"]), skipped + message["skipped"]
        assert lines < 4500
        assert skipped > lines


def test_numbers_and_details_tell_no_secret(fleet: Fleet, softops: Serving, image: str) -> None:
    with container(fleet.servers[0], "used", image, options=("-e", "PASSWORD=hidden-words", "-m", "64m")):
        number = wait_for_state(softops, "used", "running")["Id"]
        one = api(softops, f"/container/{number}/stats")
        assert (one["memoryLimit"], one["processes"], one["error"]) == (64 * 1024 * 1024, 1, None)
        assert 0 <= one["cpuPercent"] < 100
        assert [row["name"] for row in api(softops, "/container/stats", name="used")] == ["used"]
        detail = api(softops, f"/container/{number}")
        assert detail["systemSoftContainerDetail"]["environment"]["PASSWORD"] == "***"
        assert "hidden-words" not in str(detail)


def test_the_commands_show_the_same(fleet: Fleet, softops: Serving, shell: Shell, image: str) -> None:
    server = fleet.servers[2]
    with container(server, "shown", image, "sh", "-c", NOISE, options=("-p", "18002:80")):
        wait_for_state(softops, "shown", "running")
        listed = shell("ps", "shown", "--server", server.name)
        assert [part in listed.out for part in (server.name, "shown", "running", "18002->80")] == [True] * 4
        (row,) = shell("ps", "shown", "--json").document
        assert row["systemSoftContainerState"] == "running"
        log = shell("logs", "shown", "-s", server.name, "--tail", "4")
        assert (log.code, len(log.out.splitlines()), "\x1b" in log.out) == (0, 4, False)
        follower = shell.begin("logs", "shown", "-f", "--tail", "1")
        try:
            read_until(follower, "line ")
            server.docker("kill", "shown")
            _, errors = follower.communicate(timeout=30)
        finally:
            follower.kill()
        assert (follower.returncode, errors) == (0, "")
        assert "exited (137)" in shell("ps", "shown").out
        assert "PATH=***" in shell("inspect", "shown").out
        assert shell("stats", "shown").out.strip() == "No containers match."
        missing = shell("logs", "nothing")
        assert (missing.code, "nothing" in missing.err) == (2, True)


def test_without_a_server_the_commands_look_themselves(fleet: Fleet, softops: Serving, shell: Shell,
                                                       image: str) -> None:
    environment = {name: value for name, value in shell.environment.items() if name != "SOFTOPS_URL"}
    # A port at which nobody listens.
    environment |= {"SOFTOPS_VAR": str(softops.directory / "alone"), "SOFTOPS_PORT": "1"}
    with container(fleet.servers[0], "looked", image):
        ended = Shell(environment=environment)("ps", "looked", "--json")
        (row,) = ended.document
        assert (row["systemSoftContainerState"], row["systemSoftContainerCurrent"]) == ("running", True)
