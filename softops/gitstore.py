"""A bare git repository on disk that mirrors one address, and who may write to it when."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from softops.errors import GitError
from softops.gitaddress import Address
from softops.gitcommand import Done, Git

LOCAL_TIMEOUT = 60.0
"""Seconds that git may take for what needs no network."""

_KEPT = "refs/softops/kept"
"""A ref below it says that all objects of the commit it is named after are here."""


class Store:
    """The mirror of `address` below `root`. Files beside the repository say that somebody holds it
    (`.lock`) and that writing to it began and did not end (`.writing`)."""

    def __init__(self, root: Path, address: Address, git: Git, suffix: str = "") -> None:
        name = hashlib.sha256(address.url.encode()).hexdigest()[:24]
        self.address = address
        self.path = root / f"{name}{suffix}.git"
        self._root = root
        self._git = git
        self._marker = root / f"{name}.writing"
        self._lock = root / f"{name}.lock"
        self._handle: int | None = None

    @contextlib.contextmanager
    def locked(self, *, shared: bool = False, wait: bool = True) -> Iterator[None]:
        """Hold the store: shared to read, alone to write. Waits for the other processes, or raises BlockingIOError
        when it must not."""
        handle = self._open_lock()
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
            self._handle = handle
            yield
        finally:
            self._handle = None
            os.close(handle)

    def _open_lock(self) -> int:
        try:
            self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
            return os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as exc:
            raise GitError("GIT_ROOT", path=self._lock, problem=exc.strerror) from exc

    @property
    def interrupted(self) -> bool:
        """Whether a write has begun and not ended. While the lock is held alone: it never will."""
        return self._marker.exists()

    def begin(self) -> None:
        """From here on an end of this process leaves the store `interrupted`."""
        self._marker.touch()

    def end(self) -> None:
        """The store is whole."""
        self._marker.unlink(missing_ok=True)

    @property
    def exists(self) -> bool:
        """Whether there is a repository."""
        return self.path.is_dir()

    def make(self, object_format: str) -> None:
        """Make the empty repository if there is none."""
        if not self.exists:
            self.run("init", "--quiet", "--bare", "--template=", f"--object-format={object_format}",
                     "--", str(self.path), inside=False)

    def remove(self) -> None:
        """Remove the repository, whatever state it is in."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self.exists:
            raise GitError("GIT_ROOT", path=self.path, problem="it can't be removed")

    def fresh(self) -> Store:
        """An empty store of the same address beside this one, under the same lock."""
        store = Store(self._root, self.address, self._git, suffix=".new")
        store._handle = self._handle
        store.remove()
        return store

    def take(self, other: Store) -> None:
        """Have the content of `other` instead of the own one."""
        self.remove()
        other.path.rename(self.path)

    def complete(self, commit: str) -> str | None:
        """The full id of a commit of which everything is here, or None."""
        if not self.exists or self.interrupted:
            return None
        full = self._commit(commit)
        return full if full is not None and self._commit(f"{_KEPT}/{full}") == full else None

    def keep(self, name: str) -> str | None:
        """Note that everything of the commit that `name` leads to is here; None when it leads to none."""
        commit = self._commit(name)
        if commit is not None:
            self.run("update-ref", f"{_KEPT}/{commit}", commit)
        return commit

    def _commit(self, name: str) -> str | None:
        done = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", check=False)
        return done.output.decode().strip() if done.code == 0 else None

    def run(self, *words: str, given: bytes = b"", timeout: float = LOCAL_TIMEOUT, check: bool = True,
            inside: bool = True, settings: Mapping[str, str] | None = None, ssh: str = "") -> Done:
        """Run git on the repository. GitError when it takes too long, or fails and `check` is set."""
        try:
            done = self._git.run(*words, directory=self.path if inside else None, given=given, timeout=timeout,
                                 settings=settings, keep_open=self._handle, ssh=ssh)
        except TimeoutError as exc:
            raise GitError("GIT_TIMEOUT", url=self.address.url, seconds=round(timeout)) from exc
        if check and done.code != 0:
            raise GitError("GIT_FAILED", url=self.address.url, detail=done.detail)
        return done
