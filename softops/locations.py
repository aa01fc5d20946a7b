"""Where an image name leads: how engines write it, and which registry answers for it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from softops.references import Reference

HUB = "registry-1.docker.io"
_HUB_NAMES = frozenset({"", "docker.io", "index.docker.io", HUB})


@dataclass(frozen=True, kw_only=True, slots=True)
class Location:
    """The registry that has an image, and the repository's name there."""

    registry: str
    repository: str


def location(reference: Reference) -> Location:
    """Where the distribution API has the image; Docker Hub's official images lie in `library/`."""
    if reference.registry not in _HUB_NAMES:
        return Location(registry=reference.registry, repository=reference.repository)
    repository = reference.repository
    return Location(registry=HUB, repository=repository if "/" in repository else f"library/{repository}")


def familiar_name(reference: Reference) -> str:
    """The name without tag and digest as engines list it."""
    if reference.registry not in _HUB_NAMES:
        return f"{reference.registry}/{reference.repository}"
    return reference.repository.removeprefix("library/")


def tag_of(reference: Reference) -> str | None:
    """The tag that is meant; None where only a digest is named."""
    return reference.tag or (None if reference.digest else "latest")


def host_of(registry: str) -> str:
    """The host of HOST or HOST:PORT, an IPv6 address without its brackets."""
    host = registry.rsplit(":", 1)[0] if registry.count(":") == 1 or registry.startswith("[") else registry
    return host.strip("[]")


def is_loopback(registry: str) -> bool:
    """Whether the registry's address means a different machine on every machine."""
    host = host_of(registry)
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def stays_near(host: str) -> bool:
    """Whether the host means this machine, or something only its own link reaches."""
    address = _address(host)
    if address is None:
        return host == "localhost" or host.endswith(".localhost")
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_link_local or address.is_unspecified


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
