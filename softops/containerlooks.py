"""Asking a server's engine about one container now: its details, its log, what it uses."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from softops.apps import Apps
from softops.containerdetails import Usage, described, usage
from softops.containerengine import ContainerEngine, EngineStream, logs_target
from softops.containerlogs import LogLine, LogReader, newest
from softops.containers import Containers
from softops.dialbook import DialBook
from softops.entities import Container
from softops.errors import Conflict, EngineUnreachable, NotFound, SoftopsError
from softops.masking import Masker
from softops.servers import Servers
from softops.vault import Vault

MOST_BYTES = 1024 * 1024
"""Bytes of a log that are shown at once."""
LOG_TIMEOUT = 30.0
SAMPLE = 1.0
"""Seconds over which the use of processors is measured."""
STATS_TIMEOUT = 15.0
"""Seconds after which the numbers of many containers are shown without those of servers that are late."""
SERVERS = 32
"""Servers asked at the same time."""
MOST_CONTAINERS = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What a container uses, or why nobody can say."""

    container: Container
    usage: Usage | None = None
    problem: SoftopsError | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenLog:
    """A log that goes on; whoever has it closes the stream."""

    stream: EngineStream
    reader: LogReader


class ContainerLooks:
    """Asks engines. EngineUnreachable or ServerUnreachable when one does not answer, NotFound when the container is
    gone."""

    def __init__(self, *, containers: Containers, servers: Servers, apps: Apps, vault: Vault,
                 book: DialBook) -> None:
        self._containers = containers
        self._servers = servers
        self._apps = apps
        self._vault = vault
        self._book = book

    def detail(self, container_id: int) -> tuple[Container, Mapping[str, Any]]:
        """A container and its inspection without secrets."""
        container = self._containers.get(container_id)
        with self._engine(container) as engine:
            said = _there(container, engine.inspected(container.engine_id))
        app = self._apps.find(container.server_id, container.soft_name)
        return container, described(said, app.parameters if app is not None else {})

    def log(self, container_id: int, tail: int) -> tuple[tuple[LogLine, ...], int]:
        """The newest lines of a log, and how many of those asked for are left out because they are too long."""
        opened = self.open_log(container_id, tail, follow=False)
        with opened.stream:
            return newest(_lines(opened), most=tail, most_bytes=MOST_BYTES)

    def open_log(self, container_id: int, tail: int, *, follow: bool) -> OpenLog:
        """The newest lines of a log, and with `follow` those to come."""
        container = self._containers.get(container_id)
        with self._engine(container) as engine:
            said = _there(container, engine.inspected(container.engine_id))
            api_version = engine.about().api_version
        way = self._book.way(self._servers.get(container.server_id))
        if way is None or way.dial is None:
            raise EngineUnreachable("DIAL_TEMPORARY")
        stream = EngineStream(way.dial, logs_target(api_version, container.engine_id, tail=tail, follow=follow),
                              timeout=self._book.timeout)
        tty = (said.get("Config") or {}).get("Tty") is True
        return OpenLog(stream=stream, reader=LogReader(tty=tty, hide=self._masker(container).text))

    def usage(self, container_id: int) -> Used:
        """What a container uses now; Conflict when it does not run."""
        container = self._containers.get(container_id)
        with self._engine(container) as engine:
            (used,) = _measure(engine, [container])
        if used.problem is not None:
            raise used.problem
        return used

    def usages(self, *, server_id: int | None = None, name: str | None = None,
               own: frozenset[int] | None = None) -> tuple[Used, ...]:
        """What all running containers use that fit, in their order; late after STATS_TIMEOUT seconds. Only the servers
        `own` are asked; None: all."""
        running = self._containers.page(page=1, size=MOST_CONTAINERS, server_id=server_id, name=name,
                                        state="running").records
        found = [container for container in running if own is None or container.server_id in own]
        of_server: dict[int, list[Container]] = defaultdict(list)
        for container in found:
            of_server[container.server_id].append(container)
        self._book.learn([server for server in self._servers.all() if server.id in of_server])
        pool = ThreadPoolExecutor(SERVERS, thread_name_prefix="stats")
        asked = {pool.submit(self._measured, one): one for one in of_server.values()}
        done, _ = wait(asked, STATS_TIMEOUT)
        # Whoever is late ends by itself: every answer of an engine has its own limit.
        pool.shutdown(wait=False, cancel_futures=True)
        known = {used.container.id: used for future in done for used in future.result()}
        return tuple(known.get(container.id) or Used(container=container, problem=_late(container))
                     for container in found)

    def _measured(self, containers: Sequence[Container]) -> list[Used]:
        try:
            with self._engine(containers[0]) as engine:
                return _measure(engine, containers)
        except SoftopsError as exc:
            return [Used(container=container, problem=exc) for container in containers]

    def _masker(self, container: Container) -> Masker:
        """Hides the secrets that softops has given to the container's software."""
        sealed = self._apps.sealed(container.server_id, container.soft_name)
        return Masker(str(value) for one in sealed for value in self._vault.open(one).values())

    def _engine(self, container: Container) -> ContainerEngine:
        return self._book.open(self._servers.get(container.server_id))


def _measure(engine: ContainerEngine, containers: Sequence[Container]) -> list[Used]:
    """Two samples of each container, a moment apart."""
    first = {one.id: engine.sample(one.engine_id) for one in containers}
    time.sleep(SAMPLE)
    return [_used(one, first[one.id], engine.sample(one.engine_id)) for one in containers]


def _used(container: Container, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Used:
    if before is None or after is None:
        return Used(container=container, problem=_gone(container))
    found = usage(before, after)
    if found.memory is None and not found.processes:
        return Used(container=container, problem=Conflict("CONTAINER_NOT_RUNNING", container=container.name,
                                                          state=container.state))
    return Used(container=container, usage=found)


def _lines(opened: OpenLog) -> Iterator[LogLine]:
    """All lines of a log that ends; EngineUnreachable when it does not within LOG_TIMEOUT seconds."""
    deadline = time.monotonic() + LOG_TIMEOUT
    while (part := opened.stream.read(deadline - time.monotonic())) != b"":
        if part is None or time.monotonic() > deadline:
            raise EngineUnreachable("ENGINE_SILENT", seconds=int(LOG_TIMEOUT))
        yield from opened.reader.feed(part)
    yield from opened.reader.rest()


def _there(container: Container, said: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if said is None:
        raise _gone(container)
    return said


def _gone(container: Container) -> NotFound:
    return NotFound("CONTAINER_GONE", container=container.name, server=container.server_name)


def _late(container: Container) -> EngineUnreachable:
    return EngineUnreachable("ENGINE_LATE", server=container.server_name, seconds=int(STATS_TIMEOUT))
