"""gittree.py: the files of a commit, read from git's objects."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from softops.catalog import parse_catalog
from softops.git import GitMirror
from softops.problems import Problem
from tests.bench.catalog_repo import make_repository
from tests.integration.source import ENTRY, Source, refused


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


@pytest.fixture
def mirror(tmp_path: Path) -> GitMirror:
    return GitMirror(tmp_path / "mirrors")


def test_folders(source: Source, mirror: GitMirror) -> None:
    commit = source.commit({"top": "0", "catalog/app/software.yml": ENTRY, "my -x: dir/sub/f": "1", "-dash/f": "2"})
    mirror.resolve(source.url, commit)
    assert mirror.files(source.url, commit, "catalog").files == (("app/software.yml", ENTRY.encode()),)
    assert mirror.files(source.url, commit, "/my -x: dir/").files == (("sub/f", b"1"),)
    assert mirror.files(source.url, commit, "-dash").files == (("f", b"2"),)
    assert len(mirror.files(source.url, commit).files) == 4
    for folder in ("catalogue", "top", "catalog/app/software.yml", "my missing", "x tree y"):
        error = refused(lambda folder=folder: mirror.files(source.url, commit, folder))
        assert (error.reason, error.params["choices"]) == ("GIT_FOLDER_MISSING", "-dash, catalog, my -x: dir")
    assert refused(lambda: mirror.files(source.url, commit, "../etc")).reason == "GIT_PATH"


def test_strange_names_and_contents_arrive_as_they_are(source: Source, mirror: GitMirror) -> None:
    files: dict[str, str | bytes] = {
        "empty": "", "bin": bytes(range(256)) * 9, "中/文.yml": "x", "a\tb": "t", "a\nb": "n", '"q"': "q",
        "crlf": "a\r\nb", "blob 3\n": "xyz"}
    commit = source.commit(files)
    (source.path / "run").write_text("#!/bin/sh\n")
    (source.path / "run").chmod(0o755)
    commit = source.commit()
    mirror.resolve(source.url, commit)
    expected = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    assert dict(mirror.files(source.url, commit).files) == expected | {"run": b"#!/bin/sh\n"}


def test_links_submodules_and_what_else_is_not_read(source: Source, mirror: GitMirror, tmp_path: Path) -> None:
    other = Source(tmp_path / "other")
    other.commit({"x": "1"})
    source.commit({"outside": "secret", "catalog/real/f": "real", "catalog/big": b"x" * (1024 * 1024 + 1),
                   "catalog/lfs": "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"})
    source.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "--", other.url, "catalog/module")
    links = {"good": "real/f", "chain": "good", "real/back": "../good", "up": "../outside", "absolute": "/etc/passwd",
             "loop": "loop", "folder": "real", "gone": "nothing", "sly": "real/../../outside"}
    for name, target in links.items():
        (source.path / "catalog" / name).symlink_to(target)
    commit = source.commit()
    mirror.resolve(source.url, commit)
    tree = mirror.files(source.url, commit, "catalog")
    assert tree.files == (("chain", b"real"), ("good", b"real"), ("real/back", b"real"), ("real/f", b"real"))
    assert sorted(tree.problems, key=lambda one: one.path) == [
        Problem(path="absolute", reason="GIT_LINK_OUTSIDE", params={"target": "/etc/passwd"}),
        Problem(path="big", reason="GIT_FILE_TOO_LARGE", params={"limit": 1024}, warning=True),
        Problem(path="folder", reason="GIT_LINK_TARGET", params={"target": "real"}),
        Problem(path="gone", reason="GIT_LINK_TARGET", params={"target": "nothing"}),
        Problem(path="lfs", reason="GIT_LFS", warning=True),
        Problem(path="loop", reason="GIT_LINK_TARGET", params={"target": "loop"}),
        Problem(path="module", reason="GIT_SUBMODULE", warning=True),
        Problem(path="sly", reason="GIT_LINK_OUTSIDE", params={"target": "real/../../outside"}),
        Problem(path="up", reason="GIT_LINK_OUTSIDE", params={"target": "../outside"})]


def test_a_tree_with_a_path_that_leads_out_is_not_followed(source: Source, mirror: GitMirror) -> None:
    source.commit({"f": "x"})
    blob = source.git("rev-parse", "HEAD:f")
    inner = source.git("mktree", given=f"100644 blob {blob}\tf\n")
    outer = source.git("mktree", given=f"040000 tree {inner}\t..\n")
    commit = source.git("commit-tree", outer, "-m", "evil")
    source.git("branch", "evil", commit)
    assert mirror.resolve(source.url, "evil") == commit
    tree = mirror.files(source.url, commit)
    assert (tree.files, tree.problems) == ((), (Problem(path="../f", reason="GIT_PATH_ODD"),))


def test_from_git_to_a_catalog(source: Source, mirror: GitMirror) -> None:
    source.commit({"catalog/app/software.yml": ENTRY, "catalog/README.md": "x", "secret.yml": ENTRY})
    (source.path / "catalog/linked").mkdir()
    (source.path / "catalog/linked/software.yml").symlink_to("../../secret.yml")
    commit = source.commit()
    mirror.resolve(source.url, commit)
    tree = mirror.files(source.url, commit, "catalog")
    catalog = parse_catalog(tree.files, tree.problems)
    assert (list(catalog.items), catalog.broken) == ([("app", "1.0")], {"linked"})
    assert [problem.text("en") for problem in catalog.problems] == [
        "linked/software.yml: The link to ../../secret.yml leads out of the catalog and is not followed. Put the file "
        "itself here."]


def test_ten_thousand_entries_are_read_quickly(mirror: GitMirror, tmp_path: Path) -> None:
    url = str(make_repository(tmp_path / "large.git", 10_000))
    begin = time.process_time()
    commit = mirror.resolve(url, "main")
    tree = mirror.files(url, commit, "catalog")
    catalog = parse_catalog(tree.files, tree.problems)
    taken = time.process_time() - begin
    assert (len(catalog.items), catalog.problems) == (10_000, ())
    assert taken < 10
