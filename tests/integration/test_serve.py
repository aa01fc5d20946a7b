"""`softops serve`: where it listens, what it refuses, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from softops.config import PROJECT
from tests.homes import make_home

SERVE = [sys.executable, "-m", "softops", "serve"]


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """The environment of a server with a home of its own."""
    settings = make_home(tmp_path)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    return {**kept, "PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8", "SOFTOPS_HOME": str(settings.home),
            "SOFTOPS_AUTH": "none", "SOFTOPS_CATALOG": settings.catalog, "SOFTOPS_CATALOG_REF": "main",
            "SOFTOPS_PORT": "0"}


@pytest.fixture
def process(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A running server, killed if the test did not end it."""
    with subprocess.Popen(SERVE, env=dict(environment), stderr=subprocess.PIPE, text=True, cwd="/") as running:
        yield running
        running.kill()


def listening_url(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(r"listens on (http://\S+)", line):
            return match[1]
    raise AssertionError("it ended without listening")


def refused(environment: Mapping[str, str], **settings: str) -> tuple[int, str]:
    done = subprocess.run(SERVE, env={**environment, **settings}, capture_output=True, text=True, check=False,
                          timeout=60, cwd="/")
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_answers_and_ends_in_order(process: subprocess.Popen[str],
                                                            number: signal.Signals) -> None:
    url = listening_url(process)
    answer = httpx.get(f"{url}/healthz", trust_env=False).json()
    process.send_signal(number)
    _, log = process.communicate(timeout=30)
    assert answer["code"] == 200
    assert (process.returncode, log.splitlines()[-1].partition(": ")[2]) == (0, "softops has ended")


def test_a_signal_in_mid_start_ends_it_as_well(process: subprocess.Popen[str]) -> None:
    assert process.stderr is not None
    # The line that says so comes just before it serves.
    process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_ipv6_loopback_is_fine(environment: Mapping[str, str]) -> None:
    with subprocess.Popen(SERVE, env={**environment, "SOFTOPS_HOST": "::1"}, stderr=subprocess.PIPE,
                          text=True, cwd="/") as running:
        url = listening_url(running)
        assert url.startswith("http://[::1]:")
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        running.terminate()
        running.communicate(timeout=30)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_without_users_every_other_address_is_refused(environment: Mapping[str, str], host: str,
                                                      tmp_path: Path) -> None:
    code, said = refused(environment, SOFTOPS_HOST=host, SOFTOPS_PORT="8080")
    assert code == 2
    assert said == (f"SOFTOPS_AUTH=none lets everybody in and works on loopback only, not on {host}. Leave "
                    "SOFTOPS_AUTH out, or SOFTOPS_HOST.\n")
    assert not (tmp_path / "home/var").exists()


def test_a_port_that_is_taken_is_named(environment: Mapping[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, said = refused(environment, SOFTOPS_PORT=port)
    assert (code, said) == (2, f"softops can't listen on 127.0.0.1:{port}: Address already in use. Stop what is there, "
                               "or set SOFTOPS_PORT.\n")


def test_a_wrong_setting_is_named(environment: Mapping[str, str]) -> None:
    code, said = refused(environment, SOFTOPS_PORT="many")
    assert code == 2
    assert said.startswith("SOFTOPS_PORT=many can't be used: ")


def test_a_broken_inventory_keeps_it_from_starting(environment: Mapping[str, str], tmp_path: Path) -> None:
    (tmp_path / "home/inventory/hosts.yml").write_text("all: [")
    code, said = refused(environment)
    assert code == 1
    assert "hosts.yml" in said
    assert "Traceback" not in said
