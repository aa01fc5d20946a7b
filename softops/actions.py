"""What the action plugins in playbooks/action_plugins share: from a task to softops and back to a result."""

from __future__ import annotations

import gc
import json
import os
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Any

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from softops.apporders import AppOrder
from softops.delivery import Access
from softops.engine import Engine
from softops.errors import BadRequest, RegistryError, ServerUnreachable, SoftopsError
from softops.handspool import SPOOL, order_line, spool, spool_text, state_line
from softops.installed import fingerprint, noted_in
from softops.literals import literal
from softops.locations import is_loopback, location
from softops.lookups import Lookups
from softops.narration import BothNarrators, HandNarrator, LineNarrator, Narrator
from softops.networks import PRIVATE
from softops.orders import Order
from softops.playbooks import PullLimits
from softops.processes import TOKEN
from softops.references import parse_reference
from softops.remoteimages import RemoteImage
from softops.ways import Way, way_to

CONNECTION = {"docker_host": "docker_host", "softops_docker_socket": "docker_socket",
              "docker_ca_cert": "docker_ca_cert", "docker_client_cert": "docker_client_cert",
              "docker_client_key": "docker_client_key"}
"""Variables of the inventory that say how to reach an engine, and what ways.py calls them."""
PATIENCE = {"softops_pull_idle_timeout": "idleTimeout", "softops_pull_timeout": "timeout",
            "softops_connect_timeout": "connectTimeout"}

MAX_INPUT = 16 * 1024 * 1024


class EngineAction(ActionBase):  # type: ignore[misc]  # Ansible is not typed
    """An action that works with the engine of its host. Its result always has the key `softops`.

    Its values are variables and not arguments of the task: those would be evaluated one by one for every server,
    which costs more than the whole action.
    """

    _supports_check_mode = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Called when Ansible loads a plugin, before it forks for every server."""
        super().__init_subclass__(**kwargs)
        # Garbage collection writes to everything it looks at, and every fork would get a copy of its own.
        gc.freeze()

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Ansible's entry: do the work; a SoftopsError becomes a failed result with its reason."""
        # This is a fork: what Ansible has made since is left alone as well.
        gc.freeze()
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._vars = task_vars or {}
        self.host = str(self._vars["inventory_hostname"])
        try:
            return result | self.work()
        except SoftopsError as exc:
            return result | failure(exc)

    @abstractmethod
    def work(self) -> dict[str, Any]:
        """The result of the task, or a SoftopsError."""

    def variable(self, name: str) -> Any:
        """The value of a variable for this host, None when it has none."""
        return self._templar.template(self._vars.get(name))

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A variable that holds values of parameters: they are data, so `{{ }}` in them stays what it is. Values of
        !vault are decrypted. BadRequest for anything else than a mapping."""
        value = literal(self._vars.get(name), decrypt=True)
        if value is not None and not isinstance(value, Mapping):
            raise BadRequest("INPUT_INVALID", problem=f"{name} has to be a mapping of names and values")
        return value or {}

    def text(self, name: str) -> str:
        """The value of a variable as text; empty when it has none."""
        value = self.variable(name)
        return "" if value is None else str(value)

    @cached_property
    def input(self) -> Mapping[str, Any] | None:
        """What softops wrote for this run; None when a person runs the playbook."""
        path = self.text("softops_input")
        if not path:
            return None
        data = read_input(Path(path))
        # What the inventory says of logins counts where softops has none.
        given, own = self.variable("softops_registry_logins"), data.get("pull")
        if not isinstance(given, Mapping) or not given or not isinstance(own, Mapping):
            return data
        return {**data, "pull": {**own, "logins": {**given, **(own.get("logins") or {})}}}

    def pull_by_hand(self) -> Mapping[str, Any]:
        """The patience to have when a person runs the playbook, as an input.json has it."""
        numbers = {key: _number(self.variable(name)) for name, key in PATIENCE.items()}
        return {key: value for key, value in numbers.items() if value is not None} | {
            "plainHttp": self.variable("softops_insecure_registries") or [],
            "logins": self.variable("softops_registry_logins") or {},
            "privateNetworks": os.environ.get("SOFTOPS_PRIVATE_NETWORKS", PRIVATE)}

    def way(self, timeout: float, *, prelude: str = "") -> Way:
        """How to reach the host, and what its shell says first (see ways.way_to)."""
        options = {key: value for name, key in CONNECTION.items() if (value := self.text(name))}
        return way_to(self, options, timeout, prelude=prelude)

    def engine(self, way: Way, timeout: float) -> Engine:
        """The host's engine, not connected yet."""
        return Engine(way.dial, timeout=timeout, tries=way.tries)

    def access(self, way: Way, engine: Engine, limits: PullLimits, note: PurePosixPath) -> Access:
        """Everything that a delivery needs of the host; `note` is where it notes what is installed."""
        return Access(engine=engine, shell=way.shell, shares_disk=way.shares_disk, narrator=self.narrator(),
                      cancelled=self.cancelled(), lookup=lookup(limits, here=way.here),
                      noted=lambda: _noted(Path(note)) if way.reads_files else noted_in(engine.greeting))

    def narrator(self, software: str | None = None) -> Narrator:
        """Who hears of the work on this host, or there on one of several software."""
        display = Display().display
        run, path = os.environ.get(TOKEN), os.environ.get(SPOOL)
        if run:
            return LineNarrator(self.host, run, display, software)
        person = HandNarrator(self.host, display, software)
        if not path or self._task.check_mode:
            return person
        return BothNarrators(person, LineNarrator(self.host, None, partial(spool_text, path), software))

    def announce(self, operation: str, order: Order, app: AppOrder | None = None) -> None:
        """Say what begins on this host, where softops records what a person runs."""
        path = os.environ.get(SPOOL)
        if path and not self._task.check_mode:
            spool(path, order_line(self.host, operation, order))
            if app is not None and app.action == "run":
                spool(path, state_line(self.host, app))

    def cancelled(self, software: str | None = None) -> Callable[[], bool]:
        """Says whether the work on this host is to stop, be it with everything or with this software."""
        path = self.text("softops_input")
        if not path:
            return lambda: False
        run = Path(path).parent
        marks = [run / f"cancel-{self.host}", *([run / "cancel" / self.host / software] if software else [])]
        return lambda: any(mark.exists() for mark in marks)


def is_by_hand() -> bool:
    """Whether a person runs the playbook, and not softops."""
    return TOKEN not in os.environ


def read_input(path: Path) -> Mapping[str, Any]:
    """The content of an input.json; BadRequest when it can't be read."""
    try:
        with path.open("rb") as file:
            data = json.loads(file.read(MAX_INPUT))
    except (OSError, ValueError, RecursionError) as exc:
        raise BadRequest("INPUT_INVALID", problem=f"{path}: {exc}") from exc
    if not isinstance(data, dict):
        raise BadRequest("INPUT_INVALID", problem=f"{path}: no JSON object")
    return data


def _noted(path: Path) -> str | None:
    try:
        return fingerprint(path.read_bytes())
    except OSError:
        return None


def lookup(limits: PullLimits, *, here: bool) -> Callable[[str, tuple[str, str]], RemoteImage | RegistryError | None]:
    """Asks registries; None for an image that this machine can't know."""
    # All forks of a run share this directory, and Ansible removes it.
    lookups = Lookups(Path(constants.DEFAULT_LOCAL_TMP), partial(_ask, limits))

    def find(image: str, platform: tuple[str, str]) -> RemoteImage | RegistryError | None:
        reference = parse_reference(image)
        if reference is None or (is_loopback(location(reference).registry) and not here):
            return None
        return lookups.find(image, platform=platform)

    return find


def _ask(limits: PullLimits, image: str, platform: tuple[str, str]) -> RemoteImage:
    # At most one process of a run asks, and otherwise every run would wait for the HTTP client to be loaded.
    from softops.registry import RegistryClient

    with RegistryClient(limits.plain_http, limits.connect_timeout, limits.networks, limits.logins.get) as client:
        return client.manifest(image, platform=platform)


def failure(error: SoftopsError) -> dict[str, Any]:
    """The result of a task that failed so."""
    # Ansible counts a result that is both as failed only.
    kind = "unreachable" if isinstance(error, ServerUnreachable) else "failed"
    return {kind: True, "msg": error.text("en"), "softops": {
        "reason": error.reason, "code": error.code, "params": plain_params(error)}}


def plain_params(error: SoftopsError) -> dict[str, Any]:
    """The params of an error, as JSON has them."""
    return {key: _plain(one) for key, one in error.params.items()}


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _number(value: object) -> object:
    """On a command line (-e softops_connect_timeout=3) every value is text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
