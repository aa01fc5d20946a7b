"""Inventories with secrets: what Ansible Vault has encrypted, or a lookup brings, is Ansible's own business."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from softops.inventory import read_inventory
from softops.outcomes import RunStatus
from softops.playbooks import PlaybookCall
from softops.runner import RawEvent, RunLimits, Runner
from tests.homes import make_home

SECRET = "pl@nted-vault/ü+="
CHECK = """ansible.builtin.assert:
        that: softops_registry_logins['r.example.com'].password | hash('sha256') == wanted"""


def vaulted(path: Path, text: str) -> None:
    """Write a file as ansible-vault encrypts it with the password that the environment names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    subprocess.run([str(Path(sys.executable).with_name("ansible-vault")), "encrypt", str(path)], check=True,
                   capture_output=True)


@pytest.mark.parametrize("kind", ["vault file", "lookup", "sops"])
def test_a_run_of_softops_opens_what_the_inventory_keeps_encrypted(tmp_path: Path, kind: str,
                                                                   monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "vault-password"
    key.write_text("opens the vault")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(key))
    settings = make_home(tmp_path, hosts=("web1",), task=CHECK)
    variables = settings.inventory_path / "group_vars/all"
    if kind == "lookup":
        # As community.sops.sops does: the inventory only says where the value is.
        vaulted(tmp_path / "elsewhere.yml", SECRET)
        value = f"{{{{ lookup('ansible.builtin.unvault', '{tmp_path / 'elsewhere.yml'}') | string }}}}"
    elif kind == "sops":
        # The program itself is stood in for: what is tried is that the collection gets to call it.
        program = tmp_path / "sops"
        program.write_text(f"#!/bin/sh\ncase $* in *--version*) echo sops 3.9.0;; *) printf %s '{SECRET}';; esac\n")
        program.chmod(0o755)
        monkeypatch.setenv("ANSIBLE_SOPS_BINARY", str(program))
        (tmp_path / "secret.sops.yml").write_text('{"data": "ENC[...]", "sops": {"version": "3.9.0"}}')
        value = f"{{{{ lookup('community.sops.sops', '{tmp_path / 'secret.sops.yml'}') }}}}"
    else:
        vaulted(variables / "vault.yml", json.dumps({"registry_password": SECRET}))
        value = "{{ registry_password }}"
    variables.mkdir(parents=True, exist_ok=True)
    login = {"r.example.com": {"user": "ci", "password": value}}
    (variables / "plain.yml").write_text(json.dumps({
        "softops_registry_logins": login, "wanted": hashlib.sha256(SECRET.encode()).hexdigest()}))

    assert [host.name for host in read_inventory(settings.inventory_path, home=settings.home)] == ["web1"]
    limits = RunLimits(home=settings.home, runs=tmp_path / "runs", owner="1-1",
                       inventory=settings.inventory_path, forks=1, idle_timeout=30, job_timeout=60)
    events: list[RawEvent] = []
    with Runner(limits).prepare(PlaybookCall(playbook="playbooks/install.yml", hosts=("web1",), input={})) as run:
        end = run.execute(events.append, lambda: False)
    assert (end.status, SECRET in json.dumps(events, default=str)) == (RunStatus.SUCCESSFUL, False), end.output
