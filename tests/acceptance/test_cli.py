"""The softops command against a real server and real servers: what it shows, its JSON and its exit codes."""

import json
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from softops.config import PROJECT
from tests.acceptance.conftest import BROKEN, GREETER, MB, Shell, names, read_until
from tests.demo.serving import Serving
from tests.fleet import Fleet
from tests.homes import commit

Row = dict[str, Any]


def outcome(record: Row) -> tuple[str, str, str | None]:
    return (record["systemSoftRecordServerName"], record["systemSoftRecordStatus"],
            record["systemSoftRecordRemark"])


def test_sync_counts_what_a_commit_brought(shell: Shell) -> None:
    ended = shell("sync", "catalog")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("catalog: OK at ")
    assert ended.out.endswith(": 0 added, 0 changed, 0 retired, 4 unchanged\n")


def test_a_refused_file_is_shown_with_its_line_and_makes_the_exit_code_1(shell: Shell, softops: Serving) -> None:
    catalog = Path(softops.settings["SOFTOPS_CATALOG"])
    commit(catalog, {"catalog/broken/software.yml": BROKEN})
    try:
        ended = shell("sync")
    finally:
        (catalog / "catalog/broken/software.yml").unlink()
        commit(catalog, {})
    assert ended.code == 1
    assert "catalog: PARTIAL" in ended.out
    assert "broken/software.yml:4:3: " in ended.out
    assert shell("sync").code == 0


def test_list_shows_every_version(shell: Shell) -> None:
    rows = shell("list", "--json").document
    assert sorted(zip(names(rows, "systemSoftImageName"), names(rows, "systemSoftImageVersion"),
                      strict=True)) == [("gone", "1.0"), ("greeter", "1.10"), ("greeter", "1.9"), ("slow", "1.0")]
    shown = shell("list", "--name", "greet").out
    assert [line.split()[1:4] for line in shown.splitlines() if "greeter" in line] == [
        [row["systemSoftImageName"], row["systemSoftImageVersion"], row["systemSoftImageStatus"]]
        for row in rows if row["systemSoftImageName"] == "greeter"]


def test_refresh_asks_the_registry_for_every_version_and_list_shows_the_sizes(shell: Shell) -> None:
    ended = shell("refresh", "greeter", "greeter:1.9", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert [(row["systemSoftImageVersion"], row["systemSoftImageSize"] > MB) for row in ended.document] == [
        ("1.10", True), ("1.9", True)]
    listed = shell("list", "--name", "greeter")
    assert [line.split()[4:6] for line in listed.out.splitlines() if "greeter" in line] == [
        shell("refresh", "greeter").out.splitlines()[1].split()[4:6]] * 2


def test_what_left_the_catalog_is_listed_only_when_asked_for(shell: Shell, softops: Serving) -> None:
    catalog = Path(softops.settings["SOFTOPS_CATALOG"])
    text = GREETER.format(registry="registry.invalid").replace("greeter", "passing")
    commit(catalog, {"catalog/passing/software.yml": text})
    assert shell("sync").code == 0
    (catalog / "catalog/passing/software.yml").unlink()
    commit(catalog, {})
    assert shell("sync").code == 0
    assert "passing" not in names(shell("list", "--json").document, "systemSoftImageName")
    assert "(2 that left the catalog are not shown" in shell("list").out
    for words in (("--all",), ("--status", "RETIRED"), ("--status", "retired"), ("--status", "已下架")):
        assert names(shell("list", "--name", "passing", *words, "--json").document, "systemSoftImageVersion") == [
            "1.10", "1.9"]


def test_servers_are_checked_and_one_that_is_down_makes_the_exit_code_1(shell: Shell, fleet: Fleet) -> None:
    rows = shell("servers", "--check", "web1", "web2", "--json").document
    assert [(row["name"], row["status"]) for row in rows] == [("web1", "ONLINE"), ("web2", "ONLINE")]
    assert all(row["engineVersion"] and row["freeBytes"] for row in rows)
    fleet.server("web3").engine.stop()
    try:
        ended = shell("servers", "web3", "--check")
    finally:
        fleet.server("web3").engine.start()
    assert ended.code == 1
    assert "OFFLINE" in ended.out


def test_install_shows_what_happens_and_ends_with_the_records(shell: Shell) -> None:
    ended = shell("install", "greeter:1.9", "--server", "web1", "--server", "web2")
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].endswith(": install greeter 1.9 on 2 servers")
    assert {"web1: started", "web2: started", "web1: SUCCESS", "web2: SUCCESS"} <= set(lines)
    assert any(line.startswith("web1: layer ") and line.endswith(": Pull complete") for line in lines)
    assert lines[-1].startswith("The same by hand: ansible-playbook playbooks/install.yml ")
    assert " --limit web1,web2 " in lines[-1]


def test_install_without_a_version_takes_the_highest_and_prints_one_document(shell: Shell) -> None:
    job = shell("install", "greeter", "--group", "default", "--param", "WORDS={{ 7 * 7 }}", "--json").document
    assert (job["version"], job["status"], job["parameters"]) == ("1.10", "SUCCESS", {"WORDS": "{{ 7 * 7 }}"})
    assert [outcome(record) for record in job["records"]] == [
        (name, "SUCCESS", "Installed.") for name in ("web1", "web2", "web3")]


def test_pull_brings_the_image_only(shell: Shell) -> None:
    job = shell("pull", "greeter:1.9", "-s", "web3", "--json").document
    assert (job["operation"], job["status"], [outcome(record) for record in job["records"]]) == (
        "pull", "SUCCESS", [("web3", "SUCCESS", "Image pulled.")])


def test_a_failed_install_says_why_and_can_be_retried(shell: Shell, fleet: Fleet) -> None:
    failed = shell("install", "gone", "--server", "web1")
    assert failed.code == 1
    assert "web1: FAILED: " in failed.out
    job = shell("records", "--soft", "gone", "--json").document[0]["systemSoftRecordJobId"]
    fleet.registry.push("gone", "1.0", layers=[MB])
    retried = shell("retry", str(job), "--json")
    assert (retried.code, retried.document["status"], retried.document["retryOf"]) == (0, "SUCCESS", job)


def test_records_can_be_narrowed_down(shell: Shell) -> None:
    job = shell("install", "greeter:1.9", "-s", "web1", "-s", "web2", "--json").document
    rows = shell("records", "--job", str(job["id"]), "--server", "web2", "--soft", "greeter", "--json").document
    assert [outcome(row) for row in rows] == [("web2", "SUCCESS", "Installed.")]
    assert len(shell("records", "--limit", "1", "--json").document) == 1


def test_watch_prints_every_message_and_then_the_job(shell: Shell) -> None:
    job = shell("install", "greeter:1.9", "-s", "web1", "--json").document
    ended = shell("watch", str(job["id"]), "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 0
    assert [lines[0]["type"], lines[-2]["type"]] == ["docker_start", "docker_complete"]
    assert lines[-1] == {"type": "job", **job}
    assert [line["seq"] for line in lines[:-1]] == list(range(1, len(lines)))


def test_ctrl_c_leaves_the_job_running_and_cancel_ends_it(shell: Shell, fleet: Fleet) -> None:
    fleet.slow.rate = MB
    watching = shell.begin("install", "slow", "--server", "web1", "--server", "web2")
    read_until(watching, "web1: started")
    watching.send_signal(signal.SIGINT)
    _, errors = watching.communicate(timeout=20)
    job = shell("records", "--soft", "slow", "--json").document[0]["systemSoftRecordJobId"]
    assert (watching.returncode, errors) == (
        130, f"Job {job} goes on without you. Look again: `softops watch {job}`. End it: `softops cancel {job}`.\n")
    assert names(shell("records", "--job", str(job), "--json").document, "systemSoftRecordStatus") == ["RUNNING"] * 2
    cancelled = shell("cancel", str(job))
    assert (cancelled.code, cancelled.out) == (0, f"Asked for the end of job {job}.\n")
    ended = shell("watch", str(job))
    assert ended.code == 1
    assert {"web1: CANCELLED", "web2: CANCELLED"} <= set(ended.out.splitlines())


def test_detach_returns_at_once_and_one_record_can_be_cancelled(shell: Shell, fleet: Fleet) -> None:
    fleet.slow.rate = MB
    job = shell("install", "slow", "-s", "web1", "-s", "web2", "--detach", "--json").document
    first, second = names(job["records"], "systemSoftRecordId")
    assert shell("cancel", "--record", str(first), "--json").code == 0
    fleet.slow.resume()
    shell("watch", str(job["id"]))
    states = {row["systemSoftRecordId"]: row["systemSoftRecordStatus"]
              for row in shell("records", "--job", str(job["id"]), "--json").document}
    assert states == {first: "CANCELLED", second: "SUCCESS"}


@pytest.mark.parametrize(("words", "code", "said"), [
    (("install", "nothing", "-s", "web1"), 2, "nothing"),
    (("install", "greeter:7", "-s", "web1"), 2, "1.10"),
    (("install", "greeter", "-s", "web9"), 2, "web9"),
    (("install", "greeter", "-p", "PORT", "-s", "web1"), 2, "--param NAME=VALUE"),
    (("install", "greeter", "-p", "NOPE=1", "-s", "web1"), 2, "NOPE"),
    (("pull", "greeter:7"), 2, "1.10"),
    (("watch", "999999"), 2, "999999"),
    (("cancel", "999999"), 2, "999999"),
    (("records", "--status", "NOPE"), 2, "SUCCESS"),
    (("list", "--status", "NOPE"), 2, "AVAILABLE"),
    (("sync", "elsewhere"), 2, "catalog")])
def test_what_can_not_be_is_refused_with_a_sentence_and_2(
        shell: Shell, words: tuple[str, ...], code: int, said: str) -> None:
    ended = shell(*words, "--json")
    assert ended.code == code
    assert ended.document.keys() == {"code", "message"}
    assert said in ended.document["message"]
    assert ended.err == ended.document["message"] + "\n"


@pytest.mark.parametrize("words", [("cancel",), ("cancel", "1", "--record", "2"), ("install",), ("records", "-n", "0")])
def test_wrong_usage_is_2(shell: Shell, words: tuple[str, ...]) -> None:
    ended = shell(*words)
    assert (ended.code, ended.out) == (2, "")


def test_a_server_that_does_not_answer_is_3(shell: Shell) -> None:
    ended = shell("list", "--json", SOFTOPS_URL="http://127.0.0.1:9")
    assert ended.code == 3
    assert "softops serve" in ended.document["message"]


def test_a_proxy_in_the_environment_is_not_asked_for_this_machine(shell: Shell) -> None:
    proxies = dict.fromkeys(("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9")
    assert shell("list", **proxies).code == 0
    assert shell("watch", **proxies).code in {0, 1}


def test_the_answers_are_in_the_language_of_the_terminal(shell: Shell) -> None:
    environment = {key: value for key, value in shell.environment.items() if key != "SOFTOPS_LANGUAGE"}
    ended = Shell(environment=environment)("install", "nothing", LC_ALL="zh_CN.UTF-8")
    assert ended.code == 2
    assert "没有" in ended.err


def test_the_same_job_runs_by_hand(shell: Shell, softops: Serving, fleet: Fleet) -> None:
    image, server = fleet.registry.image("greeter", "1.9"), fleet.server("web1")
    command = shell("install", "greeter:1.9", "-s", "web1", "--json").document["command"]
    server.docker("image", "rm", "--force", image)
    program, *words = shlex.split(command)
    done = subprocess.run([str(Path(sys.executable).parent / program), *words,
                           "-i", softops.settings["SOFTOPS_INVENTORY"],
                           "-e", f"softops_catalog={softops.settings['SOFTOPS_CATALOG']}/catalog"],
                          cwd=PROJECT, capture_output=True, text=True, check=False, env=dict(softops.environment))
    assert done.returncode == 0, done.stdout + done.stderr
    server.docker("image", "inspect", image)
