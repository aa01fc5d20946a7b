"""Bringing an app whose start was cut off to a good end: done, or what served before."""

from __future__ import annotations

from softops.appwork import Done
from softops.deploying import Deployment
from softops.errors import SoftopsError, StartFailed
from softops.serverfiles import RUNNING, STARTING
from softops.texts import nested


class Return(Deployment):
    """Says what is on the server after softops was killed in the middle of a start, and undoes half of one."""

    def run(self) -> Done:
        """Nothing is changed where the start was done. Otherwise StartFailed, which says what runs now: where it was
        in the middle, that is what was there before."""
        self.refuse_foreign()
        if self._runs_like_that():
            return Done(changed=False, reason="FOUND_DONE", digest=(self.found.revision or {}).get("digest"))
        if self.found.state == STARTING and not self.place.check:
            self._undo()
        if any(one.running for one in self.now()):
            version = str((self.found.revision or {}).get("version") or "-")
            raise StartFailed("INTERRUPTED_RUNS" if self.found.state == RUNNING else "INTERRUPTED_UNDONE",
                              version=version)
        raise StartFailed("INTERRUPTED_DOWN", software=self.order.name)

    def stop_if_cancelled(self) -> None:
        """Nobody can cancel it: what is true afterwards is what a cancel would bring about."""

    def _undo(self) -> None:
        self.require_compose()
        if not self.found.previous:
            self._leave_stopped((self.found.revision or {}).get("digest"))
            return
        self.narrator.stage("rollback")
        version = self._previous_version()
        try:
            self._restore()
        except SoftopsError as exc:
            raise StartFailed("INTERRUPTED_STUCK", version=version,
                              **nested("problem", exc.reason, exc.params)) from exc
        if self._ran:
            raise StartFailed("INTERRUPTED_BACK", version=version)
