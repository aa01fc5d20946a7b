"""How git gets to a repository over the network and nowhere else: the address is looked up, checked and fixed."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from softops.destinations import Barred, addresses, answering, check_by_proxy, is_address, proxy_for
from softops.errors import GitError
from softops.gitaddress import Address, Site, site_of
from softops.networks import Networks

PATIENCE = 10.0
"""Seconds for ssh to say what a name means to it, and for a connection that only shows which address answers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """What git is to be told beside the address."""

    settings: Mapping[str, str] = field(default_factory=dict)
    ssh: str = ""
    """Options of ssh, quoted for a shell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Target:
    """What ssh makes of a name."""

    host: str
    port: int
    known_as: str
    """The name in known_hosts."""
    by_another: bool = False
    """Whether another program or machine opens the connection."""


def route(address: Address, networks: Networks, ssh: Callable[[], tuple[str, Mapping[str, str]]]) -> Route:
    """The route to `address`; GitError when it leads where nobody may go, or its name leads nowhere. `ssh` is the
    command with which git calls ssh, and its environment."""
    site = site_of(address)
    if site is None:
        return Route()
    try:
        if site.scheme == "ssh":
            return _by_ssh(site, networks, *ssh())
        return _by_http(site, networks) if site.scheme in {"http", "https"} else _by_git(address, site, networks)
    except Barred as exc:
        raise GitError(exc.reason, **exc.params) from exc
    except OSError as exc:
        raise GitError("GIT_UNREACHABLE", url=address.url, detail=exc.strerror or str(exc)) from exc


def _by_http(site: Site, networks: Networks) -> Route:
    if proxy_for(site.scheme, site.host):
        check_by_proxy(site.host, site.port, networks)
        return Route()
    found = addresses(site.host, site.port, networks)
    if is_address(site.host):
        return Route()
    shown = ",".join(f"[{one}]" if ":" in one else one for one in found)
    return Route(settings={"http.curloptResolve": f"{site.host}:{site.port}:{shown}"})


def _by_git(address: Address, site: Site, networks: Networks) -> Route:
    found = answering(site.host, site.port, networks, PATIENCE)
    if is_address(site.host):
        return Route()
    fixed = f"[{found}]" if ":" in found else found
    scheme, _, rest = address.url.partition("://")
    named = rest.partition("/")[0]
    return Route(settings={f"url.{scheme}://{fixed}:{site.port}/.insteadOf": f"{scheme}://{named}/"})


def _by_ssh(site: Site, networks: Networks, command: str, environment: Mapping[str, str]) -> Route:
    target = _target(site, command, environment)
    if target.by_another:
        check_by_proxy(target.host, target.port, networks)
        return Route()
    found = answering(target.host, target.port, networks, PATIENCE)
    if is_address(target.host):
        return Route()
    return Route(ssh=shlex.join(["-o", f"HostName={found}", "-o", f"HostKeyAlias={target.known_as}"]))


def _target(site: Site, command: str, environment: Mapping[str, str]) -> _Target:
    """What ssh's own settings make of the name: there it may stand for something else."""
    said = _settings_of_ssh(site, command, environment)
    host, port = said.get("hostname", site.host), int(said.get("port", site.port))
    named = host if port == 22 else f"[{host}]:{port}"
    others = {said.get(key, "none") for key in ("proxyjump", "proxycommand")}
    return _Target(host=host, port=port, known_as=said.get("hostkeyalias", named), by_another=others != {"none"})


def _settings_of_ssh(site: Site, command: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    words = ["-G", *(["-p", str(site.port)] if site.given_port else []), "--",
             f"{site.user}@{site.host}" if site.user else site.host]
    try:
        done = subprocess.run(["sh", "-c", f'{command} "$@"', "ssh", *words], env=dict(environment), check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {}
    # A program that is no OpenSSH has no such question; then the name is what it is.
    lines = done.stdout.decode("utf-8", "replace").splitlines() if done.returncode == 0 else []
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}
