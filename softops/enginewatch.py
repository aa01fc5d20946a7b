"""Watches the engines of all servers of the inventory, so that what happens to a container there shows at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from softops.broadcast import Hub
from softops.clock import Clock
from softops.containerboard import ContainerBoard
from softops.containers import Containers
from softops.dialbook import DialBook
from softops.enginefollow import EngineFollow, Rhythm
from softops.entities import Server
from softops.errors import SoftopsError
from softops.inventorywatch import Signature, signature
from softops.servers import Servers
from softops.statuses import ServerStatus
from softops.texts import Lang

logger = logging.getLogger(__name__)

LOOKS = 16
"""Servers looked at at the same time where nobody watches them."""
FRESH = 5.0
"""Seconds for which such a look is good enough."""
PATIENCE = 5.0
"""Seconds that `stop` waits for threads that are just dialling."""
LOOK = 30.0
"""Seconds between two looks at which servers there are, unless somebody says that it is time."""
SPREAD = 0.02
"""Seconds between the first connections to two servers."""


class EngineWatch:
    """One thread for each server, and one that asks Ansible how they are reached. `start` and `stop` once each;
    without `start` servers are only looked at when somebody asks."""

    def __init__(self, *, servers: Servers, containers: Containers, book: DialBook, hub: Hub, clock: Clock,
                 lang: Lang, inventory: Path, rhythm: Rhythm | None = None) -> None:
        self._servers = servers
        self._containers = containers
        self._book = book
        self._hub = hub
        self._clock = clock
        self._lang: Lang = lang
        self._inventory = inventory
        self._rhythm = rhythm or Rhythm()
        self._follows: dict[int, tuple[EngineFollow, threading.Thread]] = {}
        self._looked: dict[int, tuple[float, bool]] = {}
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._seen: Signature = ()
        self._look_around: Callable[[], object] = lambda: None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._manage, name="engine-watch", daemon=True)

    def looks_around(self, look: Callable[[], object]) -> None:
        """Call `look` now and then, and soon whenever a server is reached again."""
        self._look_around = look

    def start(self) -> None:
        """Begin to watch all servers that the inventory has."""
        self._seen = signature(self._inventory)
        self._thread.start()

    def stop(self) -> None:
        """End; threads that hang in a connection are left behind after some seconds and do nothing more."""
        self._stopping.set()
        self._wake.set()
        with self._lock:
            follows = tuple(self._follows.values())
        for follow, _ in follows:
            follow.stop()
        deadline = time.monotonic() + PATIENCE
        for thread in (self._thread, *(thread for _, thread in follows)):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def inventory_was_read(self) -> None:
        """Follow what the inventory has now. When its files changed, servers may be reached in another way."""
        seen = signature(self._inventory)
        if seen != self._seen:
            self._seen = seen
            self._book.forget()
        self._wake.set()

    def is_current(self, server_id: int) -> bool:
        """Whether the containers of that server are known as they are now."""
        with self._lock:
            follow = self._follows.get(server_id)
        if follow is not None:
            return follow[0].board.current
        looked, found = self._looked.get(server_id, (0.0, False))
        return found and time.monotonic() - looked < FRESH

    def look(self, server_ids: Collection[int] | None = None) -> None:
        """Where nobody watches: look at these servers or at all, unless that was done a moment ago."""
        if self._thread.ident is not None:
            return
        with self._looking:
            now = time.monotonic()
            old = [one for one in self._servers.all() if (server_ids is None or one.id in server_ids)
                   and now - self._looked.get(one.id, (-FRESH, False))[0] >= FRESH]
            if old:
                self._book.learn(old)
                with ThreadPoolExecutor(LOOKS) as pool:
                    for server, found in zip(old, pool.map(self._look_at, old), strict=True):
                        self._looked[server.id] = (time.monotonic(), found)

    def _look_at(self, server: Server) -> bool:
        try:
            way = self._book.way(server)
            if way is not None and way.containers is not None:
                said, version = way.containers, ""
            else:
                with self._book.open(server) as engine:
                    said, version = engine.survey(), engine.about().version
            self._board(server).replace(said)
        except SoftopsError as exc:
            self._tell(server, "", exc)
            return False
        self._tell(server, version, None)
        return True

    def _manage(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._turn()
                self._look_around()
            except SoftopsError as exc:
                logger.warning("The engines can't be watched: %s", exc, extra={"action": "watch"})
            except Exception:
                logger.exception("The watch of engines stumbled and goes on", extra={"action": "watch"})
            if not self._stopping.is_set():
                self._wake.wait(LOOK)

    def _turn(self) -> None:
        servers = self._servers.all()
        self._begin_and_end(servers)
        unknown = [server for server in servers if self._book.way(server) is None]
        if unknown:
            self._book.learn(unknown, self._stopping.is_set)
            with self._lock:
                follows = [self._follows[server.id][0] for server in unknown if server.id in self._follows]
            for follow in follows:
                follow.dial_again()
                self._stopping.wait(SPREAD)

    def _begin_and_end(self, servers: Sequence[Server]) -> None:
        wanted = {server.id: server for server in servers}
        with self._lock:
            for server_id in self._follows.keys() - wanted.keys():
                self._follows.pop(server_id)[0].stop()
            for server_id, server in wanted.items():
                if server_id not in self._follows and not self._stopping.is_set():
                    self._follows[server_id] = self._begin(server)
                elif server_id in self._follows:
                    self._follows[server_id][0].server = server

    def _begin(self, server: Server) -> tuple[EngineFollow, threading.Thread]:
        follow = EngineFollow(server, self._board(server), self._book, self._rhythm, self._tell, self._ask)
        # A daemon: it may hang in a connection for long, and nothing is lost when it is cut off.
        thread = threading.Thread(target=follow.run, name=f"watch-{server.name}", daemon=True)
        thread.start()
        return follow, thread

    def _board(self, server: Server) -> ContainerBoard:
        return ContainerBoard(server.id, containers=self._containers, hub=self._hub, clock=self._clock)

    def _tell(self, server: Server, version: str, problem: SoftopsError | None) -> None:
        status = ServerStatus.ONLINE if problem is None else ServerStatus.OFFLINE
        if problem is not None and problem.reason == "DIAL_UNKNOWN":
            # Nobody has tried to reach it.
            status = ServerStatus.UNKNOWN
        message = problem.text(self._lang) if problem else None
        try:
            news = self._servers.note_reach(server.id, status=status, engine_version=version or None, message=message,
                                            now=self._clock())
            if news and problem is None:
                self._wake.set()
            if news and problem is not None:
                logger.warning("%s: %s", server.name, problem, extra={"action": "watch", "server": server.name})
        except SoftopsError as exc:
            logger.warning("The status of %s could not be stored: %s", server.name, exc, extra={"action": "watch"})

    def _ask(self, server: Server) -> None:
        self._book.forget([server.id])
        self._wake.set()
