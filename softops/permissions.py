"""What an app may do beyond its container: an allowlist on the model that Compose made.

Each thing outside the list is either a demand, whose word the catalog declares under `permissions` and the operator
accepts, or refused always. The model is looked at after interpolation: a value that turns a path into the Docker
socket is seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath
from shlex import quote
from typing import Any, NoReturn

from softops.composing import PREFIX, AppVersion, labels_of, plain
from softops.errors import BadRequest
from softops.problems import nearest, shortened
from softops.serverfiles import project_name

PERMISSION = (r"privileged|host_(?:network|pid|ipc|uts|cgroup|userns)|docker_socket|gpu|capability:[A-Z][A-Z_]{1,40}"
              r"|(?:device|sysctl|security_opt|external_network|external_volume|network_driver|log_driver):[!-~]{1,200}"
              r"|host_path:(?:/|\$\{)[^\x00-\x1f\x7f]{0,1000}")
"""The words of `permissions`."""

SOCKETS = ("/run/docker.sock", "/var/run/docker.sock", "/run/containerd", "/var/run/containerd", "/run/docker",
           "/var/run/docker", "/run/podman", "/var/run/podman")
"""Through these a container commands the whole server."""
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_OWN_FILES = frozenset({"revision.json", "previous", "installed"})
_DIRECTORY = re.compile(r"(?!(?:docker-)?compose\.)[A-Za-z0-9_][A-Za-z0-9_.-]*")
"""An app's own directory of data. Hidden names are those of files in the making, and Compose reads its own by itself.
What lies deeper could be a link by then: a container that has the directory above decides what it leads to."""
_USUAL_CAPABILITIES = frozenset({
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"})
"""What every container has unless it drops it."""
_LOG_DRIVERS = frozenset({"json-file", "local", "none", "journald"})
_PLAIN_KEYS = frozenset({
    "attach", "command", "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_shares", "cpus",
    "cpuset", "depends_on", "dns", "dns_opt", "dns_search", "domainname", "entrypoint", "environment", "expose",
    "extra_hosts", "group_add", "healthcheck", "hostname", "image", "init", "links", "mac_address", "mem_limit",
    "mem_reservation", "mem_swappiness", "memswap_limit", "pids_limit", "platform", "ports", "pull_policy", "read_only",
    "restart", "scale", "secrets", "configs", "shm_size", "stdin_open", "stop_grace_period", "stop_signal", "tmpfs",
    "tty", "ulimits", "user", "working_dir", "cap_drop"})
_NETWORK = frozenset({"name", "driver", "driver_opts", "ipam", "external", "internal", "attachable", "labels",
                      "enable_ipv4", "enable_ipv6"})
_DEPLOY = frozenset({"mode", "replicas", "resources", "restart_policy", "update_config", "rollback_config", "placement",
                     "labels"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """Something a service wants that needs a permission."""

    service: str
    word: str


def check_permissions(app: AppVersion, model: Mapping[str, Any], *, values: Mapping[str, Any], folder: str,
                      accepted: Collection[str]) -> tuple[str, ...]:
    """The permissions that a model needs, all of them declared and accepted. `folder` is the app's own directory in
    it. BadRequest names the service, the thing and the word."""
    found = demands(app, model, folder=folder)
    declared = declared_permissions(app, values)
    for demand in found:
        if not _covered(demand.word, declared):
            raise BadRequest("PERMISSION_UNDECLARED", software=app.name, service=demand.service, permission=demand.word)
    words = tuple(dict.fromkeys(demand.word for demand in found))
    missing = [word for word in words if not _covered(word, accepted)]
    if missing:
        options = " ".join(f"--accept {quote(word)}" for word in missing)
        raise BadRequest("PERMISSION_NOT_ACCEPTED", software=app.name, version=app.version,
                         permissions=", ".join(missing), options=options)
    return words


def demands(app: AppVersion, model: Mapping[str, Any], *, folder: str) -> tuple[Demand, ...]:
    """Everything in the model that needs a permission; BadRequest for what can't be permitted."""
    project = project_name(app.name)
    words = [Demand(service="-", word=word) for word in _of_project(app, model, project)]
    for name, service in model["services"].items():
        words += [Demand(service=name, word=word) for word in _Service(app, name, folder).words(service)]
    _refuse_nested(app, model)
    return tuple(dict.fromkeys(words))


def _refuse_nested(app: AppVersion, model: Mapping[str, Any]) -> None:
    """A container that writes to a path can put links there, which would lead another one to anything."""
    mounts = [mount for service in model["services"].values() for mount in service.get("volumes") or ()]
    binds = [(normpath(str(one["source"])), not one.get("read_only")) for one in mounts if one.get("type") == "bind"]
    devices = [str(_mapping(_mapping(volume).get("driver_opts")).get("device"))
               for volume in _mapping(model.get("volumes")).values()]
    binds += [(normpath(device), True) for device in devices if device.startswith("/")]
    for path, _ in binds:
        above = next((one for one, writable in binds if writable and path != one
                      and path.startswith(one.rstrip("/") + "/")), None)
        if above is not None:
            _never(app, f"the volume {path} inside {above}, where a container may put a link in its place")


class _Service:
    """Looks at one service of a model."""

    def __init__(self, app: AppVersion, name: str, folder: str) -> None:
        self._app = app
        self._name = name
        self._folder = folder

    def words(self, service: Mapping[str, Any]) -> Iterator[str]:
        """The permissions it needs."""
        for key, value in service.items():
            if value is None or key in _PLAIN_KEYS or key.startswith("x-"):
                continue
            look = _LOOKS.get(key)
            if look is None:
                raise BadRequest("COMPOSE_KEY", software=self._app.name, service=self._name, key=shortened(key),
                                 nearest=nearest(key, _PLAIN_KEYS | set(_LOOKS)))
            yield from look(self, value)

    def refuse(self, thing: str) -> NoReturn:
        """This can't be permitted."""
        raise BadRequest("PERMISSION_NEVER", software=self._app.name, service=self._name, thing=shortened(thing, 200))

    def privileged(self, value: Any) -> Iterator[str]:
        if value:
            yield "privileged"

    def namespace(self, kind: str, value: Any, fine: Iterable[str]) -> Iterator[str]:
        """A namespace of its own, of another service of this app, or of the host."""
        if value == "host":
            yield f"host_{kind}"
        elif value not in fine and not str(value).startswith("service:"):
            self.refuse(f"{kind}: {value}")

    def capabilities(self, value: Any) -> Iterator[str]:
        for one in value:
            name = str(one).upper().removeprefix("CAP_")
            if name not in _USUAL_CAPABILITIES:
                yield f"capability:{name}"

    def devices(self, value: Any) -> Iterator[str]:
        for device in value:
            source = str(_mapping(device).get("source", device))
            yield f"device:{normpath(source) if source.startswith('/') else source}"

    def gpus(self, value: Any) -> Iterator[str]:
        if value:
            yield "gpu"

    def security(self, value: Any) -> Iterator[str]:
        for one in map(str, value):
            kind, _, what = one.replace("=", ":", 1).partition(":")
            if kind == "seccomp" and what not in {"unconfined", "builtin"}:
                self.refuse(f"security_opt {one}")
            if kind != "no-new-privileges":
                yield f"security_opt:{one}"

    def sysctls(self, value: Any) -> Iterator[str]:
        yield from (f"sysctl:{name}" for name in value)

    def labels(self, value: Any) -> Iterator[str]:
        ours = labels_of(self._app)
        for name, text in value.items():
            own = ours.get(name) == str(text).replace("$$", "$")
            if not own and name.lower().startswith((PREFIX, "com.docker.")):
                self.refuse(f"label {name}")
        return iter(())

    def deploy(self, value: Any) -> Iterator[str]:
        for key in value:
            if key not in _DEPLOY:
                self.refuse(f"deploy.{key}")
        if _mapping(_mapping(value.get("resources")).get("reservations")).get("devices"):
            yield "gpu"

    def logging(self, value: Any) -> Iterator[str]:
        driver = value.get("driver") or "json-file"
        if driver not in _LOG_DRIVERS:
            yield f"log_driver:{driver}"

    def networks(self, value: Any) -> Iterator[str]:
        for one in value.values():
            for key in _mapping(one):
                if key in {"driver_opts", "interface_name"}:
                    self.refuse(f"networks {key}")
        return iter(())

    def volumes(self, value: Any) -> Iterator[str]:
        for mount in value:
            kind, source = mount.get("type"), str(mount.get("source") or "")
            if kind == "bind":
                yield from self.bind(source)
            elif kind not in {"volume", "tmpfs"}:
                self.refuse(f"a volume of the type {kind}")

    def bind(self, source: str) -> Iterator[str]:
        """A path of the server, unless it is inside the app's own directory."""
        if not source.startswith("/") or source.startswith("/~"):
            self.refuse(f"the volume {source}")
        path = normpath("/" + source.lstrip("/"))
        if path == self._folder or path.startswith(self._folder + "/"):
            inside = path[len(self._folder) + 1:]
            if inside in _OWN_FILES or not _DIRECTORY.fullmatch(inside):
                self.refuse(f"the volume ./{inside}, which is no plain name right in the app's directory")
            return
        yield from host_path(path)


_LOOKS: Mapping[str, Any] = {
    "privileged": _Service.privileged, "cap_add": _Service.capabilities, "devices": _Service.devices,
    "gpus": _Service.gpus, "security_opt": _Service.security, "sysctls": _Service.sysctls, "labels": _Service.labels,
    "deploy": _Service.deploy, "logging": _Service.logging, "networks": _Service.networks,
    "volumes": _Service.volumes,
    "network_mode": lambda self, value: self.namespace("network", value, ("none", "bridge", "default")),
    "pid": lambda self, value: self.namespace("pid", value, ()),
    "ipc": lambda self, value: self.namespace("ipc", value, ("none", "private", "shareable")),
    "uts": lambda self, value: self.namespace("uts", value, ()),
    "cgroup": lambda self, value: self.namespace("cgroup", value, ("private",)),
    "userns_mode": lambda self, value: self.namespace("userns", value, ())}


def host_path(path: str) -> tuple[str, ...]:
    """The permissions for a path of the server; one that leads to an engine's socket needs that as well."""
    inside = path if path.endswith("/") else path + "/"
    if any(path == socket or path.startswith(socket + "/") for socket in SOCKETS):
        return ("docker_socket",)
    leads = any(socket.startswith(inside) for socket in SOCKETS)
    return ("docker_socket", f"host_path:{path}") if leads else (f"host_path:{path}",)


def _of_project(app: AppVersion, model: Mapping[str, Any], project: str) -> Iterator[str]:
    for key, volume in _mapping(model.get("volumes")).items():
        _keys(app, f"volumes.{key}", volume, {"name", "driver", "driver_opts", "external", "labels"})
        if "/" in str(_mapping(volume).get("name")):  # the engine would take such a name for a path
            _never(app, f"the volume {key} with the name {_mapping(volume)['name']}")
        yield from _shared(volume, f"{project}_{key}", "external_volume")
        yield from _volume(app, key, _mapping(volume))
    for key, network in _mapping(model.get("networks")).items():
        _keys(app, f"networks.{key}", network, _NETWORK)
        yield from _shared(network, f"{project}_{key}", "external_network")
        yield from _network(app, key, _mapping(network))


def _keys(app: AppVersion, where: str, part: Any, known: Collection[str]) -> None:
    for key, value in _mapping(part).items():
        if value is not None and key not in known and not key.startswith("x-"):
            _never(app, f"{where}.{key}")
    for name, text in _mapping(_mapping(part).get("labels")).items():
        own = (name, text) == (f"{PREFIX}name", app.name)
        if not own and name.lower().startswith((PREFIX, "com.docker.")):
            _never(app, f"the label {name} of {where}")


def _shared(part: Any, own: str, word: str) -> Iterator[str]:
    """Whatever has another name than Compose would give it may belong to somebody else."""
    name = str(_mapping(part).get("name", own))
    if name != own or _mapping(part).get("external"):
        yield "host_network" if word == "external_network" and name == "host" else f"{word}:{name}"


def _volume(app: AppVersion, name: str, volume: Mapping[str, Any]) -> Iterator[str]:
    options = {key: str(value) for key, value in _mapping(volume.get("driver_opts")).items()}
    flags = set(options.get("o", "").replace(" ", "").split(","))
    if volume.get("driver", "local") != "local" or set(options) - {"type", "o", "device"}:
        _never(app, f"the volume {name} with the driver {volume.get('driver', 'local')} or its options")
    bound = bool(flags & {"bind", "rbind"})
    if not options or (options.get("type") == options.get("device") == "tmpfs" and not bound):
        return
    device = options.get("device", "")
    if not bound or not device.startswith("/"):
        _never(app, f"the volume {name} with options that mount {device}")
    yield from host_path(normpath("/" + device.lstrip("/")))


def _network(app: AppVersion, name: str, network: Mapping[str, Any]) -> Iterator[str]:
    driver = network.get("driver") or "bridge"
    if driver not in {"bridge", "default"}:
        yield f"network_driver:{driver}"
    for option in _mapping(network.get("driver_opts")):
        if option not in {"com.docker.network.driver.mtu", "com.docker.network.bridge.enable_icc"}:
            _never(app, f"the network {name} with the option {option}")


def _never(app: AppVersion, thing: str) -> NoReturn:
    raise BadRequest("PERMISSION_NEVER", software=app.name, service="-", thing=shortened(thing, 200))


def declared_permissions(app: AppVersion, values: Mapping[str, Any]) -> tuple[str, ...]:
    """The words of the entry with the values in force, so that a path may be a parameter's."""
    return tuple(_in_force(str(word), values) for word in app.entry.get("permissions") or ())


def _in_force(word: str, values: Mapping[str, Any]) -> str:
    kind, colon, what = _VARIABLE.sub(lambda match: plain(values.get(match[1])), word).partition(":")
    return f"{kind}{colon}{normpath('/' + what.lstrip('/')) if kind == 'host_path' else what}"


def _covered(word: str, granted: Iterable[str]) -> bool:
    """A granted path covers what lies below it."""
    return any(word == one or (one.startswith("host_path:") and word.startswith(one.rstrip("/") + "/"))
               for one in granted)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
