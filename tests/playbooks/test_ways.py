"""Every way to an engine: local sockets, docker_host, TLS, passwords for the login and for sudo."""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fleet.commands import wait_for
from tests.fleet.server import Server
from tests.playbooks.conftest import Stage

Push = Callable[..., dict[str, Any]]
PASSWORD = "geheim 1"
PASSWORD_PORT = 2222


def inventory(stage: Stage, host: str, variables: Mapping[str, Any]) -> Path:
    path = stage.directory / "hosts.yml"
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path.write_text(yaml.safe_dump({"all": {"hosts": {host: local | dict(variables)}}}))
    return path


@pytest.fixture
def server(stage: Stage) -> Server:
    return stage.fleet.server("web2")


def test_a_local_engine_is_reached_by_its_socket_and_the_note_is_written_here(
        stage: Stage, push: Push, server: Server, tmp_path: Path) -> None:
    software = push()
    hosts = inventory(stage, "here", {"softops_docker_socket": str(server.path("run/docker.sock")),
                                      "softops_apps_dir": str(tmp_path / "apps")})
    assert stage.play("install", "here", software, inventory=hosts).changed == {"here": True}
    assert (tmp_path / "apps" / software["name"] / "installed" / "1.0.json").is_file()


def test_a_local_user_without_rights_becomes_one_with(stage: Stage, server: Server) -> None:
    variables = {"softops_docker_socket": str(server.path("run/docker.sock")), "ansible_become": True}
    hosts = inventory(stage, "here", variables | {"ansible_become_user": "nobody"})
    assert stage.play("inspect", "here", {}, inventory=hosts).failure("here") == ("ENGINE_DENIED", 1001)


def test_a_docker_host_alone_has_no_files_and_no_known_space(
        stage: Stage, push: Push, server: Server, tmp_path: Path) -> None:
    hosts = inventory(stage, "there", {"docker_host": f"unix://{server.path('run/docker.sock')}",
                                       "softops_apps_dir": str(tmp_path / "apps")})
    assert stage.play("install", "there", push(), inventory=hosts).changed == {"there": True}
    assert not (tmp_path / "apps").exists()
    assert stage.play("inspect", "there", {}, inventory=hosts).said("there")["freeBytes"] is None


@contextmanager
def listening(server: Server, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The engine of `server` on a TCP port of this machine, as dockerd itself would listen."""

    def serve(client: socket.socket) -> None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as engine:
            encrypted = tls.wrap_socket(client, server_side=True) if tls else client
            with encrypted:
                engine.connect(str(server.path("run/docker.sock")))
                upward = threading.Thread(target=forward, args=(encrypted, engine), daemon=True)
                upward.start()
                forward(engine, encrypted)
                upward.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def forward(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            socket.socket.shutdown(one, socket.SHUT_RDWR)


def test_a_docker_host_may_be_a_tcp_port(stage: Stage, push: Push, server: Server) -> None:
    with listening(server) as port:
        hosts = inventory(stage, "there", {"docker_host": f"tcp://127.0.0.1:{port}"})
        software = push()
        assert stage.play("pull", "there", software, inventory=hosts).changed == {"there": True}
        assert stage.play("pull", "there", software, inventory=hosts).changed == {"there": False}


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """An authority, and certificates of an engine on 127.0.0.1 and of a client."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca",
            "-addext", "keyUsage=critical,keyCertSign")
    for name in ("engine", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/CN={name}")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.pem", "-extfile", "san")
    return tmp_path


def test_a_docker_host_with_tls_wants_and_shows_certificates(
        stage: Stage, server: Server, certificates: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates / "ca.pem"))
    tls.load_cert_chain(certificates / "engine.pem", certificates / "engine.key")
    tls.verify_mode = ssl.CERT_REQUIRED
    with listening(server, tls) as port:
        good = {"docker_host": f"tcp://127.0.0.1:{port}", "docker_ca_cert": str(certificates / "ca.pem"),
                "docker_client_cert": str(certificates / "client.pem"),
                "docker_client_key": str(certificates / "client.key")}

        def inspected(**other: str) -> Any:
            return stage.play("inspect", "there", {}, inventory=inventory(stage, "there", good | other))

        assert inspected().said("there")["os"] == "linux"
        assert inspected(docker_ca_cert=str(certificates / "client.pem")).failure("there") == ("DOCKER_HOST_TLS", 1001)
        assert inspected(docker_client_cert="/none.pem").failure("there") == ("DOCKER_HOST_TLS", 1001)
        assert inspected(docker_client_cert="", docker_client_key="").failure("there")[1] == 1001


@pytest.fixture
def pat(stage: Stage, server: Server) -> Iterator[dict[str, Any]]:
    """A user who logs in with a password and needs it for sudo again; connection variables that say so."""
    crypted = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True, check=True,
                             capture_output=True).stdout.strip()
    for name, line in (("passwd", "pat:x:64002:64002::/tmp:/bin/bash"), ("group", "pat:x:64002:"),
                       ("shadow", f"pat:{crypted}:19000:0:99999:7:::")):
        with server.path(f"etc/{name}").open("a") as handle:
            handle.write(f"{line}\n")
    server.path("etc/sudoers.d/pat").write_text("pat ALL=(ALL:ALL) ALL\n")
    server.path("etc/sudoers.d/pat").chmod(0o440)
    sshd = server.spawn("sshd-passwords", "/usr/sbin/sshd", "-D", "-e", "-o", f"Port={PASSWORD_PORT}",
                        "-o", "UsePAM=no", "-o", "PasswordAuthentication=yes", "-o", "PidFile=/run/sshd-passwords.pid")
    wait_for("sshd for passwords", lambda: greets(server), log=server.log("sshd-passwords"))
    known = stage.directory / "known_hosts"
    known.write_text(server.sshd.host_key.replace(server.address, f"[{server.address}]:{PASSWORD_PORT}", 1) + "\n")
    yield {"ansible_host": server.address, "ansible_port": PASSWORD_PORT, "ansible_user": "pat",
           "ansible_connection": "ssh", "ansible_password": PASSWORD, "ansible_become": True,
           "ansible_become_password": PASSWORD, "ansible_control_path_dir": str(stage.fleet.directory / "cp"),
           "ansible_ssh_common_args": f"-o StrictHostKeyChecking=yes -o UserKnownHostsFile={known}"}
    server.run("sh", "-c", "kill $(cat /run/sshd-passwords.pid)")
    sshd.wait(10)


def greets(server: Server) -> bool:
    with suppress(OSError), socket.create_connection((server.address, PASSWORD_PORT), timeout=2) as client:
        return client.recv(4) == b"SSH-"
    return False


def test_passwords_for_login_and_sudo_are_given(stage: Stage, push: Push, pat: dict[str, Any]) -> None:
    software = push()
    hosts = inventory(stage, "pat", pat)
    assert stage.play("install", "pat", software, inventory=hosts).changed == {"pat": True}
    assert stage.play("install", "pat", software, inventory=hosts).changed == {"pat": False}


@pytest.mark.parametrize(("wrong", "reason"), [
    ({"ansible_ssh_extra_args": "-o ControlPath=none"}, "CONNECTION_PASSWORD"),
    ({"ansible_password": "wrong", "ansible_ssh_extra_args": "-o ControlPath=none"}, "SSH_DENIED"),
    ({"ansible_become_password": "wrong"}, "BECOME_FAILED"), ({"ansible_become_password": ""}, "BECOME_FAILED")])
def test_wrong_passwords_are_told_apart(stage: Stage, pat: dict[str, Any], wrong: dict[str, str], reason: str) -> None:
    played = stage.play("inspect", "pat", {}, inventory=inventory(stage, "pat", pat | wrong))
    assert (played.failure("pat"), played.stats["pat"]["unreachable"]) == ((reason, 1001), 1)
