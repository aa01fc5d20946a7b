"""Real repositories for the tests of git.py."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from softops.errors import GitError

ENTRY = "apiVersion: softops/v1\nname: app\nversions:\n  '1.0': {image: 'app:1.0'}\n"
WHO = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "A",
       "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def git(*words: str, cwd: Path | None = None, given: str = "") -> str:
    """What git prints, free of the settings of whoever runs the tests."""
    done = subprocess.run(["git", *words], cwd=cwd, env={**os.environ, **WHO}, input=given, check=True,
                          capture_output=True, text=True)
    return done.stdout.strip()


class Source:
    """A repository with a work tree, as an author has it."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        self.url = str(path)
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *words: str, given: str = "") -> str:
        """What git prints in this repository."""
        return git(*words, cwd=self.path, given=given)

    def commit(self, files: dict[str, str | bytes] | None = None, message: str = "change") -> str:
        """Write `files`, commit everything, and return the commit."""
        for name, content in (files or {}).items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


def refused(call: Callable[[], object]) -> GitError:
    """The GitError that `call` raises."""
    with pytest.raises(GitError) as caught:
        call()
    return caught.value
