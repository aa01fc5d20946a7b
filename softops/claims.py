"""What an app wants for itself on its server, a name, a port or a volume, compared with what others there have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from softops.apporders import AppOrder
from softops.containerstates import NAME_LABEL
from softops.errors import StartFailed
from softops.verdicts import Listed

_ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SHORT = re.compile(r"(?:(?P<ip>[0-9.]+|\[[0-9a-fA-F:]+\]):)?(?P<port>\d+):\d+(?:/(?P<protocol>tcp|udp))?")


def refuse_taken(order: AppOrder, project: str, containers: Sequence[Listed]) -> None:
    """StartFailed when a container of others has a name or a port that the app wants. Programs that are no containers
    are not known here; of them the engine tells when it is too late to ask."""
    others = [one for one in containers if one.project != project or one.owner != order.name]
    services = _services(order.compose)
    names = {str(service["container_name"]) for service in services if service.get("container_name")}
    for one in others:
        if one.name in names:
            raise StartFailed("CONTAINER_NAME_TAKEN", name=one.name)
    for address, port, protocol in _ports(services, order.main.parameters):
        for one in others:
            if any(_meet((address, port, protocol), taken) for taken in one.ports):
                raise StartFailed("PORT_IN_USE", port=port, owner=one.name)


def refuse_foreign_volumes(order: AppOrder, project: str, volumes: Mapping[str, Mapping[str, str]]) -> None:
    """StartFailed when a volume that the app would get by its own name is there and not its own. `a.b` and `a_b`, or
    `shop` with `db_data` and `shop_db` with `data`, have the same names. One with another name has a permission."""
    declared = _part(order.compose, "volumes")
    for key, said in declared.items():
        name = f"{project}_{key}"
        theirs = name in volumes and volumes[name].get(NAME_LABEL) != order.name
        if theirs and not (isinstance(said, dict) and {"name", "external"} & said.keys()):
            raise StartFailed("VOLUME_TAKEN", volume=name, software=order.name)


def _services(compose: str) -> list[Mapping[str, Any]]:
    return [one for one in _part(compose, "services").values() if isinstance(one, dict)]


def _part(compose: str, name: str) -> Mapping[str, Any]:
    model = yaml.load(compose, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  both are safe
    part = model.get(name) if isinstance(model, dict) else None
    return part if isinstance(part, dict) else {}


def _ports(services: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    for service in services:
        for said in service.get("ports") or ():
            short = _long_form(said) if isinstance(said, dict) else str(said)
            known = _VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), short)
            if match := _SHORT.fullmatch(known):
                yield (match["ip"] or "").strip("[]"), int(match["port"]), match["protocol"] or "tcp"


def _long_form(said: Mapping[str, Any]) -> str:
    address = f"{said['host_ip']}:" if said.get("host_ip") else ""
    return f"{address}{said.get('published')}:{said.get('target')}/{said.get('protocol') or 'tcp'}"


def _meet(wanted: tuple[str, int, str], taken: tuple[str, int, str]) -> bool:
    same = wanted[0] == taken[0] or bool({wanted[0], taken[0]} & _ANYWHERE)
    return same and wanted[1:] == taken[1:]
