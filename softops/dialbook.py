"""How the engine of each server is dialled, asked of Ansible once for all of them and kept in memory."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softops.containerengine import ContainerEngine
from softops.dialnotes import dial_of
from softops.dials import Dial
from softops.entities import Server
from softops.errors import EngineUnreachable, RunFailed, ServerUnreachable, SoftopsError
from softops.events import HostFailed, parse_event
from softops.playbooks import PlaybookCall, PullLimits, watch_call
from softops.runner import Runner


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """What Ansible said of one server."""

    dial: Dial | None = None
    tries: int = 1
    renew: bool = False
    """Whether the dial ends with the connection that Ansible made with a password, and then has to be asked anew."""
    problem: SoftopsError | None = None
    """Why there is no dial."""
    containers: tuple[Mapping[str, Any], ...] | None = None
    """What the engine said of its containers, where Ansible alone can ask it."""


class DialBook:
    """The ways to the engines. Threads may share it; Ansible runs once at a time."""

    def __init__(self, *, runner: Runner, limits: PullLimits, home: Path, place: Path) -> None:
        """`home` has the playbooks; `place` is a directory for files that hold passwords for a moment."""
        self._runner = runner
        self._home = home
        self._limits = limits
        self._place = place
        self._ways: dict[int, tuple[str, Way]] = {}
        self._turn = threading.Lock()

    def way(self, server: Server) -> Way | None:
        """What is known of a server; None when Ansible has not been asked about it where it is now."""
        address, way = self._ways.get(server.id, ("", None))
        return way if address == server.address else None

    def forget(self, server_ids: Collection[int] | None = None) -> None:
        """Ask anew about these servers, or about all."""
        for server_id in tuple(self._ways) if server_ids is None else server_ids:
            self._ways.pop(server_id, None)

    def learn(self, servers: Sequence[Server], cancelled: Callable[[], bool] = lambda: False) -> None:
        """Ask Ansible about `servers`, in one run; afterwards each has its way."""
        with self._turn:
            self._ask([server for server in servers if self.way(server) is None], cancelled)

    def open(self, server: Server, *, timeout: float | None = None) -> ContainerEngine:
        """The engine of a server, connected; EngineUnreachable or ServerUnreachable."""
        self.learn([server])
        way = self.way(server) or Way(problem=_unknown(server, "-"))
        if way.dial is None:
            raise way.problem or EngineUnreachable("DIAL_TEMPORARY")
        engine = ContainerEngine(way.dial, timeout=timeout or self.timeout, tries=way.tries)
        try:
            engine.about()
        except SoftopsError:
            engine.close()
            if way.renew:
                self.forget([server.id])
            raise
        return engine

    @property
    def timeout(self) -> float:
        """Seconds an engine may take to answer."""
        return self._limits.connect_timeout

    def _ask(self, servers: Sequence[Server], cancelled: Callable[[], bool]) -> None:
        if not servers:
            return
        with self._room() as directory:
            failures, words = self._run(watch_call([server.name for server in servers], self._limits, directory),
                                        cancelled)
            for server in servers:
                problem = failures.get(server.name) or _unknown(server, words)
                self._ways[server.id] = (server.address, _read(Path(directory, f"{server.name}.json"), problem))

    @contextmanager
    def _room(self) -> Iterator[str]:
        """A directory of its own for a moment; RunFailed where there is no room for it."""
        try:
            self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
            room = tempfile.TemporaryDirectory(prefix="dials-", dir=self._place)
        except OSError as exc:
            raise RunFailed("RUN_DIRECTORY", path=self._place, problem=exc.strerror) from exc
        with room as directory:
            yield directory

    def _run(self, call: PlaybookCall, cancelled: Callable[[], bool]) -> tuple[Mapping[str, SoftopsError], str]:
        """What failed on which server, and the last words of Ansible."""
        failures: dict[str, SoftopsError] = {}
        if not (self._home / call.playbook).is_file():
            return failures, f"{self._home / call.playbook} is missing"

        def note(raw: Mapping[str, Any]) -> None:
            event = parse_event(raw)
            if isinstance(event, HostFailed):
                failures[event.host] = _failure(event)

        with self._runner.prepare(call) as run:
            end = run.execute(note, cancelled)
        return failures, end.output[-300:] or end.status.value


def _read(path: Path, problem: SoftopsError) -> Way:
    try:
        note = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Way(problem=problem)
    if "dial" not in note:
        return Way(problem=EngineUnreachable(note["problem"]), containers=tuple(note["containers"]))
    try:
        return Way(dial=dial_of(note["dial"]), tries=note["tries"], renew=note["renew"])
    except SoftopsError as exc:
        return Way(problem=exc)


def _failure(event: HostFailed) -> SoftopsError:
    said = event.softops
    if isinstance(said.get("reason"), str):
        kind = ServerUnreachable if event.unreachable else EngineUnreachable
        return kind(said["reason"], **said.get("params", {}))
    return ServerUnreachable("SERVER_UNREACHABLE", message=event.message[:500])


def _unknown(server: Server, problem: str) -> SoftopsError:
    return ServerUnreachable("DIAL_UNKNOWN", server=server.name, problem=problem)
