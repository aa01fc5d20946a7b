"""`softops repo` against a real server: catalogs come, are seen before they are confirmed, and go."""

from pathlib import Path

from tests.acceptance.conftest import GREETER, Shell, names
from tests.demo.serving import Serving
from tests.homes import commit, git


def test_a_repository_is_added_listed_and_removed(shell: Shell, softops: Serving, tmp_path: Path) -> None:
    text = GREETER.format(registry="registry.invalid").replace("greeter", "teamware")
    commit(tmp_path / "team", {"soft/teamware/software.yml": text})
    added = shell("repo", "add", "team", str(tmp_path / "team"), "--path", "soft", "--interval", "0")
    assert (added.code, added.err) == (0, "")
    assert ": 2 added, 0 changed, 0 retired, 0 unchanged" in added.out
    assert names(shell("repo", "list", "--json").document, "name") == ["catalog", "team"]
    listed = shell("repo", "list").out.splitlines()
    assert [line.split()[1:3] for line in listed if " team " in line] == [["team", "OK"]]
    shown = shell("sync", "team", "--confirm", "--commit", "0000000")
    assert (shown.code, "is at commit" in shown.out) == (1, True)
    removed = shell("repo", "remove", "team")
    assert (removed.code, removed.out) == (
        0, "team is removed; its software is retired. What is on servers stays as it is.\n")
    assert names(shell("repo", "list", "--json").document, "name") == ["catalog"]
    assert names(shell("list", "--name", "teamware", "--all", "--json").document, "systemSoftImageStatus") == [
        "RETIRED", "RETIRED"]
    assert shell("repo", "remove", "team").code == 2


def test_a_repository_that_can_not_be_read_is_told_at_once(shell: Shell, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "empty")
    added = shell("repo", "add", "empty", str(tmp_path / "empty"), "--interval", "0")
    assert (added.code, "empty: FAILED" in added.out) == (1, True)
    assert shell("repo", "remove", "empty").code == 0
    assert shell("repo", "add", "odd", "--", "--upload-pack=x").code == 2
    assert shell("repo", "add", "catalog", str(tmp_path)).code == 1
