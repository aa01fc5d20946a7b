"""What a playbook is asked to do with one software, from softops' input.json or from a catalog directory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from softops.errors import BadRequest
from softops.locations import host_of
from softops.logins import logins_of
from softops.networks import PRIVATE, Networks, is_never_reached, parse_networks
from softops.playbooks import PullLimits
from softops.problems import shortened
from softops.references import DIGEST, Reference, parse_reference

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One version of a software and how patiently it is brought to the servers."""

    name: str
    version: str
    image: str
    reference: Reference
    digest: str | None
    """The digest that must be reached; None: whatever the tag means."""
    limits: PullLimits
    repository: str | None = None
    commit: str | None = None
    entry: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def order_of(data: Mapping[str, Any]) -> Order:
    """The order in the content of an input.json. Name and version are safe in paths and shells afterwards."""
    software = _mapping(data, "software")
    name, version, image = (_text(software, key) for key in ("name", "version", "image"))
    reference = parse_reference(image)
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version):
        raise BadRequest("INPUT_INVALID", problem=f"{shortened(name)} {shortened(version)} is no name and version")
    if reference is None:
        raise BadRequest("IMAGE_NAME_INVALID", image=shortened(image))
    if is_never_reached(host_of(reference.registry)):
        raise BadRequest("ADDRESS_FORBIDDEN", host=reference.registry, address=host_of(reference.registry))
    digest = software.get("digest") or reference.digest
    if digest is not None and not DIGEST.fullmatch(str(digest)):
        raise BadRequest("INPUT_INVALID", problem=f"{shortened(str(digest))} is no digest")
    return Order(name=name, version=version, image=image, reference=reference, digest=digest,
                 limits=limits_of(data), repository=software.get("repository"), commit=software.get("commit"),
                 entry=_mapping(software, "entry"), parameters=_mapping(data, "parameters"))


def limits_of(data: Mapping[str, Any]) -> PullLimits:
    """The patience in the content of an input.json, seconds."""
    said = _mapping(data, "pull")
    plain_http = said.get("plainHttp", ())
    if not isinstance(plain_http, list | tuple):
        raise BadRequest("INPUT_INVALID", problem="plainHttp is no list")
    return PullLimits(idle_timeout=_seconds(said, "idleTimeout", 60), timeout=_seconds(said, "timeout", 3600),
                      connect_timeout=_seconds(said, "connectTimeout", 10),
                      plain_http=tuple(str(one) for one in plain_http),
                      networks=_networks(said.get("privateNetworks", PRIVATE)),
                      logins=logins_of(said.get("logins")))


def _networks(said: object) -> Networks:
    try:
        return parse_networks(str(said))
    except ValueError as exc:
        raise BadRequest("INPUT_INVALID", problem=f"privateNetworks: {exc}") from exc


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key) or {}
    if not isinstance(value, dict):
        raise BadRequest("INPUT_INVALID", problem=f"{key} is no mapping")
    return value


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise BadRequest("INPUT_INVALID", problem=f"software.{key} is missing")
    return value


def _seconds(data: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = data.get(key, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadRequest("INPUT_INVALID", problem=f"{key} is no number of seconds")
    return value
