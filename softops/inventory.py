"""The servers as Ansible itself reads them from the inventory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from softops.config import CONFIDENTIAL
from softops.desired import app_variables
from softops.errors import InventoryError
from softops.playbooks import HOSTNAME
from softops.problems import printable, shortened

PATIENCE = 60.0
"""Seconds that reading may take; an inventory may ask other machines."""
OWN_GROUPS = frozenset({"all", "ungrouped"})
"""Groups that Ansible makes by itself."""
SAME_NAME = re.compile(r"Found both group and host with same name: (\S+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class InventoryHost:
    """A host of the inventory. Of its variables only those are kept that say what it shall run."""

    name: str
    """The inventory hostname."""
    address: str
    """Its `ansible_host`, or else its name."""
    groups: tuple[str, ...] = ()
    """The groups it is in, directly or through other groups, by name; Ansible's own ones left out."""
    apps: Mapping[str, Any] = field(default_factory=dict)
    """Its variables `softops_apps*` as they are written, no template evaluated."""


def read_inventory(path: Path, *, home: Path) -> tuple[InventoryHost, ...]:
    """The hosts by name. InventoryError in Ansible's own words when it can't read the inventory, and for names
    that a playbook could not be limited to."""
    if not path.exists():
        raise InventoryError("INVENTORY_MISSING", path=path)
    output, notes = _run(path, home)
    data = _parsed(path, output)
    members = _members(data)
    _check_names(path, members, notes)
    hostvars = data.get("_meta", {}).get("hostvars", {})
    return tuple(InventoryHost(name=name, address=_address(name, hostvars), groups=tuple(sorted(groups)),
                               apps=app_variables(hostvars.get(name, {})))
                 for name, groups in sorted(members.items()))


def _run(path: Path, home: Path) -> tuple[str, str]:
    """What `ansible-inventory --list` prints, and what it notes beside."""
    program = Path(sys.executable).with_name("ansible-inventory")
    environment = {**os.environ, **dict.fromkeys(CONFIDENTIAL, ""),
                   "ANSIBLE_CONFIG": str(home / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1",
                   # Without it a file with a mistake in it counts as a file without hosts.
                   "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "True", "LC_ALL": "C.UTF-8"}
    try:
        # A session of its own: an inventory may start programs, which end with it.
        process = subprocess.Popen([str(program), "-i", str(path), "--list"], cwd=home, env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, encoding="utf-8", errors="replace", start_new_session=True)
    except OSError as exc:
        raise InventoryError("INVENTORY_NO_ANSIBLE", program=program, problem=exc.strerror) from exc
    with _ended(process):
        try:
            output, notes = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as exc:
            raise InventoryError("INVENTORY_TIMEOUT", path=path, seconds=round(PATIENCE)) from exc
    if process.returncode != 0:
        raise InventoryError("INVENTORY_UNREADABLE", path=path, problem=_words(notes or output))
    return output, notes


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    with process:
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _words(notes: str) -> str:
    return printable(shortened(re.sub(r"\[(?:WARNING|ERROR)\]: ", "", notes).strip(), 1000))


def _parsed(path: Path, output: str) -> Mapping[str, Any]:
    try:
        data = json.loads(output)
    except (ValueError, RecursionError) as exc:
        raise InventoryError("INVENTORY_UNREADABLE", path=path, problem=_words(output)) from exc
    return data if isinstance(data, dict) else {}


def _members(data: Mapping[str, Any]) -> dict[str, set[str]]:
    """Every host with the groups it is in."""
    members: dict[str, set[str]] = {}
    for group, content in data.items():
        for host in content.get("hosts", ()):
            groups = members.setdefault(host, set())
            if group not in OWN_GROUPS:
                groups |= _with_parents(group, data)
    return members


def _with_parents(group: str, data: Mapping[str, Any]) -> set[str]:
    found, new = set[str](), {group}
    while new:
        found |= new
        new = {parent for parent, content in data.items()
               if parent not in OWN_GROUPS and new & set(content.get("children", ()))} - found
    return found


def _check_names(path: Path, members: Iterable[str], notes: str) -> None:
    unsafe = sorted(name for name in members if not HOSTNAME.fullmatch(name))
    if unsafe:
        raise InventoryError("INVENTORY_NAMES", path=path, names=printable(", ".join(unsafe[:10])))
    # Ansible lists such a host as if it were a group, so only its own note tells of it.
    if same := sorted(set(SAME_NAME.findall(notes))):
        raise InventoryError("INVENTORY_SAME_NAMES", path=path, names=printable(", ".join(same)))


def _address(name: str, hostvars: Mapping[str, Any]) -> str:
    address = hostvars.get(name, {}).get("ansible_host")
    return address if isinstance(address, str) and address else name
