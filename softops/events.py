"""What ansible-runner's events mean for softops: a raw event in, a frozen value or nothing out.

The formats are ansible-runner's event dictionaries and the lines of our action plugins, which arrive as
`verbose` events (docs/architecture.md). Anything that does not have the expected shape is nothing: servers
and foreign playbooks can print what they like without stopping a run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


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


@dataclass(frozen=True, kw_only=True, slots=True)
class LayersChanged:
    """Layers of one server have new states."""

    host: str
    layers: tuple[Layer, ...]
    at: float


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


RunEvent = StageReached | LayersChanged | HostFailed | HostOk | RunStats

MAX_LINE = 256 * 1024
_STATS = {"ok": "ok", "changed": "changed", "failures": "failures", "dark": "unreachable",
          "rescued": "rescued", "skipped": "skipped"}


def parse_event(raw: Mapping[str, Any], token: str | None = None) -> RunEvent | None:
    """The meaning of one ansible-runner event; None when it has none for softops.

    With `token`, lines of action plugins count only when they carry it as `run`: what a server prints
    can then not be taken for progress.
    """
    kind = raw.get("event")
    if kind == "verbose":
        return parse_line(_text(raw.get("stdout")), token)
    data = raw.get("event_data")
    if not isinstance(data, dict):
        return None
    if kind == "playbook_on_stats":
        return _stats(data)
    if kind in {"runner_on_failed", "runner_on_unreachable"}:
        return _failed(data, unreachable=kind == "runner_on_unreachable")
    return _ok(data) if kind == "runner_on_ok" else None


def parse_line(line: str, token: str | None = None) -> RunEvent | None:
    """The meaning of one line an action plugin displayed."""
    line = line.strip()
    if not line.startswith('{"softops"') or len(line) > MAX_LINE:
        return None
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        return None
    host, at = data.get("host"), data.get("at")
    if not isinstance(host, str) or not isinstance(at, int | float) or data.get("run") != token:
        return None
    if data.get("kind") == "stage" and isinstance(data.get("stage"), str):
        return StageReached(host=host, stage=data["stage"], at=float(at), total=_count(data.get("total")))
    if data.get("kind") == "layers" and isinstance(data.get("layers"), list):
        layers = tuple(layer for item in data["layers"] if (layer := _layer(item)))
        return LayersChanged(host=host, layers=layers, at=float(at)) if layers else None
    return None


def _layer(item: object) -> Layer | None:
    if not isinstance(item, dict) or not item.get("id") or not isinstance(item.get("status"), str):
        return None
    return Layer(id=str(item["id"])[:128], status=item["status"][:128],
                 current=_count(item.get("current")), total=_count(item.get("total")))


def _stats(data: Mapping[str, Any]) -> RunStats:
    counts: dict[str, dict[str, int]] = {}
    for key, name in _STATS.items():
        for host, count in (data.get(key) or {}).items():
            counts.setdefault(host, {})[name] = int(count)
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
    return _mapping(data.get("res"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
