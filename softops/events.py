"""What ansible-runner's events mean for softops: a raw event in, a frozen value or nothing out.

The formats are ansible-runner's event dictionaries and the lines of our action plugins, which arrive as
`verbose` events (docs/architecture.md). Anything that does not have the expected shape is nothing: servers
and foreign playbooks can print what they like without stopping a run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from softops.storable import storable, storable_value


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """The state of one image layer on one server; bytes."""

    id: str
    status: str
    current: int | None = None
    total: int | None = None

    @property
    def done(self) -> bool:
        """Whether the engine will say nothing more about it."""
        return self.status in {"Pull complete", "Already exists"}


@dataclass(frozen=True, kw_only=True, slots=True)
class StageReached:
    """A server entered a stage: connect, space, pull, verify or manifest."""

    host: str
    stage: str
    at: float
    total: int | None = None
    """For `pull`: bytes to download, None when not known."""
    software: str | None = None
    """Which one of the run's software it is about; None: the only one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LayersChanged:
    """Layers of one server have new states."""

    host: str
    layers: tuple[Layer, ...]
    at: float
    software: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainersChanged:
    """Containers of a software have new states on a server."""

    host: str
    software: str | None
    containers: tuple[Layer, ...]
    """Each by its name; what a layer and a container have in common is an id and a status."""
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class AppEnded:
    """Our action has ended its work on one software on one server, and says how."""

    host: str
    software: str
    outcome: str
    """success, failed or cancelled."""
    reason: str
    code: int
    params: Mapping[str, Any]
    at: float
    digest: str | None = None
    changed: bool | None = None
    log: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class HostFailed:
    """A task failed on a server; a rescue may still follow."""

    host: str
    task: str
    message: str
    unreachable: bool = False
    ignored: bool = False
    softops: Mapping[str, Any] = field(default_factory=dict)
    """What our action plugin says of it: reason, code, params."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostOk:
    """A task of ours succeeded on a server and says what it found."""

    host: str
    task: str
    softops: Mapping[str, Any]
    changed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class HostStats:
    """Ansible's count of one server at the end of a run."""

    ok: int = 0
    changed: int = 0
    failures: int = 0
    unreachable: int = 0
    rescued: int = 0
    skipped: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RunStats:
    """Ansible's closing count of every server it worked on."""

    hosts: Mapping[str, HostStats]


RunEvent = StageReached | LayersChanged | ContainersChanged | AppEnded | HostFailed | HostOk | RunStats

MAX_LINE = 256 * 1024
LATEST = 1e11
"""Seconds since 1970; later ones fit in no date."""
_STATS = {"ok": "ok", "changed": "changed", "failures": "failures", "dark": "unreachable",
          "rescued": "rescued", "skipped": "skipped"}


def parse_event(raw: Mapping[str, Any], token: str | None = None) -> RunEvent | None:
    """The meaning of one ansible-runner event; None when it has none for softops.

    With `token`, lines of action plugins count only when they carry it as `run`: what a server prints
    can then not be taken for progress.
    """
    kind = raw.get("event")
    if kind == "verbose":
        line = raw.get("stdout")
        return parse_line(line, token) if isinstance(line, str) else None
    data = raw.get("event_data")
    if not isinstance(data, dict):
        return None
    if kind == "playbook_on_stats":
        return _stats(data)
    if kind in ("runner_on_failed", "runner_on_unreachable"):
        return _failed(data, unreachable=kind == "runner_on_unreachable")
    return _ok(data) if kind == "runner_on_ok" else None


def parse_line(line: str, token: str | None = None) -> RunEvent | None:
    """The meaning of one line an action plugin displayed."""
    line = line.strip()
    if not line.startswith('{"softops"') or len(line) > MAX_LINE:
        return None
    try:
        data = storable_value(json.loads(line))
    except (ValueError, RecursionError):
        return None
    host, at = data.get("host"), data.get("at")
    if not isinstance(host, str) or not isinstance(at, int | float) or data.get("run") != token:
        return None
    reader = _READERS.get(str(data.get("kind")))
    return reader(data, host, float(at)) if reader and abs(at) <= LATEST else None


def _stage(data: Mapping[str, Any], host: str, at: float) -> StageReached | None:
    if not isinstance(data.get("stage"), str):
        return None
    return StageReached(host=host, stage=data["stage"], at=at, total=_count(data.get("total")),
                        software=_software(data))


def _layers(data: Mapping[str, Any], host: str, at: float) -> LayersChanged | None:
    layers = _items(data.get("layers"))
    return LayersChanged(host=host, layers=layers, at=at, software=_software(data)) if layers else None


def _containers(data: Mapping[str, Any], host: str, at: float) -> ContainersChanged | None:
    found = _items(data.get("containers"))
    return ContainersChanged(host=host, containers=found, at=at, software=_software(data)) if found else None


def _ended(data: Mapping[str, Any], host: str, at: float) -> AppEnded | None:
    software, outcome, reason, code = (data.get(key) for key in ("software", "outcome", "reason", "code"))
    if not isinstance(software, str) or outcome not in OUTCOMES or not isinstance(reason, str):
        return None
    if not _REASON.fullmatch(reason):
        return None
    changed, digest, log = data.get("changed"), data.get("digest"), data.get("log")
    return AppEnded(host=host, software=software, outcome=str(outcome), reason=reason, at=at,
                    code=code if isinstance(code, int) and 0 < code < 10_000 else 500,
                    params=_mapping(data.get("params")),
                    digest=digest if isinstance(digest, str) and _DIGEST.fullmatch(digest) else None,
                    changed=changed if isinstance(changed, bool) else None,
                    log=log if isinstance(log, str) and log else None)


MAX_COUNT = 2**63 - 1
OUTCOMES = frozenset({"success", "failed", "cancelled"})
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_READERS: Mapping[str, Callable[[Mapping[str, Any], str, float], RunEvent | None]] = {
    "stage": _stage, "layers": _layers, "containers": _containers, "result": _ended}


def _software(data: Mapping[str, Any]) -> str | None:
    software = data.get("software")
    return software if isinstance(software, str) else None


def _items(found: object) -> tuple[Layer, ...]:
    return tuple(layer for item in found if (layer := _layer(item))) if isinstance(found, list) else ()


def _layer(item: object) -> Layer | None:
    if not isinstance(item, dict) or not item.get("id") or not isinstance(item.get("status"), str):
        return None
    return Layer(id=str(item["id"])[:128], status=item["status"][:128],
                 current=_count(item.get("current")), total=_count(item.get("total")))


def _stats(data: Mapping[str, Any]) -> RunStats:
    counts: dict[str, dict[str, int]] = {}
    for key, name in _STATS.items():
        for host, count in _mapping(data.get(key)).items():
            counts.setdefault(str(host), {})[name] = _count(count) or 0
    return RunStats(hosts={host: HostStats(**values) for host, values in counts.items()})


def _failed(data: Mapping[str, Any], *, unreachable: bool) -> HostFailed | None:
    result = _result(data)
    if not isinstance(data.get("host"), str):
        return None
    return HostFailed(host=data["host"], task=_text(data.get("task")), message=_text(result.get("msg")),
                      unreachable=unreachable, ignored=data.get("ignore_errors") is True,
                      softops=_mapping(result.get("softops")))


def _ok(data: Mapping[str, Any]) -> HostOk | None:
    result = _result(data)
    softops = _mapping(result.get("softops"))
    if not softops or not isinstance(data.get("host"), str):
        return None
    return HostOk(host=data["host"], task=_text(data.get("task")), softops=softops,
                  changed=result.get("changed") is True)


def _result(data: Mapping[str, Any]) -> Mapping[str, Any]:
    result = data.get("res")
    return result if isinstance(result, dict) else {}


def _mapping(value: object) -> Mapping[str, Any]:
    return storable_value(value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return storable(value) if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
