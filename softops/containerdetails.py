"""What the API shows of a container: its inspection without secrets, and what it uses now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from softops.containerstates import NAME_LABEL, SERVICE_LABEL, VERSION_LABEL

HIDDEN = "***"
LABELS = (NAME_LABEL, VERSION_LABEL, "io.softops.commit", "com.docker.compose.project", SERVICE_LABEL)
"""Labels that hold nothing but names."""
MOST = 500
"""Variables, mounts and networks that are shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a container uses; bytes. None: the engine does not say."""

    cpu_percent: float | None
    """100 is one processor."""
    memory: int | None
    """Without what only caches files."""
    memory_limit: int | None
    received: int | None
    sent: int | None
    read: int | None
    written: int | None
    processes: int | None


def described(said: Mapping[str, Any], parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of an inspection that may be shown. Of a variable the value is hidden unless it is exactly that of the
    parameter of the same name in `parameters`, which are known to be no secrets. Commands are left out: they may hold
    secrets, too."""
    config, state, host = (_mapping(said.get(key)) for key in ("Config", "State", "HostConfig"))
    labels = _mapping(config.get("Labels"))
    return {
        "createTime": said.get("Created"), "startTime": state.get("StartedAt"), "endTime": state.get("FinishedAt"),
        "imageId": said.get("Image"), "error": state.get("Error") or None,
        "labels": {name: str(labels[name]) for name in LABELS if name in labels},
        "environment": _environment(config.get("Env"), parameters),
        "mounts": [_mount(one) for one in _items(said.get("Mounts"))],
        "networks": _networks(_mapping(said.get("NetworkSettings")).get("Networks")),
        "restartPolicy": _mapping(host.get("RestartPolicy")).get("Name") or None,
        "memoryLimit": _amount(host.get("Memory")) or None,
        "cpus": (_amount(host.get("NanoCpus")) or 0) / 1e9 or None,
        "privileged": host.get("Privileged") is True, "user": str(config.get("User") or "") or None}


def usage(before: Mapping[str, Any], after: Mapping[str, Any]) -> Usage:
    """What a container used between two samples, as `docker stats` counts it."""
    memory = _mapping(after.get("memory_stats"))
    details = _mapping(memory.get("stats"))
    cache = next((found for key in ("inactive_file", "total_inactive_file")
                  if (found := _amount(details.get(key))) is not None), 0)
    used = _amount(memory.get("usage"))
    networks = [_mapping(one) for one in _mapping(after.get("networks")).values()]
    blocks = _items(_mapping(after.get("blkio_stats")).get("io_service_bytes_recursive"))
    return Usage(
        cpu_percent=_cpu(_mapping(before.get("cpu_stats")), _mapping(after.get("cpu_stats"))),
        memory=None if used is None else max(0, used - cache), memory_limit=_amount(memory.get("limit")),
        received=_sum(one.get("rx_bytes") for one in networks), sent=_sum(one.get("tx_bytes") for one in networks),
        read=_sum(one.get("value") for one in blocks if str(one.get("op")).lower() == "read"),
        written=_sum(one.get("value") for one in blocks if str(one.get("op")).lower() == "write"),
        processes=_amount(_mapping(after.get("pids_stats")).get("current")))


def _cpu(before: Mapping[str, Any], after: Mapping[str, Any]) -> float | None:
    used = [_amount(_mapping(one.get("cpu_usage")).get("total_usage")) for one in (before, after)]
    machine = [_amount(one.get("system_cpu_usage")) for one in (before, after)]
    if None in used or None in machine:
        return None
    elapsed, spent = int(machine[1] or 0) - int(machine[0] or 0), int(used[1] or 0) - int(used[0] or 0)
    processors = _amount(after.get("online_cpus")) or len(
        _mapping(after.get("cpu_usage")).get("percpu_usage") or [1])
    return round(100 * processors * max(0, spent) / elapsed, 2) if elapsed > 0 else None


def _environment(said: object, parameters: Mapping[str, Any]) -> Mapping[str, str]:
    shown = {}
    for word in (said if isinstance(said, list) else [])[:MOST]:
        name, _, value = str(word).partition("=")
        shown[name] = value if name in parameters and value == _text(parameters[name]) else HIDDEN
    return shown


def _text(value: object) -> str:
    """A parameter's value as it stands in a variable."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mount(said: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": said.get("Type"), "source": said.get("Name") or said.get("Source"),
            "target": said.get("Destination"), "writable": said.get("RW") is True}


def _networks(said: object) -> Sequence[Mapping[str, Any]]:
    return [{"name": name, "address": _mapping(one).get("IPAddress") or None}
            for name, one in list(_mapping(said).items())[:MOST]]


def _items(value: object) -> list[Mapping[str, Any]]:
    return [_mapping(one) for one in value[:MOST]] if isinstance(value, list) else []


def _sum(values: Iterable[object]) -> int | None:
    known = [amount for one in values if (amount := _amount(one)) is not None]
    return sum(known) if known else None


def _amount(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64 else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
