"""Making exactly one version of an app run on one server, whatever was there, and bringing back what was there when
that fails."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from softops.appwork import AppWork, Done
from softops.claims import refuse_foreign_volumes, refuse_taken
from softops.delivery import Delivered, Delivery, Wishes
from softops.errors import EngineUnreachable, PullFailed, ServerUnreachable, SoftopsError, StartFailed
from softops.installed import fingerprint, manifest_path
from softops.secretparams import secret_names
from softops.serverfiles import (
    COMPOSE,
    ENV,
    FAILED,
    RUNNING,
    SHOWN,
    STARTING,
    masked_env,
    note_script,
    previous_command,
    restore_script,
    revision_text,
    same_files,
    shown_command,
    write_script,
)
from softops.texts import nested
from softops.verdicts import one_time_tasks

ENGINE_RETURN = 45
"""Seconds that an engine or its server may be gone before what was there is not brought back."""
UP = "up -d --remove-orphans --no-build"


class Deployment(AppWork):
    """Brings an app to the wanted version and files."""

    def run(self) -> Done:
        """Do what is still to be done. Nothing that runs is touched before every image is there."""
        self.stop_if_cancelled()
        self.refuse_foreign()
        alike = self._runs_like_that()
        if alike and all(image.digest for image in self.order.images):
            return Done(changed=False, reason="ALREADY_RUNNING", digest=(self.found.revision or {}).get("digest"))
        refuse_taken(self.order, self.project, self.place.engine.containers())
        refuse_foreign_volumes(self.order, self.project, self.place.engine.volumes())
        delivered, fresh = self._deliver()
        digest = delivered.digest
        if alike and not fresh:
            return Done(changed=False, reason="ALREADY_RUNNING", digest=digest)
        diff = self._diff()
        if not self.place.check:
            self.require_compose()
            self.stop_if_cancelled()
            self._start(digest)
        return Done(changed=True, reason="START_SUCCESS", digest=digest, diff=diff)

    def _runs_like_that(self) -> bool:
        """Whether the server has these files, they have worked, and just those containers are well now."""
        revision = self.found.revision or {}
        if self.found.state != RUNNING or not same_files(self.found, self.order.compose, self.order.env):
            return False
        tasks = one_time_tasks(self.containers)
        return (bool(self.containers) and _traits(self.containers) == revision.get("containers")
                and all(one.well(tasks) for one in self.containers))

    def _deliver(self) -> tuple[Delivered, bool]:
        """Bring every image completely; what came of the software's own, and whether any was new."""
        access = self.place.access(self.order.name, self.found)
        note = manifest_path(str(self.place.apps_dir), self.order.main)
        done = [Delivery(image, access, Wishes(install=not number, check=self.place.check, note=note)).run()
                for number, image in enumerate(self.order.images)]
        return done[0], any(one.changed for one in done)

    def _start(self, digest: str | None) -> None:
        """Write the files, bring the containers up and note that it worked; or go back."""
        worked = self.found.state == RUNNING
        self.narrator.stage("write")
        self.script(write_script(self.directory, compose=self.order.compose, env=self.order.env,
                                 revision=self._revision(STARTING, digest), keep=worked))
        try:
            self.bring_up(UP, stage="up", stop=self.stop_if_cancelled)
            self.script(note_script(self.directory, self._revision(RUNNING, digest, _traits(self.now()))))
        except SoftopsError as exc:
            self._go_back(exc, digest, way_back=worked or (self.found.previous and self.found.state == STARTING))

    def _revision(self, state: str, digest: str | None, containers: Mapping[str, str] | None = None) -> str:
        main = self.order.main
        return revision_text({
            "name": main.name, "version": main.version, "image": main.image, "digest": digest,
            "repository": main.repository, "commit": main.commit, "state": state, "containers": containers or {},
            "ran": self._ran,
            "secrets": sorted(self._secrets),
            "fingerprint": fingerprint((self.order.compose + self.order.env).encode())})

    def _go_back(self, error: SoftopsError, digest: str | None, *, way_back: bool) -> None:
        """Bring back what worked before, or stop what does not work; always raises."""
        if not way_back:
            self._leave_stopped(digest)
            raise error
        self.narrator.stage("rollback")
        version = self._previous_version()
        cause = {"version": version, "cause": error.reason, **nested("message", error.reason, error.params)}
        log = getattr(error, "log", "")
        try:
            self._restore()
        except ServerUnreachable as exc:
            raise self._unknown(exc) from exc
        except SoftopsError as exc:
            raise _logged(StartFailed("ROLLBACK_FAILED", **cause, **nested("problem", exc.reason, exc.params)),
                          log) from exc
        if isinstance(error, PullFailed):
            raise error
        raise _logged(StartFailed("ROLLED_BACK", **cause), log) from error

    def _restore(self) -> None:
        """The files from before, and the containers as they were: up and well, or stopped."""
        self._await_engine()
        self.script(restore_script(self.directory))
        if self._ran:
            self.bring_up(UP, stage="rollback", stop=lambda: None)
        else:
            self.compose("up --no-start --remove-orphans --no-build", stage="rollback")
        text = self.place.shell(previous_command(self.directory)).output
        revision = {**json.loads(text), "state": RUNNING, "containers": _traits(self.now())}
        self.script(note_script(self.directory, revision_text(revision)))

    @property
    def _ran(self) -> bool:
        """Whether what was there before this start, or before the one that was interrupted, was to run."""
        noted = (self.found.revision or {}).get("ran")
        if self.found.state == STARTING and isinstance(noted, bool):
            return noted
        return any(one.running for one in self.containers) or not self.containers

    def _await_engine(self) -> None:
        """Give an engine or a server that was lost some time: most of them are back at once."""
        deadline = time.monotonic() + ENGINE_RETURN
        while True:
            try:
                self.place.engine.containers(self.project)
            except EngineUnreachable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                return

    def _leave_stopped(self, digest: str | None) -> None:
        """Let nothing loop; the containers stay so that they can be looked at."""
        try:
            self._await_engine()
            self.compose("stop", stage="stop")
            self.script(note_script(self.directory, self._revision(FAILED, digest)))
        except ServerUnreachable as exc:
            raise self._unknown(exc) from exc
        except SoftopsError:
            # Why it does not run is what people need to hear.
            return

    def _unknown(self, error: ServerUnreachable) -> ServerUnreachable:
        """The server went away in the middle of the start and has not come back."""
        return ServerUnreachable("START_UNKNOWN", version=self.order.main.version,
                                 **nested("message", error.reason, error.params))

    def _previous_version(self) -> str:
        if self.found.state == RUNNING:
            return str((self.found.revision or {}).get("version"))
        said = self.place.shell(previous_command(self.directory)).output
        try:
            return str(json.loads(said)["version"])
        except (ValueError, KeyError, TypeError):
            return "-"

    def _diff(self) -> tuple[Mapping[str, str], ...]:
        """What would become of the two files, without secrets."""
        if not self.place.diff:
            return ()
        secrets = self._secrets | self.found.secrets
        said = self.place.shell(shown_command(self.directory, secrets)).output.replace("\r\n", "\n")
        compose, _, env = self.masker.text(said).partition(f"{SHOWN}\n")
        after = masked_env(self.order.env, secrets)
        if after == env and self.found.env != fingerprint(self.order.env.encode()):
            after += "# a secret has another value\n"
        texts = ((COMPOSE, compose, self.masker.text(self.order.compose)), (ENV, env, after))
        return tuple({"before_header": str(self.directory / name), "after_header": str(self.directory / name),
                      "before": before, "after": now} for name, before, now in texts if before != now)

    @property
    def _secrets(self) -> frozenset[str]:
        return secret_names(self.order.main.entry)


def _traits(containers: Any) -> dict[str, str]:
    return {one.service: one.trait for one in containers}


def _logged(error: StartFailed, log: str) -> StartFailed:
    error.log = log
    return error
