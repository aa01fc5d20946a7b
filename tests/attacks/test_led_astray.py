"""Repositories, images and registries lead this machine nowhere it should not go, whatever names and redirects say."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from softops.catalog import parse_catalog
from softops.config import load_settings
from softops.errors import BadRequest, ConfigError, RegistryError
from softops.git import GitMirror
from softops.networks import DEFAULT, parse_networks
from softops.orders import order_of
from softops.registry import RegistryClient
from tests.attacks.names import Names
from tests.integration.source import Source, git, refused
from tests.integration.test_git_network import sshd
from tests.waiting import wait_until

METADATA = "169.254.169.254"


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


class Host:
    """A web server on this machine that notes who came, and answers as `answer` says."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        self.seen: list[str] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append(self.path)
                answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's own name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port


@contextmanager
def hosting(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Host]:
    host = Host(answer)
    with serving(host.server):
        yield host


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def sending_to(url: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """A redirect."""
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()
    return answer


@pytest.mark.parametrize("address", [
    METADATA, "169.254.170.2", "fe80::1", "fe80::1%lo", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
    "224.0.0.1", "255.255.255.255", "ff02::1", f"::ffff:{METADATA}", f"::{METADATA}", f"64:ff9b::{METADATA}",
    "2002:a9fe:a9fe::1"])
def test_some_addresses_are_never_reached_whatever_is_allowed(address: str) -> None:
    assert parse_networks("0.0.0.0/0,::/0").refusal(address) == "ADDRESS_FORBIDDEN"


@pytest.mark.parametrize(("address", "inside"), [
    ("127.0.0.1", True), ("::1", True), ("0.0.0.0", True), ("10.1.2.3", True), ("172.16.0.1", True),
    ("192.168.1.1", True), ("fd12::1", True), ("172.32.0.1", None), ("100.64.0.1", False), ("198.18.0.1", False),
    ("0.1.2.3", False), ("::ffff:100.64.0.1", False), ("::ffff:10.0.0.1", True), ("1.1.1.1", None),
    ("2606:4700::1111", None)])
def test_private_networks_are_reached_when_they_are_named(address: str, inside: bool | None) -> None:
    assert DEFAULT.refusal(address) == ("ADDRESS_PRIVATE" if inside is False else None)
    assert parse_networks("").refusal(address) == (None if inside is None else "ADDRESS_PRIVATE")


def test_a_setting_that_names_no_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOFTOPS_PRIVATE_NETWORKS", "10.0.0.0/8,lan")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert caught.value.reason == "CONFIG_NETWORKS"
    assert "SOFTOPS_PRIVATE_NETWORKS is 10.0.0.0/8,lan" in caught.value.text("en")


@pytest.mark.parametrize("url", [
    "http://{}/x.git", "https://{}/x.git", "ssh://git@{}/x.git", "git://{}/x.git", "git@{}:x.git"])
@pytest.mark.parametrize("host", [METADATA, "2852039166", "0xa9fea9fe", "metadata.test", "both.test"])
def test_no_repository_leads_to_the_metadata_of_a_cloud(names: Names, tmp_path: Path, url: str, host: str) -> None:
    names.lead("metadata.test", METADATA)
    names.lead("both.test", ["fe80::1", METADATA])
    error = refused(lambda: GitMirror(tmp_path).resolve(url.format(host), "main"))
    assert (error.reason, error.params["address"] in {METADATA, "fe80::1"}) == ("ADDRESS_FORBIDDEN", True)


@pytest.mark.parametrize("host", ["169%2e254.169.254", "metadata%00.test", "[fe80::1%25lo]", "catalog.test."])
def test_names_that_programs_read_differently_lead_nowhere(names: Names, tmp_path: Path, host: str) -> None:
    names.lead("catalog.test", METADATA)
    names.lead("catalog.test.", METADATA)
    assert refused(lambda: GitMirror(tmp_path).resolve(f"http://{host}/x.git", "main")).reason in {
        "GIT_URL", "GIT_UNREACHABLE", "ADDRESS_FORBIDDEN"}


def test_no_proxy_is_asked_for_a_forbidden_address(names: Names, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    names.lead("metadata.test", METADATA)
    with hosting(sending_to("/")) as proxy:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        for host in (METADATA, "metadata.test"):
            for url in (f"http://{host}/x.git", f"https://{host}/x.git"):
                assert refused(lambda url=url: GitMirror(tmp_path).resolve(url, "main")).reason == "ADDRESS_FORBIDDEN"
            with RegistryClient(timeout=2) as client, pytest.raises(RegistryError) as caught:
                client.manifest(f"{host}:443/app:1")
            assert caught.value.reason == "ADDRESS_FORBIDDEN"
        assert proxy.seen == []


def test_a_private_network_that_nobody_named_is_not_reached(names: Names, tmp_path: Path) -> None:
    names.lead("catalog.test", "127.0.0.1")
    nothing = parse_networks("10.0.0.0/8")
    mirror = GitMirror(tmp_path, networks=nothing)
    with hosting(sending_to("/")) as host:
        error = refused(lambda: mirror.resolve(f"http://catalog.test:{host.port}/x.git", "main"))
        assert error.text("en") == (
            "catalog.test leads to 127.0.0.1, which is in no network of SOFTOPS_PRIVATE_NETWORKS. Add its network "
            "there if softops may go there.")
        with RegistryClient([f"catalog.test:{host.port}"], timeout=2, networks=nothing) as client, \
                pytest.raises(RegistryError) as caught:
            client.manifest(f"catalog.test:{host.port}/app:1")
        assert (caught.value.reason, host.seen) == ("ADDRESS_PRIVATE", [])


def bare(tmp_path: Path) -> tuple[str, Path]:
    """A commit and a repository that a plain web server can serve."""
    source = Source(tmp_path / "source")
    commit = source.commit({"a": "1"})
    path = tmp_path / "web/catalog.git"
    git("clone", "--quiet", "--bare", source.url, str(path))
    git(f"--git-dir={path}", "update-server-info")
    return commit, path


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's own name
        """Say nothing."""


def test_git_goes_to_the_address_that_was_checked(names: Names, tmp_path: Path) -> None:
    # git itself finds no such name: it only gets there by the address that it is told.
    commit, path = bare(tmp_path)
    names.lead("catalog.test", "127.0.0.1")
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(path.parent)))) as server:
        mirror = GitMirror(tmp_path / "mirrors")
        url = f"http://catalog.test:{server.server_port}/catalog.git"
        assert mirror.resolve(url, "main") == commit
        assert mirror.files(url, commit).files == (("a", b"1"),)
        # Between the question and the fetch the name has come to mean another machine.
        names.lead("catalog.test", "127.0.0.1", METADATA)
        error = refused(lambda: GitMirror(tmp_path / "others").resolve(url, "main"))
    assert (error.reason, error.params["address"]) == ("ADDRESS_FORBIDDEN", METADATA)


def test_ssh_goes_to_the_address_that_was_checked(names: Names, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    commit, path = bare(tmp_path)
    names.lead("catalog.test", ["127.0.0.1", METADATA])
    with sshd(tmp_path) as (port, command):
        # Its key is that of the name, whatever address the name leads to.
        known = (tmp_path / "known").read_text().replace("127.0.0.1", "catalog.test")
        (tmp_path / "known").write_text(known)
        monkeypatch.setenv("GIT_SSH_COMMAND", f"{command} -o IdentitiesOnly=yes")
        assert GitMirror(tmp_path / "mirrors").resolve(f"ssh://root@catalog.test:{port}{path}", "main") == commit
        # What a name means to ssh is asked before: here it is an alias for a forbidden address.
        (tmp_path / "config").write_text(f"Host catalog.test\n  HostName {METADATA}\n")
        monkeypatch.setenv("GIT_SSH_COMMAND", f"ssh -F {tmp_path / 'config'}")
        error = refused(lambda: GitMirror(tmp_path / "others").resolve("root@catalog.test:x.git", "main"))
    assert (error.reason, error.params["address"]) == ("ADDRESS_FORBIDDEN", METADATA)


def test_git_goes_to_the_address_that_was_checked_by_its_own_protocol(names: Names, tmp_path: Path) -> None:
    commit, path = bare(tmp_path)
    names.lead("catalog.test", "127.0.0.1")
    with daemon(path.parent) as port:
        assert GitMirror(tmp_path / "mirrors").resolve(f"git://catalog.test:{port}/catalog.git", "main") == commit


@contextmanager
def daemon(directory: Path) -> Iterator[int]:
    """git's own server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as probe:
        port = probe.server_port
    process = subprocess.Popen(["git", "daemon", "--export-all", f"--base-path={directory}", "--listen=127.0.0.1",
                                f"--port={port}", "--reuseaddr", "--verbose", "--log-destination=stderr"],
                               stderr=subprocess.PIPE, start_new_session=True, text=True)
    assert process.stderr is not None
    try:
        assert "Ready" in process.stderr.readline()
        yield port
    finally:
        process.terminate()
        process.communicate()
        wait_until(lambda: process.poll() is not None)


def test_git_follows_no_redirect_and_no_alternates(tmp_path: Path) -> None:
    commit, path = bare(tmp_path)
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(path.parent)))) as real, \
            hosting(sending_to(f"http://127.0.0.1:{real.server_port}/catalog.git/info/refs")) as moved:
        error = refused(lambda: GitMirror(tmp_path / "mirrors").resolve(
            f"http://127.0.0.1:{moved.port}/catalog.git", "main"))
        assert error.reason == "GIT_REDIRECT"
        with hosting(lambda handler: handler.send_error(404)) as inner:
            # Objects that a repository says to have on another machine.
            (path / "objects/info/http-alternates").write_text(f"http://127.0.0.1:{inner.port}/objects\n")
            (path / f"objects/{commit[:2]}/{commit[2:]}").unlink()
            assert refused(lambda: GitMirror(tmp_path / "mirrors").resolve(
                f"http://127.0.0.1:{real.server_port}/catalog.git", "main")).reason == "GIT_FAILED"
            assert inner.seen == []


def test_no_image_leads_to_the_metadata_of_a_cloud(names: Names) -> None:
    names.lead("metadata.test", METADATA)
    for host in (METADATA, "metadata.test:8443"):
        with RegistryClient(timeout=2) as client, pytest.raises(RegistryError) as caught:
            client.manifest(f"{host}/app:1")
        assert caught.value.reason == "ADDRESS_FORBIDDEN"
    text = f"apiVersion: softops/v1\nname: app\nversions: {{'1': {{image: '{METADATA}:80/app:1'}}}}\n"
    assert [problem.reason for problem in parse_catalog([("app/software.yml", text.encode())]).problems] == [
        "ADDRESS_FORBIDDEN"]
    with pytest.raises(BadRequest) as refusal:
        order_of({"software": {"name": "app", "version": "1", "image": f"{METADATA}/app:1"}})
    assert refusal.value.reason == "ADDRESS_FORBIDDEN"


def test_a_registry_connects_to_the_address_that_was_checked(names: Names) -> None:
    # A second answer of the name server would lead to another machine: there is no second question.
    names.lead("registry.test", "127.0.0.1", METADATA)
    with hosting(lambda handler: handler.send_error(404)) as host:
        place = f"registry.test:{host.port}"
        with RegistryClient([place], timeout=2) as client, pytest.raises(RegistryError) as caught:
            client.manifest(f"{place}/app:1")
        assert caught.value.reason == "REGISTRY_NO_IMAGE"
        assert (host.seen, names.asked) == (["/v2/app/manifests/1"], ["registry.test"])
        with RegistryClient([place], timeout=2) as client, pytest.raises(RegistryError) as caught:
            client.manifest(f"{place}/app:1")
    assert caught.value.reason == "ADDRESS_FORBIDDEN"


@pytest.mark.parametrize(("target", "address", "reason"), [
    ("https://metadata.test/x", METADATA, "ADDRESS_FORBIDDEN"), ("https://inner.test/x", "127.0.0.1", "ADDRESS_HERE"),
    ("https://inner.test/x", "0.0.0.0", "ADDRESS_HERE"), ("https://inner.test/x", "100.64.0.1", "ADDRESS_PRIVATE")])
@pytest.mark.parametrize("way", ["redirect", "token"])
def test_a_registry_leads_nobody_astray_by_names(names: Names, target: str, address: str, reason: str,
                                                 way: str) -> None:
    names.lead("registry.test", "127.0.0.1")
    names.lead(target.split("/")[2], address)

    def challenge(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(401)
        handler.send_header("WWW-Authenticate", f'Bearer realm="{target}"')
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with hosting(sending_to(target) if way == "redirect" else challenge) as host:
        place = f"registry.test:{host.port}"
        with RegistryClient([place], timeout=2) as client, pytest.raises(RegistryError) as caught:
            client.manifest(f"{place}/app:1")
    assert (caught.value.reason, json.dumps(caught.value.params)) == (
        reason, json.dumps({"host": target.split("/")[2], "address": address}))
