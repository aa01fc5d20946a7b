"""The Ansible inventory of a fleet, as an operator would write it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.fleet.server import Server


def write_inventory(directory: Path, servers: Sequence[Server], *, key: Path, known_hosts: Path, control: Path) -> Path:
    """Write hosts.yml into `directory` and return the directory; host keys are checked against `known_hosts`."""
    hosts = {server.name: _host(server) for server in servers}
    groups = sorted({group for server in servers for group in server.spec.groups})
    content = {"all": {
        "vars": {"ansible_ssh_private_key_file": str(key),
                 "ansible_ssh_common_args": f"-o UserKnownHostsFile={known_hosts} -o GlobalKnownHostsFile=/dev/null "
                                            "-o StrictHostKeyChecking=yes -o IdentitiesOnly=yes",
                 "ansible_control_path_dir": str(control)},
        "hosts": hosts,
        "children": {group: {"hosts": {server.name: {} for server in servers if group in server.spec.groups}}
                     for group in groups}}}
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "hosts.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    return directory


def _host(server: Server) -> dict[str, Any]:
    become = {} if server.spec.user == "root" else {"ansible_become": True}
    return {"ansible_host": server.address, "ansible_user": server.spec.user, **become}
