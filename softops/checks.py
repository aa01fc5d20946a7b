"""Looking at a server now: can it be reached, which engine does it run, how much space has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from softops.clock import Clock
from softops.entities import FinalState, Server
from softops.events import HostFailed, HostOk, parse_event
from softops.outcomes import HostTale, RunEnd, outcome
from softops.playbooks import PullLimits, inspect_call
from softops.runner import Runner
from softops.servers import Servers
from softops.statuses import RecordStatus, ServerStatus
from softops.texts import Lang, render


class Checks:
    """Runs inspect.yml for a server and keeps what it found."""

    def __init__(self, *, servers: Servers, runner: Runner, clock: Clock, limits: PullLimits, lang: Lang) -> None:
        self._servers = servers
        self._runner = runner
        self._clock = clock
        self._limits = limits
        self._lang = lang

    def check(self, server_id: int) -> Server:
        """The server as it is now. A server that does not answer is OFFLINE with a message, not an error."""
        server = self._servers.get(server_id)
        tale, end = self._inspect(server.name)
        final = outcome("inspect", server.name, end, tale)
        if final.status is RecordStatus.SUCCESS and tale.ok is not None:
            return self._save(server, ServerStatus.ONLINE, tale.ok.softops, None)
        return self._save(server, ServerStatus.OFFLINE, {}, self._sentence(final))

    def _inspect(self, host: str) -> tuple[HostTale, RunEnd]:
        failures: list[HostFailed] = []
        answers: list[HostOk] = []

        def note(raw: Mapping[str, Any]) -> None:
            event = parse_event(raw)
            if isinstance(event, HostFailed) and not event.ignored:
                failures.append(event)
            elif isinstance(event, HostOk):
                answers.append(event)

        with self._runner.prepare(inspect_call(host, self._limits)) as run:
            end = run.execute(note, lambda: False)
        return HostTale(failure=failures[-1] if failures else None, ok=answers[-1] if answers else None), end

    def _save(self, server: Server, status: ServerStatus, found: Mapping[str, Any], message: str | None) -> Server:
        free = found.get("freeBytes")
        return self._servers.save_check(
            server.id, status=status, engine_version=_text(found.get("engineVersion")),
            architecture=_text(found.get("architecture")), free_bytes=free if isinstance(free, int) else None,
            message=message, now=self._clock())

    def _sentence(self, final: FinalState) -> str:
        return render(final.reason, self._lang, final.reason_params)


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) else None
