"""Commits what was done by hand to the git repository of the inventory: one file per host, nothing else."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from softops.errors import Conflict, GitError
from softops.gitcommand import Done
from softops.inventorygit import InventoryGit
from softops.localvars import Apps, local_apps, local_text
from softops.playbooks import HOSTNAME
from softops.problems import printable, shortened

NAME = "softops.yml"
BUSY = {"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert", "rebase-merge": "rebase",
        "rebase-apply": "rebase", "BISECT_LOG": "bisect"}
"""What lies in .git while somebody is in the middle of something."""
IDENTITY = {"user.name": "softops", "user.email": "softops@softops", "core.autocrlf": "false",
            "core.hooksPath": "/dev/null"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What the commit says."""

    user: str
    subject: str
    body: str


class WriteBack:
    """Changes the files; one at a time, also among processes on this machine. Conflict or GitError when the
    repository is not in a state in which a commit is safe: nothing is changed then."""

    def __init__(self, git: InventoryGit, root: Path) -> None:
        """`root` is a directory of softops for its lock and for the note of what it is writing."""
        self._git = git
        self._root = root

    def write(self, host: str, change: Callable[[Apps], Apps], message: Message) -> str | None:
        """The commit after which the file of `host` says what `change` makes of it; None when it says so already."""
        if not HOSTNAME.fullmatch(host):
            raise Conflict("WRITE_BACK_NAME", host=host)
        path = self._git.directory / "host_vars" / host / NAME
        with self._alone():
            self._check_repository(path)
            before = path.read_text("utf-8") if path.exists() else None
            apps = local_apps(before) if before is not None else {}
            after = local_text(change(apps))
            if not self._differs(path) and (after == before or (before is None and after == local_text({}))):
                return None
            return self._commit(path, before, after, message)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._root / "write-back.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _check_repository(self, path: Path) -> None:
        state = self._run("rev-parse", "--absolute-git-dir", "--is-inside-work-tree")
        directory = Path(os.fsdecode(state.output.splitlines()[0])) if state.code == 0 else None
        if directory is None:
            raise Conflict("WRITE_BACK_NO_GIT", path=self._git.directory)
        doing = next((word for name, word in BUSY.items() if (directory / name).exists()), None)
        if doing is not None:
            raise Conflict("WRITE_BACK_BUSY", path=self._git.directory, doing=doing)
        if self._run("symbolic-ref", "--quiet", "HEAD").code != 0:
            raise Conflict("WRITE_BACK_DETACHED", path=self._git.directory)
        self._check_place(path)
        if self._differs(path) and not self._is_ours(path):
            raise Conflict("WRITE_BACK_CHANGED", path=path)

    def _check_place(self, path: Path) -> None:
        folder = path.parent
        if path.is_symlink() or folder.is_symlink() or folder.parent.is_symlink():
            raise Conflict("WRITE_BACK_LINK", path=path)
        # Ansible reads the directory instead of the file as soon as there is one.
        single = [one for one in (folder, *(Path(f"{folder}{ending}") for ending in (".yml", ".yaml", ".json")))
                  if one.is_file()]
        if single and not folder.is_dir():
            raise Conflict("WRITE_BACK_SHADOW", path=single[0], better=folder / "main.yml")

    def _differs(self, path: Path) -> bool:
        """Whether the file is not as the last commit has it."""
        status = self._must("status", "--porcelain", "-z", "--untracked-files=all", "--ignored", "--", str(path))
        return bool(status.output)

    def _is_ours(self, path: Path) -> bool:
        """Whether softops itself left the file like that when it was ended in the middle."""
        with contextlib.suppress(OSError):
            return self._pending.read_text("utf-8") == _mark(path, path.read_bytes())
        return False

    @property
    def _pending(self) -> Path:
        return self._root / "write-back.pending"

    def _commit(self, path: Path, before: str | None, after: str, message: Message) -> str:
        try:
            self._pending.write_text(_mark(path, after.encode()), "utf-8")
            _replace(path, after)
            self._must("add", "--", str(path))
            self._must("commit", "--quiet", "--only", "--no-verify", "--no-gpg-sign", "--author", author(message.user),
                       "-m", message.subject, "-m", message.body, "--", str(path))
        except (GitError, OSError) as exc:
            self._give_back(path, before)
            if isinstance(exc, OSError):
                raise Conflict("WRITE_BACK_FAILED", path=path, problem=exc.strerror) from exc
            raise
        self._pending.unlink(missing_ok=True)
        return self._must("rev-parse", "HEAD").output.decode().strip()

    def _give_back(self, path: Path, before: str | None) -> None:
        with contextlib.suppress(OSError):
            if before is None:
                path.unlink(missing_ok=True)
            else:
                _replace(path, before)
        self._run("reset", "--quiet", "--", str(path))
        self._pending.unlink(missing_ok=True)

    def _run(self, *words: str) -> Done:
        return self._git.run(*words, settings=IDENTITY)

    def _must(self, *words: str) -> Done:
        done = self._run(*words)
        if done.code != 0:
            raise GitError("WRITE_BACK_FAILED", path=self._git.directory, problem=_first(done))
        return done


def _first(done: Done) -> str:
    """What git said first: what follows is advice."""
    lines = done.errors.decode("utf-8", "replace").strip().splitlines()
    return printable(shortened(lines[0].removeprefix("fatal: "), 300)) if lines else done.detail


def author(user: str) -> str:
    """`user` as the author of a commit."""
    name = " ".join(re.sub(r"[<>\x00-\x1f\x7f]+", " ", user).split()).strip(" .,:;\"'\\") or "softops"
    local = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "user"
    return f"{name} <{local}@softops>"


def _mark(path: Path, content: bytes) -> str:
    return f"{path}\n{hashlib.sha256(content).hexdigest()}"


def _replace(path: Path, text: str) -> None:
    """The file with this content, never half of it; Ansible does not read hidden files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{NAME}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
