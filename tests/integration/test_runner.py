"""runner.py: real ansible-runner, real ansible-playbook, on a local connection."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from softops.errors import RunFailed
from softops.events import HostStats
from softops.outcomes import RunEnd, RunStatus
from softops.owners import this_process
from softops.playbooks import PlaybookCall
from softops.processes import processes_of
from softops.runner import PlaybookRun, RunLimits, Runner

PLAY = """
- name: Try
  hosts: all
  gather_facts: false
  tasks:
    - name: Do it
      {task}
"""
SLEEP = "ansible.builtin.command: {argv: [sleep, '60']}"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = False\n")
    hosts = "".join(f"    {name}: {{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}\n"
                    for name in ("web1", "web2", "web3"))
    (tmp_path / "hosts.yml").write_text(f"all:\n  hosts:\n{hosts}")
    return tmp_path


def runner(home: Path, **limits: Any) -> Runner:
    defaults: dict[str, Any] = {"home": home, "runs": home / "runs", "owner": this_process(), "forks": 5,
                                "inventory": home / "hosts.yml", "idle_timeout": 30, "job_timeout": 60}
    return Runner(RunLimits(**{**defaults, **limits}))


def prepare(home: Path, task: str, hosts: tuple[str, ...] = ("web1",), **limits: Any) -> PlaybookRun:
    (home / "play.yml").write_text(PLAY.replace("{task}", task))
    return runner(home, **limits).prepare(PlaybookCall(playbook="play.yml", hosts=hosts, input={"x": "{{ 7*7 }}"}))


def execute(run: PlaybookRun, cancelled: Callable[[], bool] = lambda: False) -> tuple[RunEnd, list[Any]]:
    events: list[Any] = []
    with run:
        return run.execute(events.append, cancelled), events


def test_a_run_touches_exactly_the_named_servers_and_counts_them(home: Path) -> None:
    end, events = execute(prepare(home, "ansible.builtin.debug: {msg: hello}", ("web1", "web3")))
    assert (end.status, end.rc) == (RunStatus.SUCCESSFUL, 0)
    assert end.stats == {"web1": HostStats(ok=1), "web3": HostStats(ok=1)}
    assert events[-1]["event"] == "playbook_on_stats"


def test_a_locale_that_is_not_installed_keeps_no_run_from_starting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "xx_XX.UTF-8")
    end, _ = execute(prepare(home, "ansible.builtin.debug: {msg: hello}"))
    assert (end.status, end.stats) == (RunStatus.SUCCESSFUL, {"web1": HostStats(ok=1)})


def test_more_servers_than_fit_on_a_command_line(home: Path) -> None:
    absent = tuple(f"absent-{number:05}.{'x' * 50}.example.org" for number in range(2500))
    end, _ = execute(prepare(home, "ansible.builtin.debug: {msg: hello}", ("web1", *absent, "web3")))
    assert end.stats == {"web1": HostStats(ok=1), "web3": HostStats(ok=1)}


def test_one_failing_server_does_not_hide_the_others(home: Path) -> None:
    end, _ = execute(prepare(home, "ansible.builtin.fail: {msg: no}\n      when: inventory_hostname == 'web2'",
                             ("web1", "web2")))
    assert (end.status, end.rc) == (RunStatus.FAILED, 2)
    assert end.stats == {"web1": HostStats(skipped=1), "web2": HostStats(failures=1)}


def test_a_playbook_that_can_not_be_read_explains_itself(home: Path) -> None:
    end, _ = execute(prepare(home, "no_such_action: {}"))
    assert end.status is RunStatus.FAILED
    assert end.stats is None
    assert "no_such_action" in end.output


def test_the_input_is_private_and_goes_with_the_run(home: Path) -> None:
    run = prepare(home, "ansible.builtin.debug: {var: softops_input}")
    path = next((home / "runs").glob("*/*/input.json"))
    assert json.loads(path.read_text()) == {"x": "{{ 7*7 }}"}
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    execute(run)
    assert not path.parent.exists()


def test_input_read_as_the_design_says_stays_literal(home: Path) -> None:
    _, events = execute(prepare(
        home, "ansible.builtin.debug: {msg: \"{{ (lookup('ansible.builtin.file', softops_input) | from_json).x }}\"}"))
    results = [event["event_data"]["res"]["msg"] for event in events if event["event"] == "runner_on_ok"]
    assert results == ["{{ 7*7 }}"]


def test_a_cancel_ends_the_run_within_seconds_and_leaves_no_process(home: Path) -> None:
    run = prepare(home, SLEEP, ("web1", "web2"))
    cancel = threading.Event()
    started = time.monotonic()

    def on_event(raw: Any) -> None:
        if raw["event"] == "runner_on_start":
            cancel.set()

    with run:
        end = run.execute(on_event, cancel.is_set)
    assert end.status is RunStatus.CANCELED
    assert time.monotonic() - started < 25
    assert processes_of(run.token) == ()


def test_a_cancel_before_the_start_starts_nothing(home: Path) -> None:
    end, events = execute(prepare(home, SLEEP), lambda: True)
    assert end == RunEnd(status=RunStatus.CANCELED, rc=None, stats=None)
    assert events == []


def test_a_run_that_takes_too_long_is_ended(home: Path) -> None:
    run = prepare(home, SLEEP, job_timeout=3)
    end, _ = execute(run)
    assert end.status is RunStatus.TIMEOUT
    assert processes_of(run.token) == ()


def test_a_run_keeps_its_temporary_files_in_its_own_directory(home: Path) -> None:
    with prepare(home, "ansible.builtin.debug: {msg: \"{{ lookup('config', 'DEFAULT_LOCAL_TMP') }}\"}") as run:
        events: list[Any] = []
        run.execute(events.append, lambda: False)
    told = [event["event_data"]["res"]["msg"] for event in events if event["event"] == "runner_on_ok"]
    assert [Path(path).is_relative_to(home / "runs") for path in told] == [True]


def test_an_event_handler_that_fails_does_not_hurt_the_run(home: Path) -> None:
    def broken(_: Any) -> None:
        raise ValueError("broken")

    with prepare(home, "ansible.builtin.debug: {msg: hello}") as run:
        assert run.execute(broken, lambda: False).stats == {"web1": HostStats(ok=1)}


def test_host_key_checking_stays_on_and_secrets_of_the_database_stay_out(
        home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTOPS_DATABASE", "mysql+pymysql://softops:s3cret@db/softops")
    _, events = execute(prepare(home, "ansible.builtin.command: {argv: [env]}"))
    output = next(event["event_data"]["res"]["stdout"] for event in events if event["event"] == "runner_on_ok")
    assert "ANSIBLE_HOST_KEY_CHECKING=True" in output.splitlines()
    assert "s3cret" not in output


def test_a_directory_that_can_not_be_made_is_a_clear_failure(home: Path) -> None:
    (home / "runs").write_text("a file")
    with pytest.raises(RunFailed, match="can't be made"):
        prepare(home, SLEEP)


def test_what_a_killed_process_left_is_swept(home: Path) -> None:
    (home / "play.yml").write_text(PLAY.replace("{task}", SLEEP))
    code = ("import sys; from pathlib import Path; from tests.integration.test_runner import prepare, SLEEP;"
            "run = prepare(Path(sys.argv[1]), SLEEP); print(run.token, flush=True);"
            "run.execute(lambda raw: print(raw['event'], flush=True), lambda: False)")
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE, text=True,
                          cwd=root) as process:
        assert process.stdout is not None
        token = process.stdout.readline().strip()
        for line in process.stdout:
            if line.strip() == "runner_on_start":
                break
        os.kill(process.pid, signal.SIGKILL)
    assert processes_of(token) != ()
    assert runner(home).sweep() == 1
    assert processes_of(token) == ()
    assert list((home / "runs").iterdir()) == []
