"""git.py over the network: real HTTP and SSH servers, credentials, silence."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from softops.errors import GitError
from softops.git import GitMirror
from tests.integration.source import Source, git, refused
from tests.waiting import wait_until


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


@contextlib.contextmanager
def serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def command_lines() -> str:
    texts = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            texts.append(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return "\n".join(texts)


def test_a_repository_that_does_not_answer_ends_with_a_sentence_and_no_process(tmp_path: Path) -> None:
    seen, release = threading.Event(), threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.set()
            release.wait(30)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that http.server gives it
            """Say nothing."""

    mirror = GitMirror(tmp_path / "mirrors", ask_timeout=1)
    with serving(Silent) as server:
        place = f"127.0.0.1:{server.server_port}/catalog"
        errors: list[GitError] = []
        worker = threading.Thread(target=lambda: errors.append(
            refused(lambda: mirror.resolve(f"http://user:geheim@{place}", "HEAD"))))
        worker.start()
        assert seen.wait(10)
        lines = command_lines()
        worker.join()
        release.set()
        assert place in lines
        assert "geheim" not in lines
        # The kernel takes a moment to bury what was killed.
        wait_until(lambda: place not in command_lines())
    [error] = errors
    assert error.text("en") == (
        f"The repository http://{place} did not answer completely within 1 s. Check the network and try again.")


def test_credentials_of_an_address_are_used_and_never_shown(source: Source, tmp_path: Path) -> None:
    commit = source.commit({"a": "1"})
    bare = tmp_path / "web/catalog.git"
    git("clone", "--quiet", "--bare", source.url, str(bare))
    git(f"--git-dir={bare}", "update-server-info")

    class Guarded(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") == "Basic dXNlcjpnZWhlaW0=":
                super().do_GET()
            else:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="x"')
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that http.server gives it
            """Say nothing."""

    mirror = GitMirror(tmp_path / "mirrors")
    with serving(partial(Guarded, directory=str(tmp_path / "web"))) as server:
        place = f"127.0.0.1:{server.server_port}/catalog.git"
        assert mirror.resolve(f"http://user:geheim@{place}", "HEAD") == commit
        assert mirror.files(f"http://user:geheim@{place}", commit).files == (("a", b"1"),)
        for wrong in (f"http://user:falsch@{place}", f"http://{place}"):
            error = refused(lambda wrong=wrong: mirror.resolve(wrong, "main"))
            assert error.reason == "GIT_UNREACHABLE"
            assert "falsch" not in json.dumps([error.text("en"), str(error.params), str(error.__cause__)])
    written = b"".join(path.read_bytes() for path in (tmp_path / "mirrors").rglob("*") if path.is_file())
    assert (b"geheim" in written, b"dXNlcjpnZWhlaW0" in written) == (False, False)


@contextlib.contextmanager
def sshd(directory: Path) -> Iterator[tuple[int, str]]:
    """An OpenSSH server on loopback: its port, and the ssh command that it lets in."""
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    Path("/run/sshd").mkdir(exist_ok=True)
    kind, key = (directory / "host.pub").read_text().split()[:2]
    (directory / "known").write_text(f"[127.0.0.1]:{port} {kind} {key}\n")
    options = {"Port": port, "ListenAddress": "127.0.0.1", "HostKey": directory / "host", "UsePAM": "no",
               "PidFile": "none", "StrictModes": "no", "AuthorizedKeysFile": directory / "user.pub",
               "PasswordAuthentication": "no"}
    process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null",
                                *(f"-o{name}={value}" for name, value in options.items())],
                               stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        while "Server listening" not in process.stderr.readline():
            assert process.poll() is None
        yield port, f"ssh -F /dev/null -i {directory / 'user'} -o UserKnownHostsFile={directory / 'known'}"
    finally:
        process.terminate()
        process.communicate()


def test_a_repository_over_ssh(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = source.commit({"a": "1"})
    mirror = GitMirror(tmp_path / "mirrors")
    with sshd(tmp_path) as (port, command):
        url = f"ssh://root@127.0.0.1:{port}{source.path}"
        monkeypatch.setenv("GIT_SSH_COMMAND", f"{command} -o IdentitiesOnly=yes")
        assert mirror.resolve(url, "main") == commit
        assert mirror.files(url, commit).files == (("a", b"1"),)
        monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -F /dev/null -o UserKnownHostsFile=/dev/null")
        error = refused(lambda: mirror.resolve(url, "HEAD"))
    assert (error.reason, "Host key verification failed" in error.text("en")) == ("GIT_UNREACHABLE", True)
