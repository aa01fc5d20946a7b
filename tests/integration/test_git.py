"""git.py: any ref of any repository, whatever happened to the mirror."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from softops.git import GitMirror
from tests.bench.catalog_repo import make_repository
from tests.integration.source import Source, git, refused

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


@pytest.fixture
def mirror(tmp_path: Path) -> GitMirror:
    return GitMirror(tmp_path / "mirrors")


def store_of(tmp_path: Path) -> Path:
    [path] = (tmp_path / "mirrors").glob("*.git")
    return path


def marker_of(tmp_path: Path) -> Path:
    return store_of(tmp_path).with_suffix(".writing")


def test_every_way_to_name_a_commit(source: Source, mirror: GitMirror) -> None:
    first = source.commit({"a": "1"}, "first")
    source.git("tag", "light")
    source.git("tag", "--annotate", "--message", "x", "v1.0")
    source.git("checkout", "--quiet", "-b", "feature/x")
    second = source.commit({"a": "2"}, "second")
    expected = {"HEAD": second, "main": first, "feature/x": second, "light": first, "v1.0": first,
                "refs/heads/main": first, "refs/tags/v1.0": first, first: first, second: second,
                first[:9]: first, second[:7]: second}
    for _ in range(2):
        assert {ref: mirror.resolve(source.url, ref) for ref in expected} == expected
    assert mirror.files(source.url, first).files == (("a", b"1"),)
    assert mirror.files(source.url, second).files == (("a", b"2"),)


def test_a_commit_is_found_without_asking_for_a_branch_first(source: Source, mirror: GitMirror) -> None:
    first = source.commit({"a": "1"})
    source.commit({"a": "2"})
    assert mirror.resolve(source.url, first[:10]) == first
    assert mirror.files(source.url, first).files == (("a", b"1"),)


def test_a_branch_wins_over_a_tag_and_a_name_over_a_commit(source: Source, mirror: GitMirror) -> None:
    first = source.commit({"a": "1"})
    source.git("tag", "same")
    second = source.commit({"a": "2"})
    source.git("branch", "same")
    source.git("branch", "abcdef1")
    assert (mirror.resolve(source.url, "same"), mirror.resolve(source.url, "abcdef1")) == (second, second)
    assert mirror.resolve(source.url, "refs/tags/same") == first


def test_a_new_commit_and_a_force_push_are_seen(source: Source, mirror: GitMirror) -> None:
    first = source.commit({"a": "1"})
    second = source.commit({"a": "2"})
    assert mirror.resolve(source.url, "main") == second
    source.git("reset", "--quiet", "--hard", first)
    third = source.commit({"b": "3"})
    assert mirror.resolve(source.url, "main") == third
    assert mirror.files(source.url, third).files == (("a", b"1"), ("b", b"3"))
    source.git("reflog", "expire", "--expire=now", "--all")
    source.git("gc", "--quiet", "--prune=now")
    assert mirror.resolve(source.url, second) == second
    assert mirror.files(source.url, second).files == (("a", b"2"),)


def test_an_unchanged_repository_costs_little(source: Source, mirror: GitMirror) -> None:
    source.commit({"a": "1"})
    commit = mirror.resolve(source.url, "main")
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        assert mirror.resolve(source.url, "main") == commit
        taken.append(time.perf_counter() - begin)
    assert min(taken) < 0.3


def test_a_pinned_commit_needs_no_repository_any_more(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    commit = source.commit({"a": "1"})
    mirror.resolve(source.url, commit)
    source.path.rename(tmp_path / "away")
    assert mirror.resolve(source.url, commit) == commit
    assert refused(lambda: mirror.resolve(source.url, "main")).reason == "GIT_UNREACHABLE"


def test_a_deleted_branch_is_named_with_those_that_exist(source: Source, mirror: GitMirror) -> None:
    source.commit({"a": "1"})
    source.git("branch", "old")
    mirror.resolve(source.url, "old")
    source.git("branch", "--delete", "old")
    source.git("branch", "new")
    error = refused(lambda: mirror.resolve(source.url, "old"))
    assert error.text("en") == f"The repository {source.url} has no branch or tag old. It has: main, new."
    assert mirror.resolve(source.url, "new")


@pytest.mark.parametrize(("ref", "reason"), [
    ("nothing", "GIT_REF_MISSING"), ("abcdef123", "GIT_COMMIT_MISSING"), ("a" * 40, "GIT_COMMIT_MISSING"),
    ("refs/heads/nothing", "GIT_REF_MISSING"), ("blob", "GIT_NOT_A_COMMIT"), ("--upload-pack=touch x", "GIT_REF"),
    ("HEAD:a", "GIT_REF"), ("main^{tree}", "GIT_REF")])
def test_what_leads_to_no_commit(source: Source, mirror: GitMirror, ref: str, reason: str) -> None:
    source.commit({"a": "1"})
    source.git("tag", "blob", "HEAD:a")
    for _ in range(2):
        assert refused(lambda: mirror.resolve(source.url, ref)).reason == reason
    assert mirror.resolve(source.url, "main")


def test_an_empty_repository_and_none_at_all(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    assert refused(lambda: mirror.resolve(source.url, "HEAD")).reason == "GIT_EMPTY"
    assert refused(lambda: mirror.resolve(str(tmp_path / "nowhere"), "HEAD")).reason == "GIT_UNREACHABLE"
    source.commit({"a": "1"})
    assert mirror.resolve(source.url, "HEAD") == source.git("rev-parse", "HEAD")


def test_head_without_its_branch_names_the_others(source: Source, mirror: GitMirror) -> None:
    source.commit({"a": "1"})
    source.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    error = refused(lambda: mirror.resolve(source.url, "HEAD"))
    assert (error.reason, error.params["choices"]) == ("GIT_REF_MISSING", "main")


def test_nothing_of_a_repository_ever_runs(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    marker = tmp_path / "MARKER"
    evil = f"touch {marker}"
    source.commit({".gitattributes": "* filter=evil\n", "catalog/ansible.cfg": "[defaults]\nlibrary = .\n", "a": "1"})
    for hook in ("post-checkout", "post-merge", "pre-push", "reference-transaction", "post-rewrite", "fsmonitor"):
        file = source.path / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{evil}\n")
        file.chmod(0o755)
    for key in ("filter.evil.smudge", "core.fsmonitor", "core.pager", "core.sshCommand", "uploadpack.packObjectsHook",
                "core.gitProxy", "diff.external"):
        source.git("config", key, evil)
    commit = mirror.resolve(source.url, "main")
    assert dict(mirror.files(source.url, commit).files)["a"] == b"1"
    assert not marker.exists()
    assert list((tmp_path / "mirrors").rglob("ansible.cfg")) == []


def test_the_user_s_own_git_settings_do_not_matter(source: Source, mirror: GitMirror, tmp_path: Path,
                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    commit = source.commit({"a": "1"})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(f"[url \"/nowhere\"]\n\tinsteadOf = {source.url}\n[broken\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    for name in ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_CONFIG_PARAMETERS", "GIT_EXEC_PATH"):
        monkeypatch.setenv(name, "/nowhere")
    assert mirror.resolve(source.url, "main") == commit
    assert mirror.files(source.url, commit).files == (("a", b"1"),)


@pytest.mark.parametrize("url", ["ext::sh -c 'touch X'", "--upload-pack=touch X", "-oProxyCommand=x:y", "fd::3"])
def test_an_address_is_never_an_option_or_command(mirror: GitMirror, url: str) -> None:
    assert refused(lambda: mirror.resolve(url, "HEAD")).reason == "GIT_URL"


def test_a_repository_of_another_user_can_be_read(source: Source, mirror: GitMirror) -> None:
    commit = source.commit({"a": "1"})
    subprocess.run(["chown", "-R", "nobody", str(source.path)], check=True)
    assert mirror.resolve(source.url, "main") == commit
    assert mirror.files(source.url, commit).files == (("a", b"1"),)


def test_a_shallow_clone_and_a_sha256_repository_can_be_read(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    source.commit({"a": "1"})
    commit = source.commit({"a": "2"})
    git("clone", "--quiet", "--depth=1", f"file://{source.path}", str(tmp_path / "shallow"))
    assert mirror.resolve(str(tmp_path / "shallow"), "main") == commit
    assert mirror.files(str(tmp_path / "shallow"), commit).files == (("a", b"2"),)
    modern = Source(tmp_path / "modern", "--object-format=sha256")
    long = modern.commit({"b": "3"})
    assert (len(long), mirror.resolve(modern.url, "HEAD"), mirror.resolve(modern.url, long)) == (64, long, long)
    assert mirror.files(modern.url, long).files == (("b", b"3"),)


def test_a_mirror_that_a_killed_process_left_is_made_anew(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    first = source.commit({"a": "1"})
    mirror.resolve(source.url, "main")
    store = store_of(tmp_path)
    for pack in store.glob("objects/pack/*"):
        pack.write_bytes(b"half")
    (store / "refs/softops/tip.lock").write_bytes(b"")
    (store / "config.lock").write_bytes(b"")
    marker_of(tmp_path).touch()
    assert mirror.resolve(source.url, "main") == first
    assert mirror.files(source.url, first).files == (("a", b"1"),)
    assert not marker_of(tmp_path).exists()


def test_a_mirror_whose_locks_are_stale_is_made_anew(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    source.commit({"a": "1"})
    mirror.resolve(source.url, "main")
    (store_of(tmp_path) / "refs/softops/tip.lock").write_bytes(b"")
    second = source.commit({"a": "2"})
    assert mirror.resolve(source.url, "main") == second
    assert mirror.files(source.url, second).files == (("a", b"2"),)


def test_a_damaged_mirror_says_so_once(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    commit = source.commit({"a": "1"})
    mirror.resolve(source.url, "main")
    for pack in store_of(tmp_path).glob("objects/pack/*.pack"):
        pack.unlink()
    assert refused(lambda: mirror.files(source.url, commit)).reason == "GIT_DAMAGED"
    assert mirror.resolve(source.url, "main") == commit
    assert mirror.files(source.url, commit).files == (("a", b"1"),)


PROGRAM = ("import sys; from pathlib import Path; from softops.git import GitMirror; "
           "print(GitMirror(Path(sys.argv[1])).resolve(sys.argv[2], 'main'))")


def resolving(root: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, str(root), url], cwd=ROOT, stdout=subprocess.PIPE,
                            text=True, start_new_session=True)


def test_a_process_killed_in_the_middle_of_a_fetch_leaves_nothing_wrong(tmp_path: Path) -> None:
    url = str(make_repository(tmp_path / "large.git", 3000))
    root = tmp_path / "mirrors"
    process = resolving(root, url)
    while process.poll() is None and not list(root.glob("*.writing")):
        pass
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    mirror = GitMirror(root)
    commit = mirror.resolve(url, "main")
    assert len(mirror.files(url, commit, "catalog").files) == 3000
    assert list(root.glob("*.writing")) == []


def test_processes_that_fetch_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    url = str(make_repository(tmp_path / "large.git", 500))
    processes = [resolving(tmp_path / "mirrors", url) for _ in range(4)]
    found = {process.communicate()[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0, 0]
    [commit] = found
    assert len(GitMirror(tmp_path / "mirrors").files(url, commit, "catalog").files) == 500


def test_a_root_that_can_not_be_written_says_so(source: Source, tmp_path: Path) -> None:
    source.commit({"a": "1"})
    (tmp_path / "file").write_text("")
    assert refused(lambda: GitMirror(tmp_path / "file" / "x").resolve(source.url, "HEAD")).reason == "GIT_ROOT"


def test_a_machine_without_git_says_so(source: Source, mirror: GitMirror, tmp_path: Path,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert refused(lambda: mirror.resolve(source.url, "HEAD")).reason == "GIT_NOT_INSTALLED"
