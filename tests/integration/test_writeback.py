"""writeback.py: commits to a real git repository, read back by the real ansible-inventory."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from softops.desired import Wish, desire_of
from softops.errors import Conflict, SoftopsError
from softops.fleetplan import Source
from softops.inventory import read_inventory
from softops.inventorygit import InventoryGit
from softops.localvars import HEAD, Apps
from softops.writeback import Message, WriteBack, author
from tests.homes import commit, git

MESSAGE = Message(user="王 小明 <x@evil>\nBy: z", subject="Start nginx 1.0 on web1", body="Job 1, record 1.")
FILE = "host_vars/web1/softops.yml"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    directory = tmp_path / "inventory"
    commit(directory, {"hosts.yml": "all: {hosts: {web1: , web2: }}\n"})
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")
    return directory


@pytest.fixture
def writer(inventory: Path, tmp_path: Path) -> WriteBack:
    return WriteBack(InventoryGit(inventory, tmp_path / "var/git"), tmp_path / "var")


def put(name: str, **content: object) -> Callable[[Apps], Apps]:
    def change(apps: Apps) -> Apps:
        return {**apps, name: content}

    return change


def reason_of(writer: WriteBack, host: str = "web1") -> str:
    with pytest.raises(SoftopsError) as caught:
        writer.write(host, put("nginx", version="1.0"), MESSAGE)
    return caught.value.reason


def test_a_change_is_one_commit_of_one_file_by_its_user(writer: WriteBack, inventory: Path) -> None:
    (inventory / "group_vars").mkdir()
    (inventory / "group_vars/all.yml").write_text("a: 1\n")
    git(inventory, "add", "group_vars")
    found = writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    assert found == git(inventory, "rev-parse", "HEAD")
    assert git(inventory, "show", "--name-only", "--format=%an|%ae|%cn|%s|%b").split("\n\n\n") == [
        "王 小明 x@evil By: z|x-evil-By-z@softops|softops|Start nginx 1.0 on web1|Job 1, record 1.",
        FILE]
    assert git(inventory, "status", "--porcelain") == "A  group_vars/all.yml"


def test_ansible_reads_back_literally_what_was_written(writer: WriteBack, inventory: Path, tmp_path: Path) -> None:
    parameters = {"A": "{{ lookup('pipe', 'touch MARKER') }}", "B": "yes", "C": "1.10", "D": "你好\n\t'\"", "E": True}
    writer.write("web1", put("nginx", version="1.10", parameters=parameters), MESSAGE)
    hosts = {host.name: host for host in read_inventory(inventory, home=tmp_path)}
    assert desire_of("web1", hosts["web1"].apps).wishes == (
        Wish(name="nginx", version="1.10", parameters=parameters, variable="softops_apps_local"),)
    assert hosts["web2"].apps == {}
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("ansible")), "-i", str(inventory), "web1",
         "-m", "ansible.builtin.debug", "-a", "var=softops_apps_local"],
        capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "lookup('pipe', 'touch MARKER')" in shown.stdout
    assert not list(tmp_path.rglob("MARKER"))


def test_a_second_change_keeps_the_first_and_the_same_again_is_no_commit(writer: WriteBack, inventory: Path) -> None:
    writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    writer.write("web1", put("redis", version="7"), MESSAGE)
    assert writer.write("web1", put("redis", version="7"), MESSAGE) is None
    assert (inventory / FILE).read_text() == HEAD + (
        '---\nsoftops_apps_local:\n  nginx:\n    version: "1.0"\n  redis:\n    version: "7"\n')
    assert git(inventory, "rev-list", "--count", "HEAD") == "3"


def test_uncommitted_changes_of_the_file_are_never_lost(writer: WriteBack, inventory: Path) -> None:
    writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    mine = (inventory / FILE).read_text() + "# mine\n"
    (inventory / FILE).write_text(mine)
    assert reason_of(writer) == "WRITE_BACK_CHANGED"
    assert (inventory / FILE).read_text() == mine


def test_a_file_of_somebody_else_is_left_alone(writer: WriteBack, inventory: Path) -> None:
    commit(inventory, {FILE: "softops_apps_local: {}\n"})
    assert reason_of(writer) == "WRITE_BACK_FOREIGN"


@pytest.mark.parametrize(("name", "word"), [("MERGE_HEAD", "merge"), ("rebase-merge/x", "rebase")])
def test_nothing_is_committed_in_the_middle_of_something(writer: WriteBack, inventory: Path, name: str,
                                                         word: str) -> None:
    path = inventory / ".git" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(git(inventory, "rev-parse", "HEAD") + "\n")
    with pytest.raises(Conflict) as caught:
        writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    assert (caught.value.reason, caught.value.params["doing"]) == ("WRITE_BACK_BUSY", word)


def test_nothing_is_committed_without_a_branch_or_a_repository(writer: WriteBack, inventory: Path,
                                                              tmp_path: Path) -> None:
    git(inventory, "checkout", "-q", "--detach")
    assert reason_of(writer) == "WRITE_BACK_DETACHED"
    (tmp_path / "plain").mkdir()
    assert reason_of(WriteBack(InventoryGit(tmp_path / "plain", tmp_path / "var/git"), tmp_path / "var")) == (
        "WRITE_BACK_NO_GIT")


@pytest.mark.parametrize("host", ["../web1", ".git", "a/b", "", "web1\n"])
def test_names_that_are_no_directories_are_refused(writer: WriteBack, host: str) -> None:
    assert reason_of(writer, host) == "WRITE_BACK_NAME"


def test_a_file_that_ansible_would_no_longer_read_is_named(writer: WriteBack, inventory: Path) -> None:
    commit(inventory, {"host_vars/web1.yml": "a: 1\n"})
    assert reason_of(writer) == "WRITE_BACK_SHADOW"
    assert not (inventory / "host_vars/web1").exists()


def test_a_link_out_of_the_repository_is_refused(writer: WriteBack, inventory: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (inventory / "host_vars").symlink_to(tmp_path / "outside")
    assert reason_of(writer) == "WRITE_BACK_LINK"
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_lock_that_a_killed_git_left_is_told_and_nothing_stays_behind(writer: WriteBack, inventory: Path) -> None:
    (inventory / ".git/index.lock").write_text("")
    with pytest.raises(SoftopsError) as caught:
        writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    assert caught.value.reason == "WRITE_BACK_FAILED"
    assert "index.lock" in caught.value.text("en")
    (inventory / ".git/index.lock").unlink()
    assert git(inventory, "status", "--porcelain") == ""
    assert writer.write("web1", put("nginx", version="1.0"), MESSAGE)


class Killed(BaseException):
    """Stands for the end of the process."""


def test_what_a_killed_softops_had_written_is_committed_by_the_next(
        writer: WriteBack, inventory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git_of, run = InventoryGit(inventory, tmp_path / "var/git"), InventoryGit.run

    def die(self: InventoryGit, *words: str, **more: object) -> object:
        if words[0] == "add":
            raise Killed
        return run(self, *words, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(InventoryGit, "run", die)
        with pytest.raises(Killed):
            writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    assert git_of.source().changed
    assert writer.write("web1", put("nginx", version="1.0"), MESSAGE)
    assert not git_of.source().changed


def test_many_at_once_lose_nothing(inventory: Path, tmp_path: Path) -> None:
    def work(number: int) -> None:
        own = WriteBack(InventoryGit(inventory, tmp_path / "var/git"), tmp_path / "var")
        own.write(f"web{number % 2 + 1}", put(f"app{number}", version="1"), MESSAGE)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert git(inventory, "rev-list", "--count", "HEAD") == "9"
    apps = [name for host in read_inventory(inventory, home=tmp_path) for name in host.apps["softops_apps_local"]]
    assert sorted(apps) == [f"app{number}" for number in range(8)]


def test_the_source_of_a_plan_is_the_commit_and_whether_files_differ(inventory: Path, tmp_path: Path) -> None:
    found = InventoryGit(inventory, tmp_path / "var/git")
    head = git(inventory, "rev-parse", "HEAD")
    assert found.source() == Source(commit=head)
    (inventory / "new.yml").write_text("")
    assert found.source() == Source(commit=head, changed=True)
    assert InventoryGit(tmp_path, tmp_path / "var/git").source() == Source()


@pytest.mark.parametrize(("user", "wanted"), [
    ("alice", "alice <alice@softops>"), ("", "softops <softops@softops>"), ("<>", "softops <softops@softops>"),
    ("你好", "你好 <user@softops>"), ("a b", "a b <a-b@softops>")])
def test_users_become_authors(user: str, wanted: str) -> None:
    assert author(user) == wanted
