"""Logins of catalog repositories: real HTTP and SSH servers that want one, and where it is kept meanwhile."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from sqlalchemy import select

from softops.credentials import Credentials, key_draft, login_draft
from softops.db import Database
from softops.errors import GitError
from softops.git import GitMirror
from softops.logins import CredentialKind, Login, SshKey
from softops.masking import spellings
from softops.models import RepositoryRow
from softops.statuses import RepositoryStatus
from softops.vault import make_vault
from tests.factories import NOW
from tests.integration.source import Source, git, refused
from tests.integration.syncworld import World
from tests.integration.test_git_network import serving, sshd

LOGIN = Login(user="ci", password="pl@nted/ü+=")
SOFTWARE = 'apiVersion: softops/v1\nname: demo\nversions:\n  "1.0": {image: "demo:1.0"}\n'
QUOTED = "pl%40nted%2F%C3%BC%2B%3D"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


@contextmanager
def guarded(source: Source, directory: Path, login: Login) -> Iterator[str]:
    """The source on an HTTP server that wants the login: its place."""
    bare = directory / "web/catalog.git"
    git("clone", "--quiet", "--bare", source.url, str(bare))
    git(f"--git-dir={bare}", "update-server-info")
    wanted = f"Basic {b64encode(f'{login.user}:{login.password}'.encode()).decode()}"

    class Guarded(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") == wanted:
                super().do_GET()
            else:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="x"')
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name that http.server gives it
            """Say nothing."""

    with serving(partial(Guarded, directory=str(directory / "web"))) as server:
        yield f"127.0.0.1:{server.server_port}/catalog.git"


def test_a_kept_login_is_used_over_http_and_lies_in_no_file(source: Source, tmp_path: Path) -> None:
    commit = source.commit({"a": "1"})
    mirror = GitMirror(tmp_path / "mirrors")
    with guarded(source, tmp_path, LOGIN) as place:
        assert mirror.resolve(f"http://{place}", "main", LOGIN) == commit
        for access in (None, Login(user="ci", password="other"), SshKey(private="x")):
            denied = refused(partial(mirror.resolve, f"http://{place}", "HEAD", access))
            assert denied.reason == "GIT_UNREACHABLE"
    written = b"".join(path.read_bytes() for path in (tmp_path / "mirrors").rglob("*") if path.is_file())
    assert not any(spelling.encode() in written for spelling in spellings(LOGIN.password))


def test_a_kept_key_is_used_over_ssh_and_lies_in_no_file(source: Source, tmp_path: Path,
                                                         monkeypatch: pytest.MonkeyPatch) -> None:
    commit = source.commit({"a": "1"})
    mirror = GitMirror(tmp_path / "mirrors")
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -F /dev/null")
    with sshd(tmp_path) as (port, _):
        key = SshKey(private=(tmp_path / "user").read_text(), known_hosts=(tmp_path / "known").read_text())
        url = f"ssh://root@127.0.0.1:{port}{source.path}"
        assert mirror.resolve(url, "main", key) == commit
        assert mirror.files(url, commit).files == (("a", b"1"),)
        source.commit({"a": "2"})
        stranger = SshKey(private=_new_key(tmp_path / "stranger"), known_hosts=key.known_hosts)
        assert "Permission denied" in refused(lambda: mirror.resolve(url, "main", stranger)).text("en")
        elsewhere = SshKey(private=key.private, known_hosts="example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==\n")
        assert "Host key verification failed" in refused(lambda: mirror.resolve(url, "main", elsewhere)).text("en")
    body = key.private.splitlines()[2].encode()
    assert not any(body in path.read_bytes() for path in (tmp_path / "mirrors").rglob("*") if path.is_file())


def test_a_login_in_an_address_is_kept_apart_and_sealed(source: Source, database: Database, tmp_path: Path) -> None:
    source.commit({"demo/software.yml": SOFTWARE})
    world = World(database, tmp_path)
    with guarded(source, tmp_path, LOGIN) as place:
        placed = world.syncer.place(name="team", url=f"http://ci:{QUOTED}@{place}", ref="main", path="", interval=0)
        assert placed.url == f"http://{place}"
        assert world.syncer.sync(placed.id).added == 1
        assert stored(database) == []
        # The same place again, without the login: it is still known.
        again = world.syncer.place(name="team", url=f"http://{place}", ref="HEAD", path="", interval=0)
        assert world.syncer.sync(again.id).status is RepositoryStatus.OK
        # Another server is not told it.
        moved = world.syncer.place(name="team", url=f"http://localhost:{place.partition(':')[2]}", ref="main", path="",
                                   interval=0)
        with pytest.raises(GitError) as denied:
            world.syncer.sync(moved.id)
    assert denied.value.reason == "GIT_UNREACHABLE"
    assert credentials(world, database).of_repository("team") is None


def test_what_older_versions_stored_in_addresses_is_sealed_at_the_start(source: Source, database: Database,
                                                                        tmp_path: Path) -> None:
    source.commit({"demo/software.yml": SOFTWARE})
    world = World(database, tmp_path)
    with guarded(source, tmp_path, Login(user="t0ken+ü", password="")) as place:
        old = world.repositories.ensure(name="team", url=f"http://t0ken%2B%C3%BC@{place}", ref="main", path="",
                                        interval=0)
        world.syncer.seal_logins()
        assert world.repositories.get(old.id).url == f"http://{place}"
        assert credentials(world, database).of_repository("team") == Login(user="t0ken+ü", password="")
        assert [one.user for one in credentials(world, database).page(page=1, size=9).records] == [""]
        assert world.syncer.sync(old.id).added == 1
    world.syncer.remove(old.id)
    assert credentials(world, database).of_repository("team") is None


def test_a_key_and_a_login_take_each_others_place(database: Database, tmp_path: Path) -> None:
    kept = Credentials(database, make_vault("", tmp_path))
    kept.put(login_draft(CredentialKind.REPOSITORY, "team", LOGIN), NOW)
    kept.put(key_draft("team", SshKey(private="x\n")), NOW)
    assert kept.of_repository("team") == SshKey(private="x\n")


def credentials(world: World, database: Database) -> Credentials:
    return Credentials(database, make_vault("", world.var))


def stored(database: Database) -> list[str]:
    """What of the login stands in the table of repositories."""
    with database.reading() as session:
        rows = [str(row) for row in session.execute(select(*RepositoryRow.__table__.columns))]
    return [row for row in rows if any(spelling in row for spelling in spellings(LOGIN.password))]


def _new_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.read_text()
