"""Which commit of its git repository the inventory is at."""

from __future__ import annotations

import logging
from pathlib import Path

from softops.errors import GitError
from softops.fleetplan import Source
from softops.gitcommand import Done, Git

logger = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds that a git command may take here."""
SETTINGS = {"core.fsmonitor": "false", "core.quotePath": "false", "commit.gpgSign": "false"}
"""What a repository's own configuration has no say in."""


class InventoryGit:
    """The git repository around an inventory; everything also works where there is none."""

    def __init__(self, inventory: Path, root: Path) -> None:
        """`root` is where the git program of softops keeps its settings."""
        self.inventory = inventory
        self.directory = inventory if inventory.is_dir() else inventory.parent
        self._git = Git(root)

    def run(self, *words: str, settings: dict[str, str] | None = None) -> Done:
        """A git command in the inventory's directory."""
        try:
            return self._git.run("-C", str(self.directory), *words, timeout=PATIENCE,
                                 settings={**SETTINGS, **(settings or {})})
        except TimeoutError as exc:
            raise GitError("GIT_TIMEOUT", url=str(self.directory), seconds=round(PATIENCE)) from exc

    def source(self) -> Source:
        """The commit that is checked out, and whether the inventory's files differ from it."""
        try:
            head = self.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
            if head.code != 0:
                return Source()
            status = self.run("status", "--porcelain", "-z", "--untracked-files=all", "--", self.inventory.name
                              if self.inventory != self.directory else ".")
        except GitError as exc:
            logger.warning("The commit of the inventory is not known: %s", exc, extra={"action": "inventory_commit"})
            return Source()
        return Source(commit=head.output.decode().strip(), changed=status.code != 0 or bool(status.output))
