"""What a rendered template may name: no other file, and no variable but its parameters.

It is looked at before Docker Compose sees it, because Compose would read those files and take those variables from the
environment of whoever calls it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from softops.errors import BadRequest
from softops.problems import nearest, shortened

_TOP = frozenset({"name", "services", "volumes", "networks", "configs", "secrets", "version"})
_READS_FILES = ("build", "credential_spec", "develop", "env_file", "extends", "label_file", "profiles", "provider")
VARIABLE = re.compile(r"\$(?:\$|(?P<brace>\{)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?(brace)(?P<unset>[-+?])?))")
"""What Compose interpolates, also inside another one's default; `unset` tells empty from not set."""
OF_COMPOSE = frozenset({"COMPOSE_PROJECT_NAME"})
"""Variables that Compose itself gives."""


def check_file(software: str, data: Mapping[str, Any], names: Collection[str]) -> None:
    """BadRequest for everything by which Compose would look beyond this text and the parameters `names`."""
    other = next((key for key in data if key not in _TOP and not key.startswith("x-")), None)
    if other is not None:
        raise BadRequest("COMPOSE_KEY", software=software, service="-", key=shortened(other),
                         nearest=nearest(other, _TOP))
    services = _mapping(data.get("services"))
    if not services or not all(isinstance(service, Mapping) for service in services.values()):
        raise BadRequest("COMPOSE_NO_SERVICE", software=software)
    for name, service in services.items():
        _check_service(software, shortened(name), service, names)
    for part in ("configs", "secrets"):
        for name, one in _mapping(data.get(part)).items():
            _check_secret(software, part, shortened(name), _mapping(one), names)
    for text in _texts(data):
        for match in VARIABLE.finditer(text):
            _check_variable(software, match["name"], names)
            if match["unset"]:
                raise BadRequest("COMPOSE_UNSET", software=software, name=match["name"], sign=match["unset"])


def _check_service(software: str, name: str, service: Mapping[str, Any], names: Collection[str]) -> None:
    for key in _READS_FILES:
        if key in service:
            raise BadRequest("COMPOSE_READS_FILES", software=software, service=name, key=key)
    for variable in _taken_over(service.get("environment")):
        _check_variable(software, variable, names)


def _check_secret(software: str, part: str, name: str, one: Mapping[str, Any], names: Collection[str]) -> None:
    if set(one) - {"content", "environment"}:
        raise BadRequest("COMPOSE_SECRET_FILE", software=software, part=part, name=name)
    if one.get("environment") is not None:
        _check_variable(software, str(one["environment"]), names)


def _check_variable(software: str, name: str | None, names: Collection[str]) -> None:
    if name is not None and name not in names and name not in OF_COMPOSE:
        if not names:
            raise BadRequest("COMPOSE_NO_PARAMS", software=software, name=shortened(name))
        raise BadRequest("COMPOSE_VARIABLE", software=software, name=shortened(name), nearest=nearest(name, names))


def _taken_over(environment: Any) -> Iterator[str]:
    """Names without a value: Compose would hand on what its own environment has."""
    if isinstance(environment, Mapping):
        yield from (name for name, value in environment.items() if value is None)
    elif isinstance(environment, list):
        texts = [str(getattr(entry, "text", entry)) for entry in environment]
        yield from (text for text in texts if "=" not in text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
