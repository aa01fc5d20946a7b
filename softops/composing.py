"""What Docker Compose is given on a server: a compose.yml and a .env, made from an entry and its parameters.

Values of parameters stand only in `.env`, where Compose reads them as data; `compose.yml` names them as `${NAME}`,
so that a person finds on the server what the catalog says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from softops.documents import Odd, plain_value
from softops.errors import BadRequest
from softops.params import declared
from softops.problems import nearest
from softops.serverfiles import project_name

PREFIX = "io.softops."
"""What the labels of softops begin with."""
MAX_VALUE = 100_000
"""Bytes of one value; the kernel gives no program an environment variable of 128 KiB or more."""

_KEYS = {"command": "command", "entrypoint": "entrypoint", "user": "user", "workdir": "working_dir",
         "hostname": "hostname", "ports": "ports", "env": "environment", "volumes": "volumes", "tmpfs": "tmpfs",
         "healthcheck": "healthcheck", "restart": "restart", "init": "init", "read_only": "read_only",
         "cap_add": "cap_add", "cap_drop": "cap_drop", "shm_size": "shm_size",
         "stop_grace_period": "stop_grace_period"}
"""Keys of a catalog's `service` and what Compose calls them."""
_HEAD = "# Written by softops; changes are overwritten at the next start. The values are in .env.\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class AppVersion:
    """Which software, in which version and from where, an app on a server is to be."""

    name: str
    version: str
    image: str
    digest: str | None
    commit: str | None
    entry: Mapping[str, Any]

    @property
    def exact_image(self) -> str:
        """The image with its digest, so that a tag that moves later changes nothing on the server."""
        return f"{self.image}@{self.digest}" if self.digest and "@" not in self.image else self.image


def labels_of(app: AppVersion) -> Mapping[str, str]:
    """The labels by which softops knows its containers again."""
    values = {"name": app.name, "version": app.version, "commit": app.commit or ""}
    return {PREFIX + key: value for key, value in values.items() if value}


def values_in_force(app: AppVersion, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Every declared parameter, None where one that may be left out was. BadRequest for one that is not declared,
    is missing, or can't be given to a container."""
    params = {param.name: param for param in declared(app.entry)}
    for name, value in values.items():
        if name not in params:
            raise BadRequest("PARAMETER_UNKNOWN", name=name, nearest=nearest(name, params))
        _check(name, plain(value))
    for name, param in params.items():
        if values.get(name) is None and (param.must_be_given() or param.generated()):
            raise BadRequest("PARAMETER_MISSING", name=name)
    return {name: values.get(name) for name in params}


def single_container(app: AppVersion) -> dict[str, Any]:
    """The Compose model of a software of one container, without what `finished` adds."""
    service = app.entry.get("service") or {}
    body: dict[str, Any] = {"image": app.exact_image}
    body |= {theirs: service[ours] for ours, theirs in _KEYS.items() if service.get(ours) is not None}
    limits = service.get("resources") or {}
    body |= {theirs: limits[ours] for ours, theirs in (("memory", "mem_limit"), ("cpus", "cpus")) if limits.get(ours)}
    if service.get("volumes"):
        body["volumes"] = [_mount(str(volume)) for volume in service["volumes"]]
    if service.get("labels"):
        body["labels"] = service["labels"]
    model: dict[str, Any] = {"services": {app.name: body}}
    names = dict.fromkeys(source for source in map(_source, map(str, service.get("volumes") or ()))
                          if source[:1] not in {"/", ".", "$", "~"})
    return {**model, "volumes": {name: {} for name in names}} if names else model


def finished(app: AppVersion, data: Mapping[str, Any]) -> dict[str, Any]:
    """The model with the project's name, and with softops' labels in every service and every volume of its own.
    Compose never pulls: softops has, before anything was stopped. Whether a container restarts is the author's
    choice alone."""
    ours = {key: value.replace("$", "$$") for key, value in labels_of(app).items()}
    services = {name: {**service, "pull_policy": "never", "labels": _labelled(service.get("labels"), ours)}
                for name, service in data["services"].items()}
    rest = {key: value for key, value in data.items() if key not in {"name", "version", "services"}}
    if isinstance(rest.get("volumes"), Mapping):
        rest["volumes"] = {key: _owned(volume, app.name) for key, volume in rest["volumes"].items()}
    return {"name": project_name(app.name), "services": services, **rest}


def _owned(volume: Any, name: str) -> Any:
    """Volumes outlive versions and removals, so that only the name belongs on them."""
    if volume is not None and (not isinstance(volume, Mapping) or "external" in volume):
        return volume
    return {**(volume or {}), "labels": _labelled((volume or {}).get("labels"), {f"{PREFIX}name": name})}


def env_of(entry: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The text of `.env` for values that were checked before: the same as AppFiles.env, without asking Compose."""
    return env_file({param.name: values.get(param.name) for param in declared(entry)})


def env_file(values: Mapping[str, Any]) -> str:
    """The text of `.env`: every value between double quotes, so that Compose reads back exactly what was given. A
    parameter without a value is empty: nothing is taken from the environment of whoever calls Compose."""
    return "".join(f"{name}={_quoted(plain(value))}\n" for name, value in sorted(values.items()))


def plain(value: object) -> str:
    """A value as containers see it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def written(model: Mapping[str, Any]) -> str:
    """The text of compose.yml, in which every scalar says to each reader of YAML what it said in the catalog."""
    return _HEAD + yaml.dump(dict(model), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _check(name: str, text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as exc:
        raise BadRequest("PARAMETER_NOT_TEXT", name=name) from exc
    if "\0" in text:
        raise BadRequest("PARAMETER_NUL", name=name)
    if size > MAX_VALUE:
        raise BadRequest("PARAMETER_OVERSIZED", name=name, limit=MAX_VALUE)


def _quoted(text: str) -> str:
    for single, escaped in (("\\", "\\\\"), ('"', '\\"'), ("$", "\\$"), ("\n", "\\n"), ("\r", "\\r")):
        text = text.replace(single, escaped)
    return f'"{text}"'


def _source(volume: str) -> str:
    return volume.partition(":")[0]


def _mount(volume: str) -> str | dict[str, Any]:
    """Compose takes a volume whose name has one letter for a drive of Windows, unless it is written out."""
    source, _, rest = volume.partition(":")
    target, _, mode = rest.partition(":")
    if len(source) != 1 or not source.isalnum():
        return volume
    return {"type": "volume", "source": source, "target": target, **({"read_only": True} if "ro" in mode else {})}


def _labelled(labels: Any, ours: Mapping[str, str]) -> Any:
    if isinstance(labels, list):
        return [*labels, *(f"{key}={value}" for key, value in ours.items())]
    if labels is None or isinstance(labels, Mapping):
        return {**(labels or {}), **ours}
    return labels  # Compose says that it is neither


class _Dumper(yaml.SafeDumper):
    """Writes text so that no reader takes it for something else."""

    def ignore_aliases(self, _data: object) -> bool:
        """Everything is written out."""
        return True


def _text_node(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # U+0085 and its like end a line for some readers; written between double quotes they are escaped.
    if any(character in text for character in "\x85\u2028\u2029\r\t\ufeff"):
        style: str | None = '"'
    elif "\n" in text:
        style = "|"
    else:
        style = None if plain_value(text) == text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _odd_node(dumper: _Dumper, odd: Odd) -> yaml.ScalarNode:
    """As it was written: what it means is for Compose to say."""
    tag: str = dumper.resolve(yaml.ScalarNode, odd.text, (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, odd.text)


_Dumper.add_representer(str, _text_node)
_Dumper.add_representer(Odd, _odd_node)
