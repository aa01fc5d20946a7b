"""inventory.py: the inventory as Ansible itself reads it, and Ansible's words when it can't."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from softops import inventory
from softops.errors import InventoryError
from softops.inventory import InventoryHost, read_inventory
from softops.processes import processes_of

HOSTS = """\
all:
  children:
    web:
      hosts:
        web1: {ansible_host: 10.0.0.1, secret: "{{ lookup('pipe', 'touch MARKER') }}"}
        web2:
    eu:
      children: {web: }
      hosts: {db-1.example.com: }
    empty: {}
  hosts:
    lonely:
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/ansible.cfg").write_text("[defaults]\n")
    return tmp_path / "home"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_hosts_have_addresses_and_all_their_groups(home: Path) -> None:
    found = read_inventory(write(home / "inventory/hosts.yml", HOSTS).parent, home=home)
    assert found == (
        InventoryHost(name="db-1.example.com", address="db-1.example.com", groups=("eu",)),
        InventoryHost(name="lonely", address="lonely", groups=()),
        InventoryHost(name="web1", address="10.0.0.1", groups=("eu", "web")),
        InventoryHost(name="web2", address="web2", groups=("eu", "web")))


def test_variables_of_groups_count_and_are_not_run(home: Path) -> None:
    path = write(home / "inventory/hosts.yml", HOSTS).parent
    write(path / "group_vars/eu.yml", "ansible_host: 192.0.2.7\n")
    write(path / "README.md", "not an inventory")
    assert [host.address for host in read_inventory(path, home=home)] == [
        "192.0.2.7", "lonely", "10.0.0.1", "192.0.2.7"]
    assert not list(home.rglob("MARKER"))


def test_the_settings_of_the_home_are_in_force(home: Path) -> None:
    write(home / "ansible.cfg", "[defaults]\ninventory_unparsed_warning = False\n"
                                "[inventory]\nenable_plugins = ansible.builtin.ini\n")
    with pytest.raises(InventoryError):
        read_inventory(write(home / "hosts.yml", HOSTS), home=home)
    assert [host.name for host in read_inventory(write(home / "hosts", "[g]\nweb[1:3]\n"), home=home)] == [
        "web1", "web2", "web3"]


def test_an_inventory_without_hosts_is_empty(home: Path) -> None:
    assert read_inventory(write(home / "hosts.yml", "all: {}\n"), home=home) == ()


def test_ansible_says_what_is_wrong(home: Path) -> None:
    with pytest.raises(InventoryError, match=r"YAML parsing failed.*hosts\.yml:3:1") as refused:
        read_inventory(write(home / "hosts.yml", "all:\n  hosts: [\n"), home=home)
    assert refused.value.reason == "INVENTORY_UNREADABLE"


def test_one_bad_file_is_not_left_out_silently(home: Path) -> None:
    path = write(home / "inventory/hosts.yml", HOSTS).parent
    write(path / "more.yml", "all: [\n")
    with pytest.raises(InventoryError, match=r"more\.yml"):
        read_inventory(path, home=home)


def test_a_missing_inventory_is_named(home: Path) -> None:
    with pytest.raises(InventoryError, match=r"There is no inventory at .*nowhere"):
        read_inventory(home / "nowhere", home=home)


@pytest.mark.parametrize("name", ["web;x", "-x", "we*b", "web 1", "wéb"])
def test_hostnames_that_are_patterns_are_refused(home: Path, name: str) -> None:
    with pytest.raises(InventoryError) as refused:
        read_inventory(write(home / "hosts.yml", f'all: {{hosts: {{"{name}": , good: }}}}\n'), home=home)
    assert (refused.value.reason, refused.value.params["names"]) == ("INVENTORY_NAMES", name)


def test_a_host_with_the_name_of_a_group_is_refused(home: Path) -> None:
    text = "all: {hosts: {web: , other: }, children: {web: {hosts: {web1: }}}}\n"
    with pytest.raises(InventoryError) as refused:
        read_inventory(write(home / "hosts.yml", text), home=home)
    assert (refused.value.reason, refused.value.params["names"]) == ("INVENTORY_SAME_NAMES", "web")


def test_an_inventory_that_hangs_is_ended_with_all_it_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inventory, "PATIENCE", 3.0)
    monkeypatch.setenv("SOFTOPS_RUN", "inventory-that-hangs")
    script = write(home / "dynamic", f"#!/bin/sh\ntouch {home}/started\nexec sleep 600\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    with pytest.raises(InventoryError, match="within 3 seconds"):
        read_inventory(script, home=home)
    assert (home / "started").exists()
    assert processes_of("inventory-that-hangs") == ()


def test_a_python_without_ansible_says_so(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    with pytest.raises(InventoryError, match="ansible-inventory can't be started"):
        read_inventory(write(home / "hosts.yml", HOSTS), home=home)


def test_what_is_not_json_is_shown(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = write(tmp_path / "bin/ansible-inventory", "#!/bin/sh\necho '\x1b[31mhello'\n")
    program.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin/python"))
    with pytest.raises(InventoryError, match=r"\\x1b\[31mhello"):
        read_inventory(write(home / "hosts.yml", HOSTS), home=home)
