"""The files of a commit, read straight from git's objects: no hook, filter or checkout is involved."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from softops.errors import GitError
from softops.gitaddress import shown
from softops.gitstore import Store
from softops.problems import Problem, shortened

MAX_FILE = 1024 * 1024
"""Bytes of the largest file that is read."""
MAX_FILES = 200_000
MAX_TOTAL = 512 * 1024 * 1024
"""Bytes that are read in all."""
MAX_NAMED = 20
"""Folders that an error names."""
MAX_LINKS = 8
"""Links to links that are followed."""

_TREE = re.compile(rb"tree ([0-9a-f]+)")
_LFS = b"version https://git-lfs.github.com/spec/v1\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """The files below a folder, and what of it was not read."""

    files: tuple[tuple[str, bytes], ...]
    """Path (posix, relative to the folder) and content, in the order of the paths."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Listed:
    mode: str
    blob: str
    size: int
    path: str


def read_tree(store: Store, commit: str, folder: str) -> Tree:
    """Every file below `folder` ("" for the whole) at a commit that is in the store."""
    listed = tuple(_list(store, _find_folder(store, commit, folder)))
    problems: list[Problem] = []
    wanted = [one for one in listed if _is_read(one, problems)]
    contents = dict(zip((one.path for one in wanted), _contents(store, wanted), strict=True))
    links = {one.path: contents.pop(one.path) for one in wanted if one.mode == "120000"}
    for path in [path for path, content in contents.items() if content.startswith(_LFS)]:
        del contents[path]
        problems.append(Problem(path=path, reason="GIT_LFS", warning=True))
    for path in links:
        found = _follow(path, links, contents)
        if isinstance(found, Problem):
            problems.append(found)
        else:
            contents[path] = contents[found]
    return Tree(files=tuple(sorted(contents.items())), problems=tuple(problems))


def _find_folder(store: Store, commit: str, folder: str) -> str:
    """The id of the folder's tree."""
    asked = f"{commit}^{{tree}}\n{commit}:{folder}\n"
    done = store.run("cat-file", "--batch-check=%(objecttype) %(objectname)", given=asked.encode(), check=False)
    answers = [_TREE.fullmatch(line) for line in done.output.split(b"\n")[:2]]
    if len(answers) != 2 or answers[0] is None:
        raise GitError("GIT_DAMAGED", url=store.address.url, detail=done.detail)
    if answers[1] is not None:
        return answers[1][1].decode()
    top = store.run("ls-tree", "-d", "-z", "--name-only", commit, check=False).output.decode("utf-8", "replace")
    choices = ", ".join(top.strip("\0").split("\0")[:MAX_NAMED]) or "-"
    raise GitError("GIT_FOLDER_MISSING", url=store.address.url, path=shown(folder), commit=commit[:12],
                   choices=shown(choices))


def _list(store: Store, tree: str) -> Iterator[_Listed]:
    done = store.run("ls-tree", "-r", "-z", "-l", tree, check=False)
    if done.code != 0:
        raise GitError("GIT_DAMAGED", url=store.address.url, detail=done.detail)
    lines = done.output.split(b"\0")[:-1]
    if len(lines) > MAX_FILES:
        raise GitError("GIT_TOO_MUCH", url=store.address.url, files=MAX_FILES, size=MAX_TOTAL // 1024 ** 2)
    for line in lines:
        about, _, path = line.partition(b"\t")
        mode, _kind, blob, size = about.decode().split()
        yield _Listed(mode=mode, blob=blob, size=int(size) if size.isdecimal() else 0,
                      path=path.decode("utf-8", "backslashreplace"))


def _is_read(one: _Listed, problems: list[Problem]) -> bool:
    """Whether the content is wanted; otherwise a problem says why not."""
    if one.mode == "160000":
        problems.append(Problem(path=one.path, reason="GIT_SUBMODULE", warning=True))
    elif one.size > MAX_FILE:
        problems.append(Problem(path=one.path, reason="GIT_FILE_TOO_LARGE", warning=True,
                                params={"limit": MAX_FILE // 1024}))
    elif any(part in {"", ".", ".."} for part in one.path.split("/")):
        problems.append(Problem(path=one.path, reason="GIT_PATH_ODD"))
    else:
        return True
    return False


def _contents(store: Store, wanted: Iterable[_Listed]) -> Iterator[bytes]:
    """The contents in the same order."""
    wanted = tuple(wanted)
    if sum(one.size for one in wanted) > MAX_TOTAL:
        raise GitError("GIT_TOO_MUCH", url=store.address.url, files=MAX_FILES, size=MAX_TOTAL // 1024 ** 2)
    if not wanted:
        return
    done = store.run("cat-file", "--batch", given="".join(f"{one.blob}\n" for one in wanted).encode(), check=False)
    output, at = memoryview(done.output), 0
    for one in wanted:
        header = f"{one.blob} blob {one.size}\n".encode()
        begin = at + len(header)
        at = begin + one.size + 1
        if output[begin - len(header):begin] != header or len(output) < at:
            raise GitError("GIT_DAMAGED", url=store.address.url, detail=done.detail)
        yield bytes(output[begin:at - 1])


def _follow(path: str, links: Mapping[str, bytes], contents: Mapping[str, bytes]) -> str | Problem:
    """The file that a symbolic link leads to inside the folder, or why it can't be followed."""
    here = path
    for _ in range(MAX_LINKS):
        target = links[here].decode("utf-8", "backslashreplace")
        aim = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
        if target.startswith("/") or aim == ".." or aim.startswith("../"):
            return Problem(path=path, reason="GIT_LINK_OUTSIDE", params={"target": shortened(target)})
        if aim not in links:
            break
        here = aim
    if aim in contents and aim not in links:
        return aim
    return Problem(path=path, reason="GIT_LINK_TARGET", params={"target": shortened(target)})
