"""Puts Docker Compose on the server from this machine; see docs/operating-by-hand.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# Run by an Ansible that softops is not installed with, the package still lies beside playbooks/.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from softops.actions import EngineAction
from softops.composeplugin import ComposePlugin
from softops.errors import EngineUnreachable
from softops.orders import limits_of


class ActionModule(EngineAction):
    """The task `softops_compose`."""

    _VALID_ARGS = frozenset()

    def work(self) -> dict[str, Any]:
        """Put it there unless it is there."""
        timeout = limits_of({"pull": self.pull_by_hand()}).connect_timeout
        way = self.way(timeout)
        if way.shell is None or way.command is None:
            raise EngineUnreachable("APP_NEEDS_SHELL", server=self.host)
        changed, version = ComposePlugin(way.shell, way.command, timeout=timeout).ensure(
            check=bool(self._task.check_mode))
        return {"changed": changed, "softops": {"reason": "OPERATION_SUCCESS", "code": 200, "params": {},
                                                "composeVersion": version}}
