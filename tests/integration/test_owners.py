"""owners.py: a process that lives is never taken for gone, nor one of another host."""

import socket
import subprocess
import sys

from softops.owners import is_gone, this_process


def test_this_process_is_not_gone() -> None:
    assert is_gone(this_process()) is False


def test_an_ended_process_is_gone() -> None:
    code = "from softops.owners import this_process; print(this_process())"
    owner = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert is_gone(owner) is True


def test_a_later_process_with_the_same_pid_is_another_one() -> None:
    host, pid, started = this_process().rsplit("_", 2)
    assert is_gone(f"{host}_{pid}_{int(started) - 1}") is True


def test_processes_of_other_hosts_are_left_alone() -> None:
    assert is_gone("elsewhere_1_1") is False
    assert is_gone(f"{socket.gethostname()}_1_1") is False
    assert is_gone(f"{socket.gethostname()}-00000000_1_1") is False
    assert is_gone("nonsense") is False
