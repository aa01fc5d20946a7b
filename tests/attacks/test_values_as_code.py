"""No value and no name that somebody else writes becomes a template, a variable, an option, a command or a path."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softops.apporders import app_orders
from softops.catalog import parse_catalog
from softops.errors import BadRequest, GitError
from softops.git import GitMirror
from softops.inventory import read_inventory
from softops.orders import order_of
from softops.outcomes import RunStatus
from softops.owners import this_process
from softops.playbooks import HandOrder, PlaybookCall, command_by_hand
from softops.runner import PlaybookRun, RunLimits, Runner
from softops.serverfiles import probe_command, shown_command, write_script
from softops.service import Service
from softops.statuses import RecordStatus
from tests.factories import an_item, some_images
from tests.homes import commit, make_home
from tests.integration.source import Source, refused
from tests.integration.webserver import Served, served, still_service

TOUCH = "{{{{ lookup('pipe', 'touch {marker}') }}}}"
SHELL = "x$(touch {marker})`touch {marker}`;touch {marker}|touch {marker}&&touch {marker}\n'\"; touch {marker} #"
PLAY = """\
- name: Use what came in
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.debug:
        msg: "{{ parameters | default('none') }} {{ software | default('none') }} {{ note | default('none') }}"
    - name: Read it as the actions do
      ansible.builtin.debug:
        msg: "{{ lookup('ansible.builtin.file', softops_input) | from_json }}"
"""


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """What comes to be when a value is run."""
    return tmp_path / "MARKER"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with a playbook that uses variables named as the keys of the input."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = False\n")
    (home / "play.yml").write_text(PLAY)
    (home / "hosts.yml").write_text(
        f"all: {{hosts: {{web1: {{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}}}}}\n")
    return home


def run_of(home: Path, content: dict[str, Any], *hosts: str) -> PlaybookRun:
    limits = RunLimits(home=home, runs=home / "runs", owner=this_process(), forks=1, inventory=home / "hosts.yml",
                       idle_timeout=30, job_timeout=60)
    return Runner(limits).prepare(PlaybookCall(playbook="play.yml", hosts=hosts or ("web1",), input=content))


def test_values_reach_ansible_as_data_and_their_names_as_nothing(home: Path, marker: Path) -> None:
    evil = TOUCH.format(marker=marker)
    # Names of variables that would take a run over, were they variables.
    taken = {"ansible_connection": "ssh", "ansible_python_interpreter": "/bin/false", "ansible_shell_executable": evil,
             "ansible_ssh_common_args": f"-o ProxyCommand='touch {marker}'", "softops_input": "/etc/passwd"}
    content = {"parameters": {"A": evil, evil: "key", **taken},
               "software": {"entry": [evil, SHELL.format(marker=marker)]},
               "note": evil, **taken}
    events: list[Any] = []
    with run_of(home, content) as run:
        end = run.execute(events.append, lambda: False)
    said = [event["event_data"]["res"]["msg"] for event in events if event["event"] == "runner_on_ok"]
    assert (end.status, said) == (RunStatus.SUCCESSFUL, ["none none none", content])
    assert not marker.exists()


@pytest.mark.parametrize("host", ["all", "web*", "!web1", "web1:web2", "@/etc/passwd", "-e", "--extra-vars=x", "~web.*",
                                  "web[0]", "", "web1,web2", "../web1", "{{ x }}", "web1\nweb2", "$(id)"])
def test_a_name_of_a_server_is_never_a_pattern_an_option_or_a_path(home: Path, host: str) -> None:
    if host != "all":
        with pytest.raises(BadRequest):
            run_of(home, {}, host)
    # What is the name of a group as well is kept out of the inventory.
    (home / "other.yml").write_text(json.dumps({"all": {"hosts": {host or "-": {}}}}))
    with pytest.raises(Exception, match="inventory"):
        read_inventory(home / "other.yml", home=home)
    assert not list(home.rglob("passwd*"))


def test_a_cancel_stays_in_the_directory_of_its_run(home: Path, tmp_path: Path) -> None:
    with run_of(home, {}) as run:
        run.cancel_one("web1", "../../../../evil")
        files = {path.relative_to(run._directory) for path in run._directory.rglob("*") if path.is_file()}
        assert files == {Path("input.json"), Path("cancel-web1")}
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("url", [
    "--upload-pack=touch {marker}", "-oProxyCommand=touch {marker}:x", "ssh://-oProxyCommand=touch%20{marker}/x",
    "ssh://-oProxyCommand=touch%20{marker}@host/x", "ext::sh -c touch% {marker}", "file://$(touch {marker})",
    "ssh://host:$(touch {marker})/x", "http://host/x\n--upload-pack=touch {marker}", "fd::7", "-u./x:y"])
def test_an_address_of_a_repository_is_never_an_option_or_a_command(url: str, tmp_path: Path, marker: Path) -> None:
    assert refused(lambda: GitMirror(tmp_path / "git").resolve(url.format(marker=marker), "main")).reason == "GIT_URL"
    assert not marker.exists()


@pytest.mark.parametrize("ref", ["--upload-pack=touch {marker}", "-u", "main..x", "@{{1}}", "refs/heads/*", "a:b",
                                 "a b", "", "main\n--x", ":/x"])
def test_a_ref_of_a_repository_is_never_an_option_or_a_search(ref: str, tmp_path: Path, marker: Path) -> None:
    source = Source(tmp_path / "source")
    source.commit({"a": "1"})
    error = refused(lambda: GitMirror(tmp_path / "git").resolve(source.url, ref.format(marker=marker)))
    assert error.reason == "GIT_REF"
    assert not marker.exists()


@pytest.mark.parametrize("field", ["name", "version", "image"])
@pytest.mark.parametrize("value", ["x;touch {marker}", "$(touch {marker})", "`touch {marker}`", "--privileged",
                                   "-v/:/x", "../x", "a\nb", "a b", "x'y", "{{{{ 7 }}}}", "a|b"])
def test_names_versions_and_images_are_never_options_commands_or_paths(field: str, value: str, marker: Path) -> None:
    software = {"name": "app", "version": "1.0", "image": "app:1.0", field: value.format(marker=marker)}
    with pytest.raises(BadRequest):
        order_of({"software": software})
    with pytest.raises(BadRequest):
        app_orders({"apps": [{"action": "run", "compose": "x", "env": "", "images": ["app:1.0"], **software}]}, {})
    entry = {"apiVersion": "softops/v1", "name": software["name"],
             "versions": {software["version"]: {"image": software["image"]}}}
    assert parse_catalog([("app/software.yml", json.dumps(entry).encode())]).problems


@pytest.mark.parametrize("volume", ["$(touch {marker}):/x", "data;touch {marker}:/x", "../../etc:/x", "/opt/../etc:/x",
                                    "-v:/x", "d:/x:rw;id"])
def test_a_volume_is_never_a_command_or_a_way_out(volume: str, marker: Path) -> None:
    entry = {"apiVersion": "softops/v1", "name": "app", "versions": {"1.0": {"image": "app:1.0"}},
             "service": {"volumes": [volume.format(marker=marker)]}}
    found = parse_catalog([("app/software.yml", json.dumps(entry).encode())])
    assert "ENTRY_VOLUME" in [problem.reason for problem in found.problems]
    assert not marker.exists()


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60) | st.sampled_from(
    ["$HOME `id` $(id)", "softops-done", "EOF", "<<'EOF'", "'", '"', "\\", "\r\n", "!", "\x1b[2J"])


@settings(max_examples=40)
@given(compose=TEXTS, env=TEXTS, revision=TEXTS,
       folder=st.sampled_from(["app", "a b", "x'y", "$(touch M)", "`touch M`", "-rf", "a;touch M"]))
def test_scripts_for_servers_write_exactly_what_they_are_given(
        tmp_path_factory: pytest.TempPathFactory, compose: str, env: str, revision: str, folder: str) -> None:
    root = tmp_path_factory.mktemp("server")
    directory = PurePosixPath(root / folder)
    script = write_script(directory, compose=compose + "\n", env=env + "\n", revision=revision + "\n", keep=False)
    done = subprocess.run(["sh"], input=script.encode(), cwd=root, capture_output=True, check=True, timeout=20)
    assert done.stdout == b"softops-done\n"
    written = {path.name: path.read_bytes() for path in Path(directory).iterdir()}
    assert written == {"compose.yml": f"{compose}\n".encode(), ".env": f"{env}\n".encode(),
                       "revision.json": f"{revision}\n".encode()}
    subprocess.run(["sh", "-c", probe_command(directory.parent, [(folder, "1.0")])], cwd=root, check=True, timeout=20,
                   capture_output=True)
    subprocess.run(["sh", "-c", shown_command(directory, [])], cwd=root, check=True, timeout=20, capture_output=True)
    assert [path.name for path in root.iterdir()] == [folder]


@settings(max_examples=40)
@given(value=TEXTS, name=st.sampled_from(["app", "x y", "$(touch M)"]))
def test_a_command_by_hand_is_read_by_a_shell_as_it_was_meant(
        tmp_path_factory: pytest.TempPathFactory, value: str, name: str) -> None:
    root = tmp_path_factory.mktemp("hand")
    (root / "ansible-playbook").write_text(f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]))\n")
    (root / "ansible-playbook").chmod(0o755)
    command = command_by_hand(HandOrder(operation="start", hosts=("web1",), name=name, version=value.strip() or "1",
                                        parameters={"A": value}))
    done = subprocess.run(["sh", "-c", command], cwd=root, env={"PATH": f"{root}:/usr/bin:/bin"}, check=True,
                          timeout=20, capture_output=True)
    words = json.loads(done.stdout)
    assert json.loads(words[-1]) == {"softops_parameters": {"A": value}}
    assert [path.name for path in root.iterdir()] == ["ansible-playbook"]


def test_what_lies_in_a_catalog_beside_its_entries_is_never_run(tmp_path: Path, marker: Path) -> None:
    config = make_home(tmp_path, task="ping:")
    code = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n"
    vault = f"#!/bin/sh\ntouch {marker}\n"
    planted = {"ansible.cfg": "[defaults]\nlibrary = ./library\ncallback_plugins = ./callback_plugins\n"
                              "callbacks_enabled = evil\nvault_password_file = ./vault.sh\n",
               "library/ping.py": code, "action_plugins/ping.py": code, "callback_plugins/evil.py": code,
               "vault.sh": vault, "filter_plugins/evil.py": code, "group_vars/all.yml": TOUCH.format(marker=marker),
               "host_vars/web1.yml": "x: 1\n", "playbooks/install.yml": "- hosts: all\n", "sitecustomize.py": code,
               "ansible/__init__.py": code}
    files = {f"{folder}{name}": text for name, text in planted.items() for folder in ("", "catalog/", "catalog/demo/")}
    commit(tmp_path / "catalog", files)
    service = Service(config)
    service.start()
    try:
        repository = service.repositories.named("catalog")
        report = service.syncer.sync(repository.id)
        image = service.images.find("demo", "1.0")
        job = service.installs.request("install", image, service.servers.choose(names=["web1"]), user="t",
                                       parameters={})
        job = service.installs.wait(job.id, 60)
    finally:
        service.stop()
    assert (report.added, job.status, marker.exists()) == (2, RecordStatus.SUCCESS, False)
    assert {"ansible.cfg", "group_vars", "library", "ping.py"}.isdisjoint(
        path.name for path in config.var_dir.rglob("*"))


def test_a_link_in_a_catalog_shows_no_file_of_this_machine(tmp_path: Path) -> None:
    source = Source(tmp_path / "source")
    source.commit({"catalog/app/software.yml": "x"})
    secret = tmp_path / "secret.key"
    secret.write_text("geheim")
    for number, target in enumerate([secret, "../../../secret.key", "/proc/self/environ", "../../.git/config"]):
        (source.path / f"catalog/app/{number}.j2").symlink_to(target)
    revision = source.commit()
    mirror = GitMirror(tmp_path / "mirrors")
    mirror.resolve(source.url, revision)
    tree = mirror.files(source.url, revision, "catalog")
    assert [path for path, _ in tree.files] == ["app/software.yml"]
    assert [problem.reason for problem in tree.problems] == ["GIT_LINK_OUTSIDE"] * 4


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    service = still_service(tmp_path_factory.mktemp("traversal"))
    some_images(service.database, an_item("demo", "1.0"))
    with served(service) as running:
        yield running
    service.database.close()


@pytest.mark.parametrize("verb", ["install", "start", "upgrade", "rollback", "stop", "restart", "remove"])
@pytest.mark.parametrize("name", ["../../etc", "demo/../../x", "/etc/passwd", ".", "..", "demo\\..\\x", "%2e%2e%2f",
                                  "demo%00", "{{ demo }}"])
def test_a_name_is_never_a_path_for_any_verb(web: Served, verb: str, name: str) -> None:
    with web.client() as client:
        for body in ({"name": name}, {"name": "demo", "servers": [name]}, {"name": "demo", "groups": [name]}):
            answer = client.post(f"/{verb}", json=body)
            assert answer.json()["code"] in {400, 404}, answer.json()
        assert client.get("/job/page").json()["data"]["total"] == 0


@pytest.mark.parametrize(("path", "reason"), [
    ("../x", "GIT_PATH"), ("a/../../x", "GIT_PATH"), ("/../x", "GIT_PATH"), ("x/..", "GIT_PATH"), ("\0", "GIT_PATH"),
    ("a\\..\\..", "GIT_FOLDER_MISSING"), ("..%2f", "GIT_FOLDER_MISSING"), ("--x", "GIT_FOLDER_MISSING")])
def test_a_folder_of_a_repository_is_never_a_way_out(path: str, reason: str, tmp_path: Path) -> None:
    source = Source(tmp_path / "source")
    revision = source.commit({"catalog/a": "1"})
    mirror = GitMirror(tmp_path / "mirrors")
    mirror.resolve(source.url, revision)
    with pytest.raises(GitError) as caught:
        mirror.files(source.url, revision, path)
    assert caught.value.reason == reason
