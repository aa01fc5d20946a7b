"""What of a container matters to those who run it: ports, env, volumes, resources and settings, each by its name.

Containers come in the words of a catalog entry or in those of Compose, short or long; both are read alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Pair = tuple[str, Any]
"""A name and its value; a name may come twice."""
Traits = Mapping[str, tuple[Pair, ...]]
"""The pairs of each of SECTIONS."""

SECTIONS = ("services", "ports", "env", "volumes", "resources", "settings")
OWN_LABELS = "io.softops."
"""The labels that softops writes: they say what is said elsewhere."""

_PARTS = re.compile(r"(?:\$\{[^}]*\}|\[[^\]]*\]|[^:])+")
_NO_REST = frozenset({"name", "version", "services"})
_RESOURCES = {"mem_limit": "memory", "mem_reservation": "reservations.memory"}
_KNOWN_RESOURCES = frozenset({"memory", "cpus", "cpu_shares", "pids_limit", "shm_size", "ulimits", "memswap_limit"})


def traits_of(service: Mapping[str, Any]) -> Traits:
    """The traits of one container. What is not understood is a setting as it stands."""
    found: dict[str, list[Pair]] = defaultdict(list)
    for key, value in service.items():
        if key == "image":
            continue
        section, read = _READERS.get(key, ("", _plain))
        for name, one in read(key, value):
            found[section or _section(name)].append((name, one))
    return {section: tuple(found[section]) for section in SECTIONS}


def rest_of(model: Mapping[str, Any]) -> tuple[Pair, ...]:
    """What a Compose file says beside its containers: networks, volumes, configs ..., each by its name."""
    return tuple(pair for key, value in model.items() if key not in _NO_REST for pair in _plain(key, value))


def _section(name: str) -> str:
    return "resources" if name in _KNOWN_RESOURCES else "settings"


def _ports(_key: str, value: Any) -> Iterator[Pair]:
    for port in _each(value):
        if isinstance(port, Mapping):
            yield _long_port(port)
        else:
            text = str(port)
            target, slash, protocol = (_PARTS.findall(text) or [text])[-1].rpartition("/")
            yield (f"{target}/{protocol}" if slash else f"{protocol}/tcp"), text


def _long_port(port: Mapping[str, Any]) -> Pair:
    target, protocol = port.get("target", "?"), port.get("protocol", "tcp")
    parts = [str(port[key]) for key in ("host_ip", "published") if port.get(key)]
    text = ":".join([*parts, str(target)])
    return f"{target}/{protocol}", text if protocol == "tcp" else f"{text}/{protocol}"


def _volumes(_key: str, value: Any) -> Iterator[Pair]:
    for volume in _each(value):
        if isinstance(volume, Mapping):
            yield _long_volume(volume)
        else:
            text = str(volume)
            parts = _PARTS.findall(text)
            yield (parts[1] if len(parts) > 1 else text), text


def _long_volume(volume: Mapping[str, Any]) -> Pair:
    target, kind = str(volume.get("target", "?")), volume.get("type", "volume")
    source = str(volume.get("source", "")) if kind in {"volume", "bind"} else str(kind)
    return target, ":".join([*([source] if source else []), target, *(["ro"] if volume.get("read_only") else [])])


def _env(_key: str, value: Any) -> Iterator[Pair]:
    if isinstance(value, Mapping):
        yield from ((str(name), one) for name, one in value.items())
        return
    for text in _each(value):
        name, equals, one = str(text).partition("=")
        yield name, one if equals else None


def _labels(key: str, value: Any) -> Iterator[Pair]:
    yield from ((f"labels.{name}", one) for name, one in _env(key, value) if not name.startswith(OWN_LABELS))


def _resources(key: str, value: Any) -> Iterator[Pair]:
    """`resources` of an entry, or the older words of Compose for one of them."""
    if isinstance(value, Mapping):
        yield from ((str(name), one) for name, one in value.items())
    else:
        yield _RESOURCES.get(key, key), value


def _deploy(key: str, value: Any) -> Iterator[Pair]:
    """The limits of `deploy.resources` by the names that an entry has for them; the rest as it stands."""
    for name, one in value.items() if isinstance(value, Mapping) else [("", value)]:
        if name != "resources" or not isinstance(one, Mapping):
            yield f"{key}.{name}", one
            continue
        for kind, amounts in one.items():
            prefix = "" if kind == "limits" else f"{kind}."
            yield from ((f"{prefix}{which}", amount) for which, amount in _plain_parts(amounts))


def _plain_parts(value: Any) -> Iterator[Pair]:
    if isinstance(value, Mapping):
        yield from ((str(name), one) for name, one in value.items())
    else:
        yield "", value


def _plain(key: str, value: Any) -> Iterator[Pair]:
    """A setting; a mapping is told apart by its keys, one level deep."""
    if isinstance(value, Mapping) and value and key not in _KNOWN_RESOURCES:
        yield from ((f"{key}.{name}", one) for name, one in value.items())
    else:
        yield key, value


def _each(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, list) else [value]


_READERS: Mapping[str, tuple[str, Callable[[str, Any], Iterator[Pair]]]] = {
    "ports": ("ports", _ports), "volumes": ("volumes", _volumes),
    "env": ("env", _env), "environment": ("env", _env), "labels": ("settings", _labels),
    "resources": ("resources", _resources), "mem_limit": ("resources", _resources),
    "mem_reservation": ("resources", _resources), "deploy": ("resources", _deploy),
}
"""Which section a key belongs to, and how it is read; the others are settings or resources by their names."""
