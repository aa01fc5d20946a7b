"""Brings the image of a software to the server, with live progress; see docs/operating-by-hand.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

# Run by an Ansible that softops is not installed with, the package still lies beside playbooks/.
sys.path.append(str(Path(__file__).resolve().parents[2]))

from softops.actions import EngineAction, is_by_hand, plain_params
from softops.delivery import Delivered, Delivery, Wishes
from softops.errors import SoftopsError
from softops.installed import manifest_path, noted_command
from softops.narration import AppResult
from softops.orders import Order, order_of

if is_by_hand():
    # Loaded here, before Ansible forks for every server; runs of softops begin sooner without it.
    from softops.byhand import order_by_hand


class ActionModule(EngineAction):
    """The task `softops_image`."""

    _VALID_ARGS = frozenset({"operation"})

    def work(self) -> dict[str, Any]:
        """Deliver the image, and for an installation note it on the server."""
        order = self._order()
        operation = "install" if self._task.args.get("operation") == "install" else "pull"
        self.announce(operation, order)
        voice = self.narrator(order.name)
        try:
            done = self._deliver(order, install=operation == "install")
        except SoftopsError as exc:
            cancelled = exc.reason == "CANCELLED"
            voice.result(AppResult(software=order.name, outcome="cancelled" if cancelled else "failed",
                                   reason=exc.reason, code=exc.code, params=plain_params(exc)))
            raise
        reason = f"{operation.upper()}_SUCCESS"
        voice.result(AppResult(software=order.name, outcome="success", reason=reason, code=200, digest=done.digest,
                               changed=done.changed))
        return {"changed": done.changed, "softops": {
            "reason": reason, "code": 200, "params": {}, "digest": done.digest, "imageId": done.image_id,
            "size": done.size, "layers": done.layers}}

    def _deliver(self, order: Order, *, install: bool) -> Delivered:
        note = manifest_path(self.text("softops_apps_dir"), order)
        way = self.way(order.limits.connect_timeout, prelude=noted_command(note) if install else "")
        wishes = Wishes(install=install, check=bool(self._task.check_mode), note=note)
        with self.engine(way, order.limits.connect_timeout) as engine:
            return Delivery(order, self.access(way, engine, order.limits, note), wishes).run()

    def _order(self) -> Order:
        if self.input is not None:
            return order_of(self.input)
        return order_by_hand(Path(self.text("softops_catalog")), self.text("softops_name"),
                             self.text("softops_version"), parameters=self.mapping("softops_parameters"),
                             pull=self.pull_by_hand())
