"""`softops repo` against a real server: catalogs come, are seen before they are confirmed, and go."""

from pathlib import Path

import httpx

from tests.acceptance.conftest import GREETER, Shell, names
from tests.demo.serving import Serving
from tests.homes import commit, git
from tests.waiting import wait_until


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


def test_the_secret_of_a_webhook_is_shown_once_and_works(shell: Shell, softops: Serving, tmp_path: Path) -> None:
    text = GREETER.format(registry="registry.invalid").replace("greeter", "hookware")
    commit(tmp_path / "hooked", {"soft/hookware/software.yml": text})
    assert shell("repo", "add", "hooked", str(tmp_path / "hooked"), "--path", "soft", "--interval", "0").code == 0
    made = shell("repo", "webhook", "hooked").out
    url, secret = (line.partition(": ")[2] for line in made.splitlines()[1:])
    assert (url.endswith("/api/system/soft/webhook/hooked"), len(secret)) == (True, 43)
    assert secret not in shell("repo", "list", "--json").out
    git(tmp_path / "hooked", "branch", "-M", "trunk")
    pushed = commit(tmp_path / "hooked", {"soft/hookware/software.yml": text + "# more\n"})
    body = '{"ref": "refs/heads/trunk", "project": {"default_branch": "trunk"}}'
    answer = httpx.post(f"{softops.url}/api/system/soft/webhook/hooked", content=body, trust_env=False,
                        headers={"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": secret})
    assert (answer.status_code, answer.json()["data"]) == (202, {"repository": "hooked", "syncs": True})
    wait_until(lambda: {row["name"]: row["commit"] for row in shell("repo", "list", "--json").document}["hooked"]
               == pushed, timeout=30)
    assert shell("repo", "webhook", "hooked", "--off").out == "hooked takes no webhooks any more.\n"
    assert httpx.post(f"{softops.url}/api/system/soft/webhook/hooked", content=body, trust_env=False,
                      headers={"X-Gitlab-Token": secret}).status_code == 404
    assert shell("repo", "remove", "hooked").code == 0
