"""Runs a playbook through ansible-runner in a directory of its own, and ends it when asked."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_runner

from softops.config import CONFIDENTIAL
from softops.errors import RunFailed
from softops.events import RunStats, parse_event
from softops.outcomes import RunEnd, RunStatus
from softops.owners import is_gone
from softops.playbooks import PlaybookCall
from softops.processes import GRACE, TOKEN, ask_to_end, end_all, processes_of
from softops.storable import storable

logger = logging.getLogger(__name__)

RawEvent = Mapping[str, Any]
POLL = 0.25
"""Seconds between two looks at whether a run should end."""
KEPT_LINES = 20
LONGEST_LINE = 2000
ROOM = 64 * 1024
"""Free bytes below which Ansible can't write down its next event, and then may wait for it for ever."""
FULL_PATIENCE = 10.0
"""Seconds of silence after which a run without room is ended."""
LONGEST_WORD = 100_000
"""Bytes that are passed as one word of a command line; Linux takes 128 KiB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLimits:
    """Where runs happen and how long they may take; seconds."""

    home: Path
    runs: Path
    """Directory of all runs; each process has its own below it."""
    owner: str
    """This process (owners.this_process)."""
    inventory: Path
    forks: int
    idle_timeout: int
    job_timeout: int


class PlaybookRun:
    """One run: made, executed once, and its directory removed by `close`."""

    def __init__(self, call: PlaybookCall, limits: RunLimits) -> None:
        self.token = uuid.uuid4().hex
        self._call = call
        self._limits = limits
        limit = call.limit
        self._directory = limits.runs / limits.owner / self.token
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._stats: RunStats | None = None
        self._heard = time.monotonic()
        self._full = False
        self._asked: float | None = None
        self._asked_gently: float | None = None
        self._gently: Callable[[], bool] = lambda: False
        try:
            self._directory.mkdir(mode=0o700, parents=True)
            self._write(self._directory / "input.json", json.dumps(call.input, ensure_ascii=False))
            self._write_hosts(call.of_host)
            self._limit = limit if len(limit) <= LONGEST_WORD else f"@{self._limit_file()}"
        except OSError as exc:
            # Half of it would only take more of the room that is missing.
            self.close()
            raise RunFailed("RUN_DIRECTORY", path=self._directory, problem=exc.strerror) from exc

    def execute(self, on_event: Callable[[RawEvent], None], cancelled: Callable[[], bool], *,
                gently: Callable[[], bool] = lambda: False) -> RunEnd:
        """Run the playbook to its end and say how it ended. `on_event` is called in another thread's
        place by ansible-runner and must only pass the event on; `cancelled` is asked several times a second.
        Once `gently` says so, the actions are asked to come to a good end first."""
        self._gently = gently
        if cancelled():
            return RunEnd(status=RunStatus.CANCELED, rc=None, stats=None)
        status, rc = self._run(on_event, cancelled)
        return RunEnd(status=status, rc=rc,
                      stats=self._stats.hosts if self._stats else None,
                      output=str(self._limits.runs) if self._full else "\n".join(self._lines))

    def _run(self, on_event: Callable[[RawEvent], None],
             cancelled: Callable[[], bool]) -> tuple[RunStatus, int | None]:
        try:
            runner = ansible_runner.run(**self._arguments(on_event, cancelled))
        except (OSError, ansible_runner.AnsibleRunnerException) as exc:
            if not self._has_no_room():
                raise RunFailed("RUN_BROKEN", rc="-", output=exc) from exc
            # It could not even note how Ansible ended; what we have heard of that is true all the same.
            return self._status("failed"), None
        finally:
            self._sweep()
        return self._status(runner.status), runner.rc

    def cancel_one(self, host: str, software: str) -> None:
        """Ask the action plugin to stop with `software` on `host` only; what else it does there goes on."""
        if software not in self._software_of(host):
            self._cancel_host(host)
            return
        directory = self._directory / "cancel" / host
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(directory / software, "")

    def _software_of(self, host: str) -> tuple[str, ...]:
        """The software of which each has an end of its own there."""
        return tuple(str(app["name"]) for app in self._call.of_host.get(host, {}).get("apps", ()))

    def _cancel_host(self, host: str) -> None:
        self._write(self._directory / f"cancel-{host}", "")

    def _ask_actions(self) -> bool:
        """Whether the actions were asked to end and have had their time for it."""
        if self._asked_gently is None:
            self._asked_gently = time.monotonic()
            for host in self._call.hosts:
                self._cancel_host(host)
        return time.monotonic() - self._asked_gently > self._call.grace

    def close(self) -> None:
        """Remove the run's directory."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> PlaybookRun:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _arguments(self, on_event: Callable[[RawEvent], None], cancelled: Callable[[], bool]) -> dict[str, Any]:
        def handle(raw: dict[str, Any]) -> bool:
            try:
                self._look_at(raw)
                on_event(raw)
            except Exception:
                # An exception here would end the run or lose the event in silence.
                logger.exception("An event could not be passed on", extra={"action": "run_event"})
            return False

        def check() -> bool:
            self._end_if(cancelled)
            # Always False: ansible-runner's own way of cancelling leaves workers behind on core 2.19.
            return False

        limits = self._limits
        return {
            "private_data_dir": str(self._directory), "project_dir": str(limits.home), "ident": self.token,
            "playbook": self._call.playbook, "inventory": str(limits.inventory), "limit": self._limit,
            "forks": limits.forks, "extravars": {"softops_input": str(self._directory / "input.json")},
            "envvars": self._environment(), "settings": {
                "pexpect_timeout": POLL, "idle_timeout": limits.idle_timeout, "job_timeout": limits.job_timeout,
                "suppress_output_file": True, "suppress_ansible_output": True},
            "cmdline": "--check" if self._call.check else None, "quiet": True,
            "event_handler": handle, "cancel_callback": check}

    def _environment(self) -> dict[str, str]:
        # The last is where people put what lookups and vars plugins call, such as sops.
        path = os.pathsep.join((str(Path(sys.executable).parent), os.defpath, "/usr/local/bin"))
        # A locale that is set but not installed keeps Ansible from starting at all; this one is everywhere.
        return {**dict.fromkeys(CONFIDENTIAL, ""), TOKEN: self.token, "LC_ALL": "C.UTF-8", "PATH": path,
                "ANSIBLE_CONFIG": str(self._limits.home / "ansible.cfg"),
                "ANSIBLE_HOST_KEY_CHECKING": "True", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_NOCOLOR": "1",
                # ansible-runner adds its own directory, and would hide the one that ansible.cfg names a plugin of.
                "ANSIBLE_CALLBACK_PLUGINS": str(self._limits.home / "playbooks/callback_plugins"),
                # What an Ansible that was killed leaves behind goes with the run.
                "ANSIBLE_LOCAL_TEMP": str(self._directory / "tmp"),
                "PYTHONPATH": str(self._limits.home)}

    def _look_at(self, raw: RawEvent) -> None:
        self._heard = time.monotonic()
        if raw.get("event") == "playbook_on_stats":
            parsed = parse_event(raw)
            self._stats = parsed if isinstance(parsed, RunStats) else None
        line = raw.get("stdout")
        if isinstance(line, str) and line.strip() and not line.startswith('{"softops"'):
            self._lines.append(storable(line.strip(), LONGEST_LINE))

    def _has_no_room(self) -> bool:
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return False
        return disk.f_bavail * disk.f_frsize < ROOM

    def _end_if(self, cancelled: Callable[[], bool]) -> None:
        if self._asked is None:
            if time.monotonic() - self._heard > FULL_PATIENCE:
                self._full = self._full or self._has_no_room()
            if (self._full or cancelled() or (self._gently() and self._ask_actions())) and ask_to_end(self.token):
                self._asked = time.monotonic()
        elif time.monotonic() - self._asked > GRACE:
            end_all(self.token)

    def _status(self, status: str) -> RunStatus:
        # Events that could not be written down look as if nothing had been done.
        self._full = self._stats is None and (self._full or self._has_no_room())
        if self._full:
            return RunStatus.FULL
        if self._asked is not None:
            return RunStatus.CANCELED
        return RunStatus(status) if status in set(RunStatus) else RunStatus.FAILED

    def _sweep(self) -> None:
        """After a forced end nothing of the run may stay, its warm ssh connections included."""
        if self._stats is None and processes_of(self.token):
            end_all(self.token)

    def _write_hosts(self, of_host: Mapping[str, Mapping[str, Any]]) -> None:
        if of_host:
            (self._directory / "hosts").mkdir(mode=0o700)
        for host, data in of_host.items():
            self._write(self._directory / "hosts" / f"{host}.json", json.dumps(data, ensure_ascii=False))

    def _limit_file(self) -> Path:
        path = self._directory / "limit"
        self._write(path, "\n".join(self._call.hosts))
        return path

    def _write(self, path: Path, text: str) -> None:
        with contextlib.closing(os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                                          encoding="utf-8")) as file:
            file.write(text)


class Runner:
    """Makes runs with the same limits, and sweeps up what a killed softops left."""

    def __init__(self, limits: RunLimits) -> None:
        self._limits = limits

    def prepare(self, call: PlaybookCall) -> PlaybookRun:
        """A run of `call`, ready to execute; RunFailed when its directory can't be made."""
        return PlaybookRun(call, self._limits)

    def sweep(self) -> int:
        """End the processes and remove the directories that dead owners left; how many runs there were."""
        runs = self._limits.runs
        owners = [path for path in runs.iterdir() if is_gone(path.name)] if runs.is_dir() else []
        left = [run for owner in owners for run in owner.iterdir()]
        for run in left:
            end_all(run.name)
        for owner in owners:
            shutil.rmtree(owner, ignore_errors=True)
        return len(left)
