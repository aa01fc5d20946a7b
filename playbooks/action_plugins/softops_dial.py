"""Tells softops how the server's engine is dialled, so that it can watch the engine by itself; changes nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ansible import constants

# Run by an Ansible that softops is not installed with, the package still lies beside playbooks/.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from softops.actions import EngineAction
from softops.containerengine import ContainerEngine
from softops.dialnotes import note_of
from softops.dials import CommandDial
from softops.errors import EngineUnreachable
from softops.orders import limits_of
from softops.ways import Way


class ActionModule(EngineAction):
    """The task `softops_dial`."""

    def work(self) -> dict[str, Any]:
        """Write the dial into a file beside those of the other servers. It may hold passwords, so nothing of it
        becomes part of the result, which Ansible shows and logs. By hand nothing is written."""
        limits = limits_of(self.input if self.input is not None else {"pull": self.pull_by_hand()})
        way = self.way(limits.connect_timeout)
        try:
            note = {"dial": note_of(way.dial, str(Path.cwd()), lasting=_lasts(way)), "tries": way.tries,
                    "renew": way.renew}
        except EngineUnreachable as exc:
            note = {"problem": exc.reason, "containers": self._containers(way, limits.connect_timeout)}
        if self.input is not None:
            _write(Path(self.input["dials"]) / f"{self.host}.json", json.dumps(note))
        return {"changed": False, "softops": {"reason": "OPERATION_SUCCESS", "code": 200, "params": {}}}

    def _containers(self, way: Way, timeout: float) -> list[Any]:
        with ContainerEngine(way.dial, timeout=timeout, tries=way.tries) as engine:
            engine.about()
            return list(engine.survey())


def _lasts(way: Way) -> bool:
    """Whether the dial works without this run: Ansible may keep a key in its own temporary directory."""
    if not isinstance(way.dial, CommandDial):
        return True
    temporary = os.fsencode(constants.DEFAULT_LOCAL_TMP)
    return not any(temporary in os.fsencode(word) for word in way.dial.argv)


def _write(path: Path, text: str) -> None:
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
