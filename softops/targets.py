"""What can't be asked for at all, whatever it is that is asked: retired software, servers that can't be named."""

from __future__ import annotations

from collections.abc import Sequence

from softops.entities import Server, SoftImage
from softops.errors import BadRequest
from softops.playbooks import HOSTNAME
from softops.statuses import ImageStatus


def check_image(image: SoftImage) -> None:
    """BadRequest when the catalog no longer offers it."""
    if image.status is ImageStatus.RETIRED:
        raise BadRequest("SOFTWARE_RETIRED", software=image.name, version=image.version)


def check_servers(servers: Sequence[Server]) -> None:
    """BadRequest when there is none, or one whose name Ansible would take for a pattern."""
    if not servers:
        raise BadRequest("SERVERS_EMPTY")
    for server in servers:
        if not HOSTNAME.fullmatch(server.name):
            raise BadRequest("SERVER_NAME_UNSAFE", server=server.name)


def pinned_digest(image: SoftImage) -> str | None:
    """The digest that the catalog file demands; None when it leaves the choice to the tag."""
    version = image.entry.get("version")
    digest = version.get("digest") if isinstance(version, dict) else None
    return digest if isinstance(digest, str) else None
