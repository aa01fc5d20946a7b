"""What the action plugins in playbooks/action_plugins share: from a task to softops and back to a result."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from softops.delivery import Access
from softops.engine import Engine
from softops.errors import RegistryError, ServerUnreachable, SoftopsError
from softops.locations import is_loopback, location
from softops.lookups import Lookups
from softops.narration import HandNarrator, LineNarrator, Narrator
from softops.orders import limits_of, read_input
from softops.playbooks import PullLimits
from softops.processes import TOKEN
from softops.references import parse_reference
from softops.registry import RemoteImage
from softops.ways import Way, way_to

CONNECTION_ARGS = ("docker_host", "docker_socket", "docker_ca_cert", "docker_client_cert", "docker_client_key")


class EngineAction(ActionBase):  # type: ignore[misc]  # Ansible is not typed
    """An action that works with the engine of its host. Its result always has the key `softops`."""

    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's entry: do the work; a SoftopsError becomes a failed result with its reason."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.host = str((task_vars or {})["inventory_hostname"])
        try:
            return result | self.work()
        except SoftopsError as exc:
            return result | _failure(exc)

    @abstractmethod
    def work(self) -> dict[str, Any]:
        """The result of the task, or a SoftopsError."""

    def text(self, name: str) -> str:
        """The argument of that name as text; empty when it was not given."""
        value = self._task.args.get(name)
        return "" if value is None else str(value)

    def input(self) -> Mapping[str, Any] | None:
        """What softops wrote for this run; None when a person runs the playbook."""
        path = self.text("input")
        return read_input(Path(path)) if path else None

    def limits(self) -> PullLimits:
        """The patience to have, from softops or from the task's `pull` argument."""
        given = self.input()
        return limits_of(given if given is not None else {"pull": self._task.args.get("pull") or {}})

    def way(self, timeout: float) -> Way:
        """How to reach the host."""
        options = {name: value for name in CONNECTION_ARGS if (value := self.text(name))}
        return way_to(self, options, timeout)

    def engine(self, way: Way, timeout: float) -> Engine:
        """The host's engine, not connected yet."""
        return Engine(way.dial, timeout=timeout, tries=way.tries)

    def access(self, way: Way, engine: Engine, limits: PullLimits) -> Access:
        """Everything that a delivery needs of the host."""
        return Access(engine=engine, shell=way.shell, shares_disk=way.shares_disk, narrator=self._narrator(),
                      cancelled=self._cancelled(), lookup=_lookup(limits, here=way.here))

    def _narrator(self) -> Narrator:
        display = Display().display
        run = os.environ.get(TOKEN)
        return LineNarrator(self.host, run, display) if run else HandNarrator(self.host, display)

    def _cancelled(self) -> Callable[[], bool]:
        path = self.text("input")
        if not path:
            return lambda: False
        return (Path(path).parent / f"cancel-{self.host}").exists


def _lookup(limits: PullLimits, *, here: bool) -> Callable[[str, tuple[str, str]], RemoteImage | RegistryError | None]:
    # All forks of a run share this directory, and Ansible removes it.
    lookups = Lookups(Path(constants.DEFAULT_LOCAL_TMP), limits)

    def find(image: str, platform: tuple[str, str]) -> RemoteImage | RegistryError | None:
        reference = parse_reference(image)
        if reference is None or (is_loopback(location(reference).registry) and not here):
            return None
        return lookups.find(image, platform=platform)

    return find


def _failure(error: SoftopsError) -> dict[str, Any]:
    result: dict[str, Any] = {"failed": True, "msg": error.text("en"), "softops": {
        "reason": error.reason, "code": error.code, "params": {key: _plain(one) for key, one in error.params.items()}}}
    if isinstance(error, ServerUnreachable):
        result["unreachable"] = True
    return result


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
