"""Compares what the inventory wants with what the servers have: the plan, read from SQL without asking a server."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from softops.apps import Apps
from softops.clock import Clock
from softops.containers import Containers
from softops.desired import HostDesire, Wanted, desire_of
from softops.desiredstate import DesiredState
from softops.entities import App, Container, Server, SoftImage
from softops.errors import BadRequest, NotFound, SoftopsError
from softops.fleetplan import Facts, FleetPlan, Key, needs_secret, plan_fleet
from softops.images import Images
from softops.inventory import InventoryHost
from softops.inventorygit import InventoryGit
from softops.servers import Servers

HEAL_LIMIT = 3
"""How often self-heal mends one app within HEAL_SPAN before it lets it be."""
HEAL_SPAN = timedelta(hours=1)
SETTLING = timedelta(seconds=5)
"""How long after work on an app the news of its containers may take."""
EVERYTHING = 1_000_000
"""Rows of a page that is meant to have all."""


class Engines(Protocol):
    """Knows which servers' containers are in the table as they are now."""

    def look(self, server_ids: Collection[int] | None = None) -> None:
        """Look at servers that are not watched."""

    def is_current(self, server_id: int) -> bool:
        """Whether the containers of a server are known as they are now."""


class Desires:
    """Makes plans. `read` reads the inventory anew."""

    def __init__(self, *, read: Callable[[], Sequence[InventoryHost]], git: InventoryGit, servers: Servers, apps: Apps,
                 images: Images, containers: Containers, state: DesiredState, engines: Engines,
                 clock: Clock) -> None:
        self._read = read
        self._git = git
        self._servers = servers
        self._apps = apps
        self._images = images
        self._containers = containers
        self._state = state
        self._engines = engines
        self._clock = clock

    def plan(self) -> FleetPlan:
        """What has to be done on every server that the inventory manages, by the inventory as it is now."""
        before = self._git.source()
        hosts = self._read()
        after = self._git.source()
        # Of a checkout that moves under one's eyes nobody can say which commit was read.
        source = after if before == after else replace(after, changed=True)
        servers = self._servers.reconcile(hosts, self._clock())
        desires = {host.name: desire_of(host.name, host.apps) for host in hosts if host.apps}
        return plan_fleet(servers, desires, self._facts(servers, desires), source)

    def _facts(self, servers: Sequence[Server], desires: Mapping[str, HostDesire]) -> Facts:
        managed = {server.id for server in servers if server.name in desires}
        # Containers first: what happens to an app after this look does not make its containers look wrong.
        containers, now = self._known(managed), self._clock()
        # Before the apps: whoever is done by then has changed them.
        worked_on = self._state.worked_on(now - SETTLING, now + SETTLING)
        apps = [app for app in self._apps.all() if app.server_id in managed]
        heals = self._state.heals(now - HEAL_SPAN)
        images = self._wished(desires.values())
        secretive = {one.name for one in images.values() if isinstance(one, SoftImage) and needs_secret(one)}
        return Facts(apps=_by_server(apps), images=images, containers=containers,
                     revisions=self._state.revisions(), secrets=self._apps.kept_secrets(secretive),
                     settling=worked_on,
                     flapping=frozenset(key for key, count in heals.items() if count >= HEAL_LIMIT))

    def _wished(self, desires: Iterable[HostDesire]) -> Mapping[Key, SoftImage | SoftopsError]:
        """Every version that somebody wishes for, or why it can't be had."""
        keys = {(wish.name, wish.version, wish.repository) for desire in desires for wish in desire.wishes
                if wish.state is not Wanted.ABSENT}
        return {key: self._found(key) for key in keys}

    def _found(self, key: Key) -> SoftImage | SoftopsError:
        try:
            return self._images.find(*key)
        except (NotFound, BadRequest) as exc:
            return exc

    def _known(self, managed: Collection[int]) -> Mapping[int, Sequence[Container]]:
        if managed:
            self._engines.look(managed)
        known: dict[int, list[Container]] = {server: [] for server in managed if self._engines.is_current(server)}
        if known:
            for container in self._containers.page(page=1, size=EVERYTHING).records:
                if container.server_id in known:
                    known[container.server_id].append(container)
        return known


def _by_server(apps: Iterable[App]) -> Mapping[int, Sequence[App]]:
    found: defaultdict[int, list[App]] = defaultdict(list)
    for app in apps:
        found[app.server_id].append(app)
    return found
