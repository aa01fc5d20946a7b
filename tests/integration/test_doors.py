"""`softops serve`: the ways in, as a server of its own has them: TCP, TLS, and the unix socket of the machine."""

import os
import signal
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from softops.client import API
from softops.config import PROJECT
from tests.homes import make_home
from tests.waiting import wait_until

SERVE = [sys.executable, "-m", "softops", "serve"]


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """The environment of a server with users and a home of its own."""
    settings = make_home(tmp_path)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    return {**kept, "PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8", "SOFTOPS_HOME": str(settings.home),
            "SOFTOPS_CATALOG": settings.catalog, "SOFTOPS_CATALOG_REF": "main", "SOFTOPS_PORT": "0",
            "SOFTOPS_LANGUAGE": "en", "SOFTOPS_SYNC_INTERVAL": "0"}


@contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A running server that answers on its unix socket, and writes to `log`; killed if the test did not end it."""
    with log.open("wb") as file, subprocess.Popen(SERVE, env=environment, stderr=file, cwd="/") as running:
        try:
            wait_until(lambda: "listens on" in log.read_text() or running.poll() is not None, 30)
            wait_until(lambda: locally(environment) == 200 or running.poll() is not None, 30)
            yield running
        finally:
            running.kill()


def door(environment: Mapping[str, str]) -> Path:
    return Path(environment["SOFTOPS_HOME"]) / "var/softops.sock"


def locally(environment: Mapping[str, str], path: str = "/page") -> int:
    """The status of a request through the unix socket; 0 when nobody answers."""
    transport = httpx.HTTPTransport(uds=str(door(environment)))
    try:
        with httpx.Client(transport=transport, base_url=f"http://softops{API}") as client:
            return client.get(path).status_code
    except httpx.TransportError:
        return 0


def command(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "softops", *words], env=environment, capture_output=True, text=True,
                          cwd="/", check=False)


def url_in(log: Path) -> str:
    return log.read_text().split("listens on ")[1].split()[0]


def token_in(log: Path) -> str:
    """What the first start says."""
    return log.read_text().partition("until softops is restarted: ")[2].split()[0]


def a_certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "softops")])
    now = datetime.now(UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .sign(key, hashes.SHA256()))
    cert, private = directory / "cert.pem", directory / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
    return cert, private


def test_the_command_of_the_machine_comes_in_by_the_socket_and_others_by_login(
        environment: Mapping[str, str], tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    with serving(environment, log) as running:
        assert stat.S_IMODE(door(environment).stat().st_mode) == 0o600
        assert httpx.get(f"{url_in(log)}{API}/page", trust_env=False).status_code == 401
        here = {**environment, "SOFTOPS_PORT": "1"}
        assert command(here, "list").returncode == 0
        there = command({**here, "SOFTOPS_URL": url_in(log)}, "list")
        assert (there.returncode, there.stderr[:24]) == (1, "This needs a login. Log ")
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    assert not door(environment).exists()


def test_the_first_start_says_how_to_make_an_admin_and_no_later_one(
        environment: Mapping[str, str], tmp_path: Path) -> None:
    first, later = tmp_path / "first.log", tmp_path / "later.log"
    with serving(environment, first):
        token = token_in(first)
        asked = httpx.post(f"{url_in(first)}{API}/auth/setup", trust_env=False, json={
            "token": token, "name": "zoe", "password": "correct-horse-battery"})
        assert asked.status_code == 200
        assert "HttpOnly" in asked.headers["set-cookie"]
        assert "Secure" not in asked.headers["set-cookie"]
    with serving(environment, later):
        assert "no users yet" not in later.read_text()


def test_a_socket_of_a_server_that_was_killed_is_no_hindrance(environment: Mapping[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path / "one.log") as running:
        running.kill()
        running.wait(30)
        assert door(environment).exists()
    with serving(environment, tmp_path / "two.log"):
        assert locally(environment) == 200


def test_a_second_server_leaves_the_socket_of_the_first_alone(environment: Mapping[str, str], tmp_path: Path) -> None:
    with serving(environment, tmp_path / "one.log"):
        inode = door(environment).stat().st_ino
        with serving(environment, tmp_path / "two.log") as second:
            assert door(environment).stat().st_ino == inode
            second.send_signal(signal.SIGTERM)
            assert second.wait(30) == 0
        assert door(environment).stat().st_ino == inode
        assert locally(environment) == 200


def test_with_a_certificate_softops_speaks_tls_and_cookies_are_secure(
        environment: Mapping[str, str], tmp_path: Path) -> None:
    cert, key = a_certificate(tmp_path)
    log = tmp_path / "serve.log"
    with serving({**environment, "SOFTOPS_TLS_CERT": str(cert), "SOFTOPS_TLS_KEY": str(key)}, log):
        url = url_in(log)
        assert url.startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=str(cert))
        token = token_in(log)
        asked = httpx.post(f"{url}{API}/auth/setup", verify=context, trust_env=False, json={
            "token": token, "name": "zoe", "password": "correct-horse-battery"})
        assert asked.status_code == 200
        assert "Secure" in asked.headers["set-cookie"]
        assert asked.headers["strict-transport-security"] == "max-age=31536000"
        assert locally(environment) == 200


@pytest.mark.parametrize(("given", "said"), [
    ({"SOFTOPS_TLS_CERT": "cert.pem"}, "TLS needs both SOFTOPS_TLS_CERT and SOFTOPS_TLS_KEY."),
    ({"SOFTOPS_TLS_CERT": "cert.pem", "SOFTOPS_TLS_KEY": "cert.pem"}, "can't be used for TLS: "),
    ({"SOFTOPS_TLS_CERT": "none.pem", "SOFTOPS_TLS_KEY": "none.pem"}, "can't be used for TLS: ")])
def test_half_a_certificate_or_a_wrong_one_is_refused_before_anything_happens(
        environment: Mapping[str, str], given: Mapping[str, str], said: str) -> None:
    home = Path(environment["SOFTOPS_HOME"])
    a_certificate(home)
    refused = command({**environment, **given}, "serve")
    assert (refused.returncode, said in refused.stderr) == (2, True)
    assert not (home / "var").exists()


def test_letting_everybody_in_is_said_loudly(environment: Mapping[str, str], tmp_path: Path) -> None:
    log = tmp_path / "serve.log"
    with serving({**environment, "SOFTOPS_AUTH": "none"}, log):
        assert "WARNING softops.server: SOFTOPS_AUTH=none: whoever reaches " in log.read_text()
        answer = httpx.get(f"{url_in(log)}{API}/page", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "no users yet" not in log.read_text()


def address_of_a_login(environment: Mapping[str, str], log: Path) -> str:
    """What softops takes the address of a browser for that says who it is and comes by a proxy of this machine."""
    claimed = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9", "X-Forwarded-Proto": "https"}
    with serving(environment, log), httpx.Client(base_url=f"{url_in(log)}{API}", trust_env=False) as client:
        made = client.post("/auth/setup", headers=claimed, json={
            "token": token_in(log), "name": "zoe", "password": "correct-horse-battery"})
        cookie = made.headers["set-cookie"]
        shown = client.get("/session/page", headers={"Cookie": cookie.partition(";")[0]}).json()["data"]["records"]
        return f"{shown[0]['address']} {'Secure' in cookie}"


@pytest.mark.parametrize(("proxies", "taken_for"), [
    ("10.0.0.0/8", "127.0.0.1 False"), ("127.0.0.0/8, ::1", "203.0.113.9 True")])
def test_a_proxy_is_believed_where_it_is_named(
        environment: Mapping[str, str], tmp_path: Path, proxies: str, taken_for: str) -> None:
    named = {**environment, "SOFTOPS_TRUSTED_PROXIES": proxies}
    assert address_of_a_login(named, tmp_path / "serve.log") == taken_for


@pytest.mark.parametrize("proxies", ["*", "127.0.0.1,proxy.example"])
def test_a_proxy_that_is_no_address_ends_the_start(environment: Mapping[str, str], proxies: str) -> None:
    ended = command({**environment, "SOFTOPS_TRUSTED_PROXIES": proxies}, "serve")
    assert ended.returncode != 0
    assert f"SOFTOPS_TRUSTED_PROXIES is {proxies}: " in ended.stderr
