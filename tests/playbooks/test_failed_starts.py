"""Software that does not come up: what ran before comes back, nothing of others is touched, and the reason is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from softops.events import StageReached, parse_line
from softops.serverfiles import STARTING
from tests.playbooks.apps import QUICK, App, ended, until_serves
from tests.playbooks.conftest import RUN, Played, finished

TALK = ("sh", "-c", "for i in 1 2 3; do echo line $i; done; echo the end >&2; sleep 0.3; exit 3")
SICK = {"test": ["CMD", "false"], "interval": "300ms", "retries": 2}


def failure(played: Played) -> tuple[str, int]:
    end = ended(played)
    assert (end.outcome, end.reason, end.code) == ("failed", *played.failure(end.host))
    return end.reason, end.code


def mine(app: App) -> str:
    return f"{app.name}-{app.name}-1"


def until(true: Callable[[], bool], timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def test_a_broken_version_is_rolled_back_and_the_old_one_still_serves(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0", TALK)
    played = app.run(app.order("2.0"))
    assert failure(played) == ("ROLLED_BACK", 1003)
    end = ended(played)
    assert (end.params["version"], end.params["cause"]) == ("1.0", "CONTAINER_EXITED")
    # Engines read the two streams of a container apart from each other, so their order among themselves is free.
    assert sorted((end.log or "").splitlines()) == ["line 1", "line 2", "line 3", "the end"]
    assert app.serves() == "1.0"
    assert json.loads(app.file("revision.json"))["version"] == "1.0"
    assert app.run(app.order("1.0")).changed == {"web1": False}


def test_an_unhealthy_version_is_rolled_back_long_before_the_patience_ends(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    start = time.monotonic()
    end = ended(app.run(app.order("2.0", service={"healthcheck": SICK}, healthTimeout=90)))
    assert (end.reason, end.params["cause"]) == ("ROLLED_BACK", "CONTAINER_UNHEALTHY_SILENT")
    assert time.monotonic() - start < 30
    assert app.serves() == "1.0"


def test_a_version_whose_image_can_not_be_pulled_never_touches_the_running_one(app: App) -> None:
    app.run(app.order("1.0"))
    before = app.server.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", mine(app))
    app.digests["2.0"] = "sha256:" + "0" * 64
    assert failure(app.run(app.order("2.0"))) == ("PULL_NO_IMAGE", 1002)
    assert app.server.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", mine(app)) == before


def test_a_crash_loop_is_told_at_once_with_its_last_lines_and_does_not_go_on(app: App) -> None:
    app.push("2.0", TALK)
    order = app.order("2.0", service={"restart": "always"}, healthTimeout=90)
    start = time.monotonic()
    played = app.run(order)
    assert failure(played) == ("CONTAINER_RESTARTING", 1003)
    assert time.monotonic() - start < 30
    assert "the end" in (ended(played).log or "")
    assert app.containers() == {mine(app): "exited"}
    assert json.loads(app.file("revision.json"))["state"] == "failed"
    assert failure(app.run(order)) == ("CONTAINER_RESTARTING", 1003)


def test_a_container_without_a_health_check_has_to_stay_up_for_a_while(app: App) -> None:
    app.push("2.0", ("sh", "-c", "sleep 1"))
    order = app.order("2.0", service={"healthcheck": None}, settle=4)
    end = ended(app.run(order))
    assert (end.reason, end.params) == ("CONTAINER_EXITED", {"service": app.name, "exit": 0})


def test_what_does_not_become_healthy_in_time_says_so(app: App) -> None:
    never = {"test": ["CMD", "false"], "interval": "60s", "start_period": "90s"}
    end = ended(app.run(app.order("1.0", service={"healthcheck": never}, healthTimeout=2)))
    assert (end.reason, end.params) == ("HEALTH_TIMEOUT", {"services": app.name, "seconds": 2})


def test_a_secret_is_not_in_the_log_of_what_failed(app: App) -> None:
    app.push("2.0", ("sh", "-c", 'echo "I say $PASSWORD"; exit 1'))
    played = app.run(app.order("2.0", params=[{"name": "PASSWORD", "type": "secret"}], values={"PASSWORD": "geheim"},
                               service={"env": {"PASSWORD": "${PASSWORD}"}}))
    assert ended(played).log == "I say ***"


@pytest.mark.parametrize("owner", ["container", "program"])
def test_a_port_in_use_is_named_and_its_owner_goes_on(app: App, owner: str) -> None:
    name = f"{app.name}-owner"
    if owner == "container":
        app.server.docker("pull", app.stage.fleet.registry.image(app.name, "1.0"))
        app.server.docker("run", "--detach", "--name", name, "--publish", f"{app.port}:80",
                          app.stage.fleet.registry.image(app.name, "1.0"))
    else:
        app.server.spawn(name, "busybox", "httpd", "-f", "-p", str(app.port))
        until(lambda: f":{app.port:04X} " in app.server.run("cat", "/proc/net/tcp", "/proc/net/tcp6"))
    try:
        played = app.run(app.order("1.0"))
        assert failure(played) == ("PORT_IN_USE", 1003)
        assert ended(played).params == {"port": app.port, "owner": name if owner == "container" else "-"}
        if owner == "container":
            assert app.containers() == {}
            assert app.serves() == "1.0"
    finally:
        if owner == "container":
            app.server.docker("rm", "--force", name)
        else:
            app.server.run("pkill", "-f", f"httpd -f -p {app.port}")


def test_a_name_that_is_taken_is_refused_before_anything_is_touched(app: App) -> None:
    template = f"services:\n  web:\n    image: {{{{ image }}}}\n    container_name: {app.name}-taken\n"
    app.server.docker("pull", app.stage.fleet.registry.image(app.name, "1.0"))
    app.server.docker("run", "--detach", "--name", f"{app.name}-taken", app.stage.fleet.registry.image(app.name, "1.0"))
    try:
        played = app.run(app.order("1.0", template=template))
        assert (failure(played), ended(played).changed) == (("CONTAINER_NAME_TAKEN", 1003), False)
        assert app.containers() == {}
    finally:
        app.server.docker("rm", "--force", f"{app.name}-taken")


def test_a_file_with_somebody_elses_values_stays_as_it_is(app: App) -> None:
    folder = f"/opt/softops/apps/{app.name}"
    app.server.run("sh", "-c", f"mkdir -p {folder} && cat >{folder}/.env", stdin="THEIRS=1\n")
    try:
        assert failure(app.run(app.order("1.0"))) == ("FOREIGN_APP_DIRECTORY", 1003)
        assert app.file(".env") == "THEIRS=1\n"
    finally:
        app.server.run("rm", "-r", folder)


@pytest.mark.parametrize("action", ["run", "stop", "restart", "remove"])
def test_a_directory_that_somebody_else_made_stays_as_it_is(app: App, action: str) -> None:
    folder = f"/opt/softops/apps/{app.name}"
    text = f"name: {app.name}\nservices: {{web: {{image: x}}}}\n"
    app.server.run("sh", "-c", f"mkdir -p {folder} && cat >{folder}/compose.yml", stdin=text)
    try:
        played = app.run(app.order("1.0", action), playbook={"run": "start"}.get(action, action))
        assert failure(played) == ("FOREIGN_APP_DIRECTORY", 1003)
        assert app.file("compose.yml") == text
    finally:
        app.server.run("rm", "-r", folder)


@pytest.mark.parametrize("action", ["run", "stop", "restart", "remove"])
def test_a_project_that_somebody_else_made_goes_on(app: App, action: str) -> None:
    image = app.stage.fleet.registry.image(app.name, "1.0")
    app.server.run("sh", "-c", f"mkdir -p /opt/{app.name} && cat >/opt/{app.name}/compose.yml",
                   stdin=f"name: {app.name}\nservices: {{web: {{image: \"{image}\"}}}}\n")
    app.server.run("docker", "compose", "--project-directory", f"/opt/{app.name}", "up", "--detach")
    try:
        played = app.run(app.order("1.0", action), playbook={"run": "start"}.get(action, action))
        assert failure(played) == ("FOREIGN_PROJECT", 1003)
        assert app.containers() == {f"{app.name}-web-1": "running"}
    finally:
        app.server.run("docker", "compose", "--project-directory", f"/opt/{app.name}", "down")


def test_a_cancelled_upgrade_goes_back(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    never = QUICK | {"test": ["CMD", "false"], "retries": 1000}
    process = app.stage.start_apps("start", {"web1": [app.order("2.0", service={"healthcheck": never})]})
    until(lambda: json.loads(app.file("revision.json"))["state"] == STARTING)
    (app.stage.directory / "cancel-web1").touch()
    played = finished(process)
    assert (ended(played).outcome, ended(played).reason) == ("cancelled", "CANCELLED")
    (app.stage.directory / "cancel-web1").unlink()
    assert app.serves() == "1.0"
    assert app.run(app.order("1.0")).changed == {"web1": False}


@pytest.mark.parametrize("moment", ["write", "up", "health"])
@pytest.mark.parametrize("then", ["1.0", "2.0"])
def test_the_run_after_one_that_was_killed_sets_everything_right(app: App, moment: str, then: str) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    process = app.stage.start_apps("start", {"web1": [app.order("2.0")]})
    kill_at(process, moment)
    played = app.run(app.order(then))
    assert (played.code, ended(played).outcome) == (0, "success")
    until_serves(app, then)
    assert list(app.containers().values()) == ["running"]
    assert app.run(app.order(then)).changed == {"web1": False}


def test_what_served_before_an_interruption_serves_again_after_a_way_back(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    never = QUICK | {"test": ["CMD", "false"], "retries": 1000}
    kill_at(app.stage.start_apps("start", {"web1": [app.order("2.0", service={"healthcheck": never})]}), "health")
    # As after a reboot: nothing of it runs any more.
    app.server.docker("stop", *app.containers())
    app.push("3.0", TALK)
    assert failure(app.run(app.order("3.0"))) == ("ROLLED_BACK", 1003)
    assert app.serves() == "1.0"


def test_what_was_stopped_before_an_interruption_is_stopped_after_a_way_back(app: App) -> None:
    app.run(app.order("1.0"))
    app.act("stop")
    app.push("2.0")
    never = QUICK | {"test": ["CMD", "false"], "retries": 1000}
    kill_at(app.stage.start_apps("start", {"web1": [app.order("2.0", service={"healthcheck": never})]}), "health")
    app.push("3.0", TALK)
    assert failure(app.run(app.order("3.0"))) == ("ROLLED_BACK", 1003)
    assert app.serves() is None


def test_an_engine_that_is_started_again_brings_back_what_served_before(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    never = QUICK | {"test": ["CMD", "false"], "retries": 1000}
    process = app.stage.start_apps("start", {"web1": [app.order("2.0", service={"healthcheck": never})]})
    until(lambda: json.loads(app.file("revision.json"))["state"] == STARTING and bool(app.containers()))
    app.server.engine.kill()
    app.server.engine.start()
    played = finished(process)
    assert failure(played) == ("ROLLED_BACK", 1003)
    assert app.serves() == "1.0"


def test_a_way_back_that_failed_is_none_the_next_one_trusts(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0", TALK)
    process = app.stage.start_apps("start", {"web1": [app.order("2.0", service={"command": [
        "sh", "-c", "sleep 3; exit 4"], "healthcheck": None}, settle=20)]})
    until(lambda: json.loads(app.file("revision.json"))["state"] == STARTING)
    # Compose can't do anything for a while.
    app.server.remove_compose()
    try:
        assert failure(finished(process)) == ("ROLLBACK_FAILED", 1003)
    finally:
        app.server.add_compose()
    assert json.loads(app.file("revision.json"))["state"] == STARTING
    assert failure(app.run(app.order("2.0"))) == ("ROLLED_BACK", 1003)
    assert app.serves() == "1.0"


def test_what_can_not_be_noted_does_not_stay(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0")
    folder = f"/opt/softops/apps/{app.name}"
    slow = QUICK | {"test": ["CMD-SHELL", "sleep 1; wget -q -O- http://127.0.0.1/"]}
    process = app.stage.start_apps("start", {"web1": [app.order("2.0", service={"healthcheck": slow})]})
    until(lambda: json.loads(app.file("revision.json"))["state"] == STARTING)
    # Where the note is to be laid there is something that can't be taken away.
    app.server.run("sh", "-c", f"mkdir -p {folder}/.revision.json.softops/x")
    played = finished(process)
    app.server.run("rm", "-r", f"{folder}/.revision.json.softops")
    assert failure(played) == ("ROLLBACK_FAILED", 1003)
    assert ended(played).params["cause"] == "APP_FILES_FAILED"
    assert app.serves() == "1.0"


def kill_at(process: subprocess.Popen[str], stage: str) -> None:
    """Kill ansible-playbook and all its forks without warning as soon as it tells of that stage."""
    assert process.stdout is not None
    for line in process.stdout:
        event = parse_line(line, RUN)
        if isinstance(event, StageReached) and event.stage == stage:
            break
    for pid in (process.pid, *descendants(process.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()


def descendants(pid: int) -> list[int]:
    with suppress(OSError):
        children = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [*children, *(one for child in children for one in descendants(child))]
    return []


def test_a_failed_rollback_says_what_failed_first_and_what_then(app: App) -> None:
    app.run(app.order("1.0"))
    app.push("2.0", TALK)
    folder = f"/opt/softops/apps/{app.name}"
    process = app.stage.start_apps("start", {"web1": [app.order("2.0", service={"command": [
        "sh", "-c", "sleep 3; exit 4"], "healthcheck": None}, settle=20)]})
    until(lambda: json.loads(app.file("revision.json"))["state"] == STARTING)
    app.server.run("sh", "-c", f"echo nonsense >{folder}/previous/compose.yml")
    played = finished(process)
    assert failure(played) == ("ROLLBACK_FAILED", 1003)
    assert {key: ended(played).params[key] for key in ("version", "cause")} == {
        "version": "1.0", "cause": "CONTAINER_EXITED"}
