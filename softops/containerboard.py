"""What is known of the containers on one server: kept, stored and told to watchers as it changes."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from typing import Any

from softops.broadcast import Hub
from softops.clock import Clock
from softops.containermessages import state_message
from softops.containers import Containers
from softops.containerstates import ContainerState, container_state
from softops.entities import Container

_FIELDS = tuple(field.name for field in fields(ContainerState))


class ContainerBoard:
    """The containers on one server. Used by one thread at a time."""

    def __init__(self, server_id: int, *, containers: Containers, hub: Hub, clock: Clock) -> None:
        self._server_id = server_id
        self._containers = containers
        self._hub = hub
        self._clock = clock
        self._known: dict[str, Container] = {}
        self.current = False
        """Whether the engine itself has said all this and would say at once if something changed."""

    def replace(self, said: Sequence[Mapping[str, Any]]) -> None:
        """All there is on the server; from now on that is current."""
        states = _states(said)
        # What another process has stored meanwhile counts as well.
        self._known = {one.engine_id: one for one in self._containers.on(self._server_id)}
        news, self.current = not self.current, True
        self._note(states, self._known.keys() - {state.engine_id for state in states}, {}, everything=news)

    def change(self, said: Sequence[Mapping[str, Any]], gone: Collection[str], times: Mapping[str, float]) -> None:
        """Some containers have changed, some are gone; `times` are those that the engine's events carried."""
        self._note(_states(said), gone, times)

    def doubt(self) -> None:
        """Nothing of it is sure any more; watchers are told."""
        if self.current:
            self.current = False
            now = time.time()
            self._hub.publish([state_message(one, current=False, at=now) for one in self._known.values()])

    def _note(self, states: Sequence[ContainerState], gone: Collection[str], times: Mapping[str, float], *,
              everything: bool = False) -> None:
        news = [state for state in states if not _is(state, self._known.get(state.engine_id))]
        left = [self._known[engine_id] for engine_id in gone if engine_id in self._known]
        saved: tuple[Container, ...] = ()
        if news or left:
            saved = self._containers.save(self._server_id, news, [one.engine_id for one in left], self._clock())
        for container in left:
            del self._known[container.engine_id]
        self._known |= {container.engine_id: container for container in saved}
        self._publish(left, tuple(self._known.values()) if everything else saved, times)

    def _publish(self, left: Sequence[Container], told: Sequence[Container], times: Mapping[str, float]) -> None:
        now = time.time()
        self._hub.publish([
            *(state_message(one, current=True, at=now, removed=True, engine_time=times.get(one.engine_id))
              for one in left),
            *(state_message(one, current=True, at=now, engine_time=times.get(one.engine_id)) for one in told)])


def _states(said: Sequence[Mapping[str, Any]]) -> list[ContainerState]:
    return [state for one in said if (state := container_state(one)) is not None]


def _is(state: ContainerState, known: Container | None) -> bool:
    return known is not None and all(getattr(known, name) == getattr(state, name) for name in _FIELDS)
