"""Brings apps to their wanted state on the server; see docs/operating-by-hand.md."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from ansible import constants

# Run by an Ansible that softops is not installed with, the package still lies beside playbooks/.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from softops.actions import EngineAction, failure, is_by_hand, lookup, read_input
from softops.appengine import AppEngine
from softops.apporders import AppOrder, app_orders
from softops.appwork import Place
from softops.delivery import Access
from softops.errors import BadRequest, EngineUnreachable, SoftopsError
from softops.handspool import OPERATION_OF
from softops.orders import limits_of
from softops.playbooks import PullLimits
from softops.serverfiles import ENV, Found, compose_seen, found_in, probe_command
from softops.settling import broken_apps, settle_apps
from softops.ways import Way

if is_by_hand():
    # Loaded here, before Ansible forks for every server; runs of softops begin sooner without it.
    from softops.desired import app_variables, desire_of
    from softops.handorders import app_by_hand
    from softops.literals import literal
    from softops.sharedmodels import SharedModels
    from softops.siteorders import site_orders, told


class ActionModule(EngineAction):
    """The task `softops_app`."""

    _VALID_ARGS = frozenset({"action"})

    def work(self) -> dict[str, Any]:
        """Settle every app of this host in its order."""
        if self.input is None and self._task.args.get("action") == "site":
            return self._site()
        orders = self._announced(self._orders())
        try:
            return self._settle(orders[0].main.limits, [(order.name, order.version) for order in orders],
                                lambda _place: orders)
        except SoftopsError as exc:
            # The server itself could not be worked with: that is how each of its apps ends.
            return failure(exc) | {"softops": broken_apps(orders, exc, self.narrator)["softops"]}

    def _site(self) -> dict[str, Any]:
        """Everything that the inventory says of this host; see siteorders.py."""
        desire = desire_of(self.host, literal(app_variables(self._vars)))
        said = {**self._hand_values(), "secrets": self.mapping("softops_secrets"),
                "judge": SharedModels(Path(constants.DEFAULT_LOCAL_TMP))}
        if desire.problems:
            raise BadRequest("SITE_PROBLEMS", problems=told(desire.problems))
        if not desire.wishes:
            return {"changed": False, "skipped": True, "msg": "The inventory says nothing of software on this host."}

        def orders(place: Place) -> tuple[AppOrder, ...]:
            def env_of(name: str) -> str:
                path = shlex.quote(str(place.apps_dir / name / ENV))
                return place.shell(f"cat -- {path}").output.replace("\r\n", "\n")

            return self._announced(site_orders(desire, place.found, env_of, said))

        return self._settle(limits_of({"pull": said["pull"]}),
                            [(wish.name, wish.version or "0") for wish in desire.wishes], orders)

    def _announced(self, orders: tuple[AppOrder, ...]) -> tuple[AppOrder, ...]:
        for order in orders:
            self.announce(OPERATION_OF[order.action], order.main, order)
        return orders

    def _settle(self, limits: PullLimits, apps: Sequence[tuple[str, str]],
                orders: Callable[[Place], tuple[AppOrder, ...]]) -> dict[str, Any]:
        apps_dir = PurePosixPath(self.text("softops_apps_dir"))
        if not apps_dir.is_absolute():
            raise BadRequest("INPUT_INVALID", problem=f"softops_apps_dir {apps_dir} is no absolute path")
        probe = probe_command(apps_dir, apps)
        way = self.way(limits.connect_timeout, prelude=probe)
        if way.shell is None or way.command is None or not way.shares_disk:
            raise EngineUnreachable("APP_NEEDS_SHELL", server=self.host)
        with AppEngine(way.dial, timeout=limits.connect_timeout, tries=way.tries) as engine:
            engine.about()
            greeting = way.shell(probe).output if way.reads_files else engine.greeting
            place = Place(engine=engine, shell=way.shell, command=way.command, apps_dir=apps_dir,
                          access=partial(self._access, way, engine, limits),
                          socket=self.text("softops_docker_socket"), timeout=limits.connect_timeout,
                          found=found_in(greeting), compose_seen=compose_seen(greeting),
                          containers=engine.containers(), check=bool(self._task.check_mode), diff=bool(self._task.diff))
            return settle_apps(orders(place), place, self.narrator, self.cancelled)

    def _access(self, way: Way, engine: AppEngine, limits: PullLimits, software: str, found: Found) -> Access:
        return Access(engine=engine, shell=way.shell, shares_disk=way.shares_disk, narrator=self.narrator(software),
                      cancelled=self.cancelled(software), lookup=lookup(limits, here=way.here),
                      noted=lambda: found.note)

    def _orders(self) -> tuple[AppOrder, ...]:
        if self.input is None:
            return (app_by_hand(str(self._task.args.get("action")), self._hand_values()),)
        path = Path(self.text("softops_input")).parent / "hosts" / f"{self.host}.json"
        if not path.exists():
            raise BadRequest("APP_NOT_ORDERED", path=path)
        orders = app_orders(read_input(path), self.input)
        if not orders:
            raise BadRequest("APP_NOT_ORDERED", path=path)
        return orders

    def _hand_values(self) -> Mapping[str, Any]:
        return {"catalog": self.text("softops_catalog"), "name": self.text("softops_name"),
                "version": self.text("softops_version"), "parameters": self.mapping("softops_parameters"),
                "accepted": self.variable("softops_accept_permissions") or [],
                "healthTimeout": self.variable("softops_health_timeout"), "settle": self.variable("softops_settle"),
                "removeVolumes": self.variable("softops_remove_volumes"), "pull": self.pull_by_hand()}
