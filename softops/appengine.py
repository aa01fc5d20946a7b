"""What a server's engine is asked about the containers of an app that is being changed."""

from __future__ import annotations

from collections.abc import Mapping

from docker.errors import APIError, NotFound

from softops.engine import Engine
from softops.verdicts import PROJECT_LABEL, Listed, Look, listed_of, look_of

MOST_CONTAINERS = 5000
IN_USE = 409
"""The engine's answer for what something else still needs."""


class AppEngine(Engine):
    """An engine whose containers belong to apps, or to others."""

    def containers(self, project: str | None = None) -> tuple[Listed, ...]:
        """All containers, running or not, or those of one Compose project."""
        filters = {"label": [f"{PROJECT_LABEL}={project}"]} if project else None
        with self._foreign():
            found = self._client.containers(all=True, filters=filters)
            return tuple(listed_of(one) for one in found[:MOST_CONTAINERS])

    def volumes(self) -> Mapping[str, Mapping[str, str]]:
        """The labels of every volume, by its name."""
        with self._foreign():
            found = self._client.volumes().get("Volumes") or ()
            return {str(one["Name"]): dict(one.get("Labels") or {}) for one in found}

    def remove_volume(self, name: str) -> None:
        """Delete a volume and what is in it, unless a container has it."""
        with self._foreign():
            try:
                self._client.remove_volume(name)
            except NotFound:
                return
            except APIError as exc:
                if exc.status_code != IN_USE:
                    raise

    def look(self, container: str) -> Look | None:
        """How a container is; None when it is gone."""
        with self._foreign():
            try:
                return look_of(self._client.inspect_container(container))
            except NotFound:
                return None

    def log(self, container: str, lines: int) -> str:
        """The newest lines of what it printed, to either stream; empty when it is gone."""
        with self._foreign():
            try:
                said = self._client.logs(container, stdout=True, stderr=True, tail=lines)
            except NotFound:
                return ""
            return bytes(said).decode("utf-8", "replace")
