"""Stopping, starting again, restarting and removing an app that is on a server."""

from __future__ import annotations

from softops.appwork import AppWork, Done
from softops.containerstates import NAME_LABEL
from softops.errors import StartFailed
from softops.serverfiles import removal_script
from softops.verdicts import PROJECT_LABEL, one_time_tasks

REASON = {"stop": "STOP_SUCCESS", "start": "START_SUCCESS", "restart": "RESTART_SUCCESS", "remove": "REMOVE_SUCCESS"}


class Operation(AppWork):
    """One of stop, start, restart and remove; each does nothing where nothing is to be done."""

    def run(self) -> Done:
        """Do it; what is not there is stopped and removed already."""
        self.stop_if_cancelled()
        self.refuse_foreign()
        needed = {"stop": self._to_stop, "start": self._to_start, "restart": self._to_restart,
                  "remove": self._to_remove}[self.order.action]()
        if needed and not self.place.check:
            self.require_compose()
            self.stop_if_cancelled()
            {"stop": self._stop, "start": self._start, "restart": self._restart,
             "remove": self._remove}[self.order.action]()
        reason = "ALREADY_RUNNING" if self.order.action == "start" and not needed else REASON[self.order.action]
        return Done(changed=needed, reason=reason, digest=self._digest())

    def _digest(self) -> str | None:
        digest = (self.found.revision or {}).get("digest")
        return digest if isinstance(digest, str) and self.order.action != "remove" else None

    def _to_stop(self) -> bool:
        return any(one.running for one in self.containers)

    def _to_start(self) -> bool:
        self._require_app()
        tasks = one_time_tasks(self.containers)
        return not self.containers or not all(one.well(tasks) for one in self.containers)

    def _to_restart(self) -> bool:
        self._require_app()
        return True

    def _to_remove(self) -> bool:
        return self._stands() or (self.order.remove_volumes and bool(self._volumes()))

    def _stands(self) -> bool:
        """Whether more is there than the data of an earlier removal."""
        return self.found.there or bool(self.containers)

    def _require_app(self) -> None:
        if self.found.revision is None or self.found.compose is None:
            raise StartFailed("APP_NEVER_STARTED", software=self.order.name)

    def _stop(self) -> None:
        self.compose("stop", stage="stop")

    def _start(self) -> None:
        self.bring_up("up -d --no-build", stage="up", stop=self.stop_if_cancelled)

    def _restart(self) -> None:
        if not self.containers:
            self._start()
        else:
            self.bring_up("restart", stage="restart", stop=self.stop_if_cancelled)

    def _remove(self) -> None:
        if self.order.remove_volumes and self.found.compose is not None:
            # With the containers go the volumes without a name; no others are theirs alone.
            self.compose("rm --stop --force --volumes", stage="stop")
        if self._stands():
            self.compose("down --remove-orphans", stage="remove")
        if self.order.remove_volumes:
            self._remove_volumes()
        self.script(removal_script(self.directory, everything=self.order.remove_volumes))

    def _remove_volumes(self) -> None:
        for name in self._volumes():
            self.place.engine.remove_volume(name)

    def _volumes(self) -> list[str]:
        """Those that were made for the app. Compose goes by names alone, and somebody else's may have the same one."""
        wanted = {NAME_LABEL: self.order.name, PROJECT_LABEL: self.project}
        return [name for name, labels in self.place.engine.volumes().items() if wanted.items() <= labels.items()]
