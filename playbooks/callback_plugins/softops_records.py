"""Leaves records and progress of runs by hand in softops; silent and harmless where none is configured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: softops_records
type: notification
short_description: Leaves records and progress of runs by hand in softops
description:
  - Where SOFTOPS_URL or SOFTOPS_DATABASE is set, what the playbooks of softops do is recorded there as if softops
    itself had run them, with live progress for whoever watches.
  - Where neither is set, and in runs of softops itself, it does nothing.
  - A softops that can't be reached is a warning at the end and never the end of a run.
requirements: []
options: {}
"""

CONFIGURED = ("SOFTOPS_URL", "SOFTOPS_DATABASE")
OWN_RUN = "SOFTOPS_RUN"
SPOOL = "SOFTOPS_SPOOL"
PATIENCE = 20
"""Seconds that the end of a run waits for the last words to arrive."""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # Ansible is not typed
    """Gives the actions a file to write into, and starts the process that tells softops of it."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "softops_records"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._reporter: subprocess.Popen[str] | None = None
        self._spool: Path | None = None

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Begin to listen, before the first action starts."""
        configured = any(os.environ.get(name) for name in CONFIGURED)
        if not configured or OWN_RUN in os.environ or context.CLIARGS.get("check"):
            return
        project = Path(__file__).resolve().parents[2]
        name = os.path.relpath(str(playbook._file_name), project)  # noqa: SLF001  the only way to its name
        try:
            # Only this user can read it: values of secrets may be in it. It goes when the run ends.
            descriptor, spool = tempfile.mkstemp(prefix="softops-", suffix=".spool")
            os.close(descriptor)
            self._spool = Path(spool)
            self._reporter = subprocess.Popen(
                [sys.executable, "-m", "softops.handreport", spool, name], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(
                    filter(None, (os.environ.get("PYTHONPATH"), str(project))))})
        except OSError as exc:
            self._display.warning(f"softops records nothing of this run: {exc}")
            self._forget()
            return
        os.environ[SPOOL] = spool

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Tell how Ansible counted, and wait until softops has heard it."""
        if self._reporter is None or self._spool is None:
            return
        counts = {host: {key: value for key, value in stats.summarize(host).items() if isinstance(value, int)}
                  for host in stats.processed}
        with suppress(OSError), self._spool.open("a") as file:
            file.write(json.dumps({"softops": 1, "kind": "stats", "hosts": counts}) + "\n")
        try:
            said, _ = self._reporter.communicate(timeout=PATIENCE)
            self._tell(json.loads(said))
        except (OSError, ValueError, subprocess.TimeoutExpired):
            self._display.warning("softops did not say whether it recorded this run.")
        finally:
            self._forget()

    def _tell(self, outcome: dict[str, Any]) -> None:
        if outcome.get("problem"):
            self._display.warning(f"softops did not record this run: {outcome['problem']}")
        elif outcome.get("job"):
            self._display.display(f"softops: recorded as job {outcome['job']}")

    def _forget(self) -> None:
        os.environ.pop(SPOOL, None)
        if self._spool is not None:
            self._spool.unlink(missing_ok=True)
        self._spool = self._reporter = None
