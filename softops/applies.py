"""Carries out plans: one job whose records are exactly the steps; and mends drift by itself where that is wanted."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from softops.desired import VARIABLE, Misfit
from softops.desiredstate import HEALER, DesiredState
from softops.desires import Desires
from softops.entities import Job
from softops.errors import BadRequest, NotFound, SoftopsError
from softops.fleetplan import FleetPlan, Step
from softops.jobs import JobDraft, RecordDraft
from softops.starts import Starts, Wish

logger = logging.getLogger(__name__)

HEAL_EVERY = 30.0
"""Seconds between two looks for drift."""

Drafts = Mapping[tuple[int, str], RecordDraft | SoftopsError]


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """What an apply began."""

    job: Job | None
    """None: there was nothing to do."""
    plan: FleetPlan
    """What it does, and which servers it leaves alone because of problems."""


class Applies:
    """Makes the jobs of plans; the worker runs them."""

    def __init__(self, *, starts: Starts, state: DesiredState) -> None:
        self._starts = starts
        self._state = state

    def apply(self, plan: FleetPlan, *, user: str) -> Applied:
        """A job for all steps of a plan, in their order on each server. A server on which one of them turns out to
        be impossible is left alone. Conflict when one of the servers is busy with the same software."""
        drafts = self._drafts(plan.steps, user)
        plan = _without_impossible(plan, drafts)
        for server in plan.servers:
            self._state.adopt(server.server.id, server.adopted)
        records = [draft for step in plan.steps
                   if isinstance(draft := drafts[step.server.id, step.software], RecordDraft)]
        if not records:
            return Applied(job=None, plan=plan)
        commit = plan.source.commit
        job = JobDraft(operation="apply", soft_id=None, soft_name=VARIABLE, version=(commit or "-")[:12],
                       docker_image="", commit=commit, user=user, options={"managed": True})
        return Applied(job=self._starts.submit(job, records, None, _repository(plan)), plan=plan)

    def _drafts(self, steps: Sequence[Step], user: str) -> Drafts:
        """What each step has to do, by server and software, or why it can't; what is alike is made together."""
        found: dict[tuple[int, str], RecordDraft | SoftopsError] = {}
        alike: defaultdict[str, list[Step]] = defaultdict(list)
        for step in steps:
            if step.image is None:
                found[step.server.id, step.software] = self._change(step)
            else:
                alike[repr((step.operation, step.image.id, sorted(step.parameters.items()),
                            step.accept_permissions))].append(step)
        for group in alike.values():
            found |= self._starting(group, user)
        return found

    def _change(self, step: Step) -> RecordDraft | SoftopsError:
        try:
            return self._starts.changed(step.operation, step.software, step.server)
        except (BadRequest, NotFound) as exc:
            return exc

    def _starting(self, group: Sequence[Step], user: str) -> Drafts:
        first, image = group[0], group[0].image
        if image is None:
            return {}
        wish = Wish(user=user, parameters=first.parameters, accepted=first.accept_permissions, managed=True)
        try:
            drafts = self._starts.exactly(image, [step.server for step in group], wish, operation=first.operation)
        except (BadRequest, NotFound) as exc:
            if len(group) == 1:
                return {(first.server.id, first.software): exc}
            # Only some of the servers may be the reason.
            return {key: one for step in group for key, one in self._starting([step], user).items()}
        return {(draft.server.id, draft.soft_name): draft for draft in drafts}


class Healer:
    """A thread that mends drift, and never what a commit changed. `start` and `stop` once each."""

    def __init__(self, desires: Desires, applies: Applies, *, every: float = HEAL_EVERY,
                 begun: Callable[[Job], object] = lambda _: None) -> None:
        """`begun` is told of each job that mends something."""
        self._begun = begun
        self._desires = desires
        self._applies = applies
        self._every = every
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="healer")
        self._flapping: frozenset[tuple[str, str]] = frozenset()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when the thread is done."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def heal(self) -> Job | None:
        """Mend what has drifted now, except what does so again and again; the job, if there was anything."""
        plan = self._desires.plan()
        self._note_flapping(plan)
        applied = self._applies.apply(healable(plan), user=HEALER)
        if applied.job is not None:
            self._begun(applied.job)
        return applied.job

    def _watch(self) -> None:
        while not self._stopping.wait(self._every):
            try:
                job = self.heal()
            except SoftopsError as exc:
                logger.warning("Drift could not be mended: %s", exc, extra={"action": "heal"})
                continue
            except Exception:
                # Without this thread nothing would ever be healed again.
                logger.exception("Self-heal stumbled and goes on", extra={"action": "heal"})
                continue
            if job is not None:
                logger.info("Job %s mends what has drifted", job.id, extra={"action": "heal", "job": job.id})

    def _note_flapping(self, plan: FleetPlan) -> None:
        now = frozenset((step.server.name, step.software) for step in plan.steps if step.flapping and step.drifted)
        for server, software in sorted(now - self._flapping):
            logger.warning("%s on %s has drifted again and again; it is let be until somebody applies or an hour "
                           "has passed", software, server, extra={"action": "heal"})
        self._flapping = now


def healable(plan: FleetPlan) -> FleetPlan:
    """The part of a plan that self-heal may do: drift alone, and not without end. Nothing is adopted."""
    return replace(plan, servers=tuple(
        replace(one, adopted=(), steps=tuple(step for step in one.steps if step.drifted and not step.flapping))
        for one in plan.servers))


def _without_impossible(plan: FleetPlan, drafts: Drafts) -> FleetPlan:
    servers = []
    for one in plan.servers:
        wrong = tuple(
            Misfit(host=one.server.name, variable=f"{VARIABLE}.{step.software}", reason=error.reason,
                   params=error.params)
            for step in one.steps if isinstance(error := drafts[one.server.id, step.software], SoftopsError))
        servers.append(replace(one, steps=(), adopted=(), problems=(*one.problems, *wrong)) if wrong else one)
    return replace(plan, servers=tuple(servers))


def _repository(plan: FleetPlan) -> int | None:
    """The catalog repository from which everything comes that the plan starts; None for none and for several, which
    nobody can give to a playbook."""
    ids = {step.image.repository_id for step in plan.steps if step.image is not None}
    return ids.pop() if len(ids) == 1 else None
