"""A directory that softops can call home: an inventory, playbooks and a catalog in git, all small and real."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from softops.config import Settings

SOFTWARE = """\
apiVersion: softops/v1
name: demo
description: 演示软件
versions:
  "1.0": {image: "registry.invalid:5000/demo:1.0"}
  "2.0": {image: "registry.invalid:5000/demo:2.0"}
"""

PLAYBOOK = """\
- name: Work on the servers
  hosts: all
  gather_facts: false
  tasks:
    - name: Do the work.
      %s
"""


def git(directory: Path, *words: str) -> str:
    """The output of a git command in `directory`, independent of the user's own configuration."""
    environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PATH": "/usr/bin:/bin",
                   "GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@example.com",
                   "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@example.com"}
    return subprocess.run(["git", "-C", str(directory), *words], check=True, capture_output=True, text=True,
                          env=environment).stdout.strip()


def commit(repository: Path, files: Mapping[str, str], message: str = "Change") -> str:
    """Write `files` and commit them, making the repository when there is none; the commit."""
    if not (repository / ".git").exists():
        repository.mkdir(parents=True, exist_ok=True)
        git(repository, "init", "-q", "-b", "main")
    for name, text in files.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "--allow-empty", "-m", message)
    return git(repository, "rev-parse", "HEAD")


def make_home(directory: Path, *, hosts: Sequence[str] = ("web1", "web2"), task: str = "ansible.builtin.ping:",
              catalog: Mapping[str, str] | None = None) -> Settings:
    """Settings whose home is `directory`: `hosts` on a local connection in the group `default`, playbooks
    that do `task`, and a catalog repository with `catalog` (default: demo 1.0 and 2.0)."""
    home = directory / "home"
    (home / "playbooks").mkdir(parents=True)
    (home / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = False\n")
    for name in ("install", "pull", "inspect"):
        (home / f"playbooks/{name}.yml").write_text(PLAYBOOK % task)
    (home / "inventory").mkdir()
    lines = "".join(f"    {host}: {{ansible_connection: local, ansible_python_interpreter: {sys.executable}}}\n"
                    for host in hosts)
    names = ", ".join(f"{host}: " for host in hosts)
    group = f"  children:\n    default: {{hosts: {{{names}}}}}\n"
    (home / "inventory/hosts.yml").write_text(f"all:\n  hosts:\n{lines}{group}")
    commit(directory / "catalog", catalog if catalog is not None else {"catalog/demo/software.yml": SOFTWARE})
    return Settings(home=home, auth="none", catalog=str(directory / "catalog"), catalog_ref="main", sync_interval=0,
                    workers=2, language="en")
