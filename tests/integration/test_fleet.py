"""The fleet: its servers behave like servers, and nothing of it outlives its owner."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.fleet import Fleet, FleetError, ServerSpec
from tests.fleet.claims import directory_of, machine_lock
from tests.fleet.commands import OWNED
from tests.fleet.images import build

PROJECT = Path(__file__).resolve().parents[2]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """A fleet to be broken and mended: the shared one stays as it is."""
    specs = (ServerSpec(name="web1", engine_options={"max-download-attempts": 1}),
             ServerSpec(name="ops1", user="ops", groups=("web",)),
             ServerSpec(name="small", disk_mb=64, groups=()),
             ServerSpec(name="dead", alive=False, groups=("gone",)))
    with Fleet(specs) as running:
        yield running


def test_an_image_serves_the_text_of_its_version_when_it_runs(fleet: Fleet) -> None:
    server = fleet.server("web1")
    digest = fleet.registry.push("serve/web", "1.0", layers=[MEGABYTE], version_text="I am 1.0")
    image = fleet.registry.image("serve/web", "1.0")
    pulled = server.docker("pull", image)
    server.docker("run", "--detach", "--name", "serve", "--publish", "8000:80", image)
    until(lambda: _text(f"http://{server.address}:8000/") == "I am 1.0")
    server.docker("rm", "--force", "serve")
    assert f"Digest: {digest}\n" in pulled


def test_the_same_arguments_make_the_same_image() -> None:
    assert build(layers=[1000], text="1.0", seed="a") == build(layers=[1000], text="1.0", seed="a")


def test_two_versions_share_their_data_layers(fleet: Fleet) -> None:
    for tag in ("1.0", "2.0"):
        fleet.registry.push("shared/web", tag, layers=[3 * MEGABYTE])
    before = fleet.slow.sent
    _pull(fleet, "shared/web:1.0")
    first = fleet.slow.sent - before
    _pull(fleet, "shared/web:2.0")
    second = fleet.slow.sent - before - first
    assert (first > 3 * MEGABYTE, second < MEGABYTE) == (True, True)


def test_ansible_reaches_root_on_every_living_server(fleet: Fleet, tmp_path: Path) -> None:
    done = _ansible(fleet.inventory(), "web:gone", tmp_path)
    assert sorted(re.findall(r"^(\S+) \| (\w+)", done.stdout, re.MULTILINE)) == [
        ("dead", "UNREACHABLE"), ("ops1", "CHANGED"), ("web1", "CHANGED")]
    assert sorted(re.findall(r"^(\w+) is root$", done.stdout, re.MULTILINE)) == ["ops1", "web1"]


def test_a_server_with_another_host_key_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    server = fleet.server("web1")
    known = fleet.known_hosts.read_text()
    fleet.known_hosts.write_text(fleet.server("small").sshd.host_key.replace(
        fleet.server("small").address, server.address) + "\n")
    try:
        with pytest.raises(FleetError, match="HOST IDENTIFICATION HAS CHANGED"):
            fleet.ssh(server, "true")
    finally:
        fleet.known_hosts.write_text(known)


def test_ops_is_nobody_special_without_sudo(fleet: Fleet) -> None:
    server = fleet.server("ops1")
    with pytest.raises(FleetError, match="permission denied"):
        fleet.ssh(server, "docker", "ps", user="ops")
    assert fleet.ssh(server, "sudo", "--non-interactive", "id", "--user", user="ops") == "0\n"


def test_what_a_server_writes_stays_on_it(fleet: Fleet) -> None:
    server, places = fleet.server("web1"), ("/etc", "/root", "/home", "/opt", "/srv", "/run", "/tmp", "/var/tmp")
    name = f"only-here-{fleet.run_id}"
    for place in places:
        fleet.ssh(server, "touch", f"{place}/{name}")
    assert [place for place in places if server.path(f"{place}/{name}").exists()] == list(places)
    assert [place for place in places if Path(place, name).exists()] == []
    assert fleet.ssh(server, "hostname") == "web1\n"


def test_a_stopped_a_killed_and_a_frozen_engine_do_not_answer(fleet: Fleet) -> None:
    engine = fleet.server("web1").engine
    answers = [engine.answers()]
    for end in (engine.stop, engine.kill):
        end()
        answers.append(engine.answers())
        engine.start()
        answers.append(engine.answers())
    engine.freeze()
    answers.append(engine.answers())
    engine.thaw()
    until(engine.answers)
    assert answers == [True, False, True, False, True, False]


def test_a_small_disk_is_full_when_it_is_full(fleet: Fleet) -> None:
    fleet.registry.push("big/web", "1.0", layers=[80 * MEGABYTE])
    with pytest.raises(FleetError, match="no space left on device"):
        fleet.server("small").docker("pull", fleet.registry.image("big/web", "1.0"))


def test_an_unplugged_server_answers_again_once_it_is_plugged_in(fleet: Fleet) -> None:
    server = fleet.server("web1")
    server.unplug()
    unplugged = server.sshd.answers()
    server.plug()
    until(server.sshd.answers)
    assert not unplugged


def test_a_server_without_power_comes_back_with_its_files(fleet: Fleet) -> None:
    server = fleet.server("web1")
    fleet.ssh(server, "touch", "/srv/kept")
    server.power_off()
    off = server.sshd.answers()
    server.start()
    assert (off, fleet.ssh(server, "ls", "/srv/kept")) == (False, "/srv/kept\n")


def test_the_slow_road_keeps_its_rate(fleet: Fleet) -> None:
    fleet.registry.push("slow/web", "1.0", layers=[2 * MEGABYTE])
    fleet.slow.rate = 2 * MEGABYTE
    started = time.monotonic()
    _pull(fleet, "slow/web:1.0")
    fleet.slow.resume()
    assert time.monotonic() - started > 1


def test_a_stalled_road_holds_a_pull_until_it_is_resumed(fleet: Fleet) -> None:
    fleet.registry.push("stalled/web", "1.0", layers=[MEGABYTE])
    fleet.slow.stall()
    server = fleet.server("web1")
    with subprocess.Popen(server.enter("docker", "pull", f"{fleet.slow.host}/stalled/web:1.0"),
                          stdout=subprocess.DEVNULL) as pull:
        with pytest.raises(subprocess.TimeoutExpired):
            pull.wait(1)
        fleet.slow.resume()
        assert pull.wait(60) == 0


def test_a_road_that_breaks_fails_the_pull(fleet: Fleet) -> None:
    fleet.registry.push("broken/web", "1.0", layers=[5 * MEGABYTE])
    fleet.slow.cut_after(MEGABYTE)
    with pytest.raises(FleetError, match=r"ended with 1"):
        _pull(fleet, "broken/web:1.0")
    fleet.slow.resume()
    _pull(fleet, "broken/web:1.0")


def test_a_corrupt_blob_fails_the_pull(fleet: Fleet) -> None:
    image = build(layers=[MEGABYTE], text="corrupt", seed="corrupt")
    fleet.registry.put("corrupt/web", "1.0", image)
    fleet.registry.corrupt(image.layers[1].digest)
    with pytest.raises(FleetError, match="filesystem layer verification failed"):
        fleet.server("web1").docker("pull", fleet.registry.image("corrupt/web", "1.0"))


def test_a_registry_that_is_down_refuses(fleet: Fleet) -> None:
    fleet.registry.stop()
    try:
        with pytest.raises(FleetError, match="connection refused"):
            fleet.server("web1").docker("pull", fleet.registry.image("serve/web", "1.0"))
    finally:
        fleet.registry.start()


def test_two_fleets_at_a_time_do_not_meet(fleet: Fleet) -> None:
    with Fleet(1) as other:
        other.registry.push("other/web", "1.0")
        other.servers[0].docker("pull", other.registry.image("other/web", "1.0"))
        assert {fleet.run_id, fleet.servers[0].subnet}.isdisjoint({other.run_id, other.servers[0].subnet})
    assert remains(other.run_id) == []
    assert fleet.server("web1").sshd.answers()


def test_nothing_is_left_when_the_owner_is_killed(fleet: Fleet, tmp_path: Path) -> None:
    with _owner() as owner:
        run_id = _run_id(owner)
        _ansible(directory_of(run_id) / "inventory", "all", tmp_path)
        alive = remains(run_id)
        owner.kill()
        until(lambda: remains(run_id) == [])
    assert {"link", "process", "file", "master"} <= {trace.split()[0] for trace in alive}


def test_the_next_fleet_sweeps_what_nobody_could(fleet: Fleet) -> None:
    with _owner() as owner:
        run_id = _run_id(owner)
        with machine_lock():  # no other fleet may start, and sweep, yet
            owner.send_signal(signal.SIGSTOP)
            os.kill(_reaper(run_id), signal.SIGKILL)
            owner.kill()
            owner.wait()
            assert remains(run_id) != []
    with Fleet(0):
        assert remains(run_id) == []


def test_ctrl_c_ends_a_fleet_in_order(fleet: Fleet) -> None:
    with _owner() as owner:
        run_id = _run_id(owner)
        owner.send_signal(signal.SIGINT)
        assert owner.wait(100) == 0
    assert remains(run_id) == []


def remains(run_id: str) -> list[str]:
    """Everything on this machine that belongs to a fleet, found without the fleet's own code."""
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    found = [f"link {line.split()[0]}" for line in links.splitlines() if line.startswith(f"so{run_id}")]
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if run_id.encode() in (entry / "environ").read_bytes():
                found.append(f"process {entry.name}")
            elif run_id.encode() in (entry / "cmdline").read_bytes():
                found.append(f"master {entry.name}")
    found += [f"mount {line}" for line in Path("/proc/self/mountinfo").read_text().splitlines() if run_id in line]
    found += [f"cgroup {path}" for path in Path("/sys/fs/cgroup").glob(f"**/so{run_id}")]
    return found + [f"file {path}" for path in Path("/var/tmp").glob(f"*{run_id}*")]


def until(ready: Callable[[], bool], timeout: float = 60) -> None:
    """Poll until it is so."""
    deadline = time.monotonic() + timeout
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _text(url: str) -> str | None:
    with suppress(httpx.TransportError):
        return httpx.get(url, trust_env=False).text
    return None


def _pull(fleet: Fleet, image: str) -> None:
    fleet.server("web1").docker("pull", f"{fleet.slow.host}/{image}")


def _ansible(inventory: Path, pattern: str, directory: Path) -> subprocess.CompletedProcess[str]:
    argv = [str(Path(sys.executable).with_name("ansible")), pattern, "--inventory", str(inventory), "--timeout", "2",
            "--module-name", "ansible.builtin.raw", "--args", "echo $(hostname) is $(id -un)"]
    return subprocess.run(argv, cwd=directory, capture_output=True, text=True, check=False)


def _owner() -> subprocess.Popen[str]:
    """A process of its own that owns a fleet of one server."""
    return subprocess.Popen([sys.executable, "-m", "tests.fleet", "up", "--servers", "1"], cwd=PROJECT,
                            stdout=subprocess.PIPE, text=True,
                            env={name: value for name, value in os.environ.items() if name != OWNED})


def _run_id(owner: subprocess.Popen[str]) -> str:
    """The id of the owner's fleet, once it is up."""
    assert owner.stdout is not None
    for line in owner.stdout:
        if line.startswith("inventory "):
            return Path(line.split()[1]).parent.name.rpartition("-")[2]
    raise AssertionError(f"the fleet did not start: {owner.wait()}")


def _reaper(run_id: str) -> int:
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if b"tests.fleet.reaper" in words and str(directory_of(run_id)).encode() in words:
                return int(entry.name)
    raise AssertionError("there is no reaper")


def test_a_socket_to_a_dead_address_is_not_answered(fleet: Fleet) -> None:
    with pytest.raises(OSError, match=r"timed out|No route"):
        socket.create_connection((fleet.server("dead").address, 22), timeout=5)


def test_what_a_living_owner_started_outlives_the_fleet() -> None:
    with Fleet(0):
        child = subprocess.Popen(["sleep", "600"])
    ended = child.poll()
    child.kill()
    child.wait()
    assert ended is None


def test_what_a_killed_owner_started_is_ended() -> None:
    script = ("import subprocess, sys\nfrom tests.fleet import Fleet\n"
              "with Fleet(0) as fleet:\n    subprocess.Popen(['sleep', '600'])\n"
              "    print(fleet.run_id, flush=True)\n    sys.stdin.read()\n")
    with subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        run_id = owner.stdout.readline().strip()
        alive = remains(run_id)
        owner.kill()
        until(lambda: remains(run_id) == [])
    assert len([trace for trace in alive if trace.startswith("process")]) >= 2
