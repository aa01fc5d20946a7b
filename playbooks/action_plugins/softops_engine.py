"""Looks at the server's Docker engine and its free space; changes nothing."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

# Run by an Ansible that softops is not installed with, the package still lies beside playbooks/.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from softops.actions import EngineAction
from softops.orders import limits_of
from softops.sizes import free_bytes


class ActionModule(EngineAction):
    """The task `softops_engine`."""

    def work(self) -> dict[str, Any]:
        """What the engine says of itself, and the free bytes where it keeps its images (None: not known)."""
        limits = limits_of(self.input if self.input is not None else {"pull": self.pull_by_hand()})
        way = self.way(limits.connect_timeout)
        with self.engine(way, limits.connect_timeout) as engine:
            facts = engine.about()
            store = engine.store()
            free = None
            if way.shell is not None and way.shares_disk and store.root_dir:
                free = free_bytes(way.shell(f"df -Pk -- {shlex.quote(store.root_dir)}").output)
        return {"changed": False, "softops": {
            "reason": "OPERATION_SUCCESS", "code": 200, "params": {}, "engineVersion": facts.version,
            "apiVersion": facts.api_version, "architecture": facts.architecture, "os": facts.os, "freeBytes": free,
            "rootDir": store.root_dir, "images": store.images, "containers": store.containers}}
