"""Names of Docker images, by the grammar of the distribution project."""

from __future__ import annotations

import re
from dataclasses import dataclass

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?:(?P<registry>{_HOST}(?::[0-9]{{1,5}})?)/)?(?P<repository>{_PART}(?:/{_PART})*)"
    rf"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}))?(?:@(?P<digest>{DIGEST.pattern}))?")
MAX_LENGTH = 255
"""The longest name without tag and digest that registries take."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A parsed image name; `registry` is empty for Docker Hub."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        """The name without tag and digest."""
        return f"{self.registry}/{self.repository}" if self.registry else self.repository


def parse_reference(text: str) -> Reference | None:
    """The parts of an image name, or None when registries and engines would not take it."""
    match = _REFERENCE.fullmatch(text) if len(text) <= 2 * MAX_LENGTH else None
    if match is None:
        return None
    registry, repository = match["registry"] or "", match["repository"]
    if registry and not _is_host(registry):
        registry, repository = "", f"{registry}/{repository}"
        if not re.fullmatch(rf"{_PART}(?:/{_PART})*", repository):
            return None
    found = Reference(registry=registry, repository=repository, tag=match["tag"], digest=match["digest"])
    return found if len(found.name) <= MAX_LENGTH else None


def _is_host(text: str) -> bool:
    """The engine's rule: a first part with a dot, a port or capitals, or `localhost`, is a registry."""
    return "." in text or ":" in text or text == "localhost" or text != text.lower()
