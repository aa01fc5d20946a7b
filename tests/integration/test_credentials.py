"""credentials.py: what is put in is sealed in the table, and comes out only as a login."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from softops.accessmodels import CredentialRow
from softops.credentials import Credentials, key_draft, login_draft
from softops.db import Database
from softops.errors import NotFound
from softops.logins import CredentialKind, Login, SshKey
from softops.masking import spellings
from softops.vault import make_vault
from tests.factories import NOW, later

HOST = "registry.example.com:5000"
LOGIN = Login(user="ci", password="pl@nted/ü+=")
KEY = SshKey(private="-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", known_hosts="git.example.com ssh-ed25519 AAAA\n")


@pytest.fixture
def credentials(database: Database, tmp_path: Path) -> Credentials:
    return Credentials(database, make_vault("", tmp_path))


def test_a_login_is_kept_sealed_and_used(credentials: Credentials, database: Database) -> None:
    kept = credentials.put(login_draft(CredentialKind.REGISTRY, HOST, LOGIN), NOW)
    assert (kept.kind, kept.name, kept.user) == (CredentialKind.REGISTRY, HOST, "ci")
    assert credentials.login(HOST) == LOGIN
    assert credentials.logins([HOST, "other.example.com"]) == {HOST: LOGIN}
    assert (credentials.login("other.example.com"), credentials.logins([])) == (None, {})
    with database.reading() as session:
        (row,) = session.execute(select(*CredentialRow.__table__.columns)).all()
    assert not any(spelling in str(row) for spelling in spellings(LOGIN.password))


def test_a_second_one_for_the_same_takes_its_place(credentials: Credentials) -> None:
    first = credentials.put(login_draft(CredentialKind.REGISTRY, HOST, LOGIN), NOW)
    second = credentials.put(login_draft(CredentialKind.REGISTRY, HOST, Login(user="x", password="y")), later(5))
    assert (second.id, second.user, second.create_time, second.update_time) == (first.id, "x", NOW, later(5))
    assert credentials.login(HOST) == Login(user="x", password="y")
    assert credentials.page(page=1, size=10).records == (second,)


def test_a_key_of_a_repository_is_no_login_of_a_registry(credentials: Credentials) -> None:
    credentials.put(key_draft("team", KEY), NOW)
    assert (credentials.of_repository("team"), credentials.login("team")) == (KEY, None)
    assert credentials.page(page=1, size=10, kind=CredentialKind.REGISTRY).total == 0
    credentials.put(login_draft(CredentialKind.REPOSITORY, "team", LOGIN), NOW)
    assert credentials.of_repository("team") == LOGIN
    credentials.forget_repository("team")
    credentials.forget_repository("team")
    assert credentials.of_repository("team") is None


def test_one_that_is_removed_is_gone(credentials: Credentials) -> None:
    kept = credentials.put(login_draft(CredentialKind.REGISTRY, HOST, LOGIN), NOW)
    assert credentials.remove(kept.id) == kept
    assert credentials.login(HOST) is None
    with pytest.raises(NotFound) as refused:
        credentials.remove(kept.id)
    assert refused.value.reason == "CREDENTIAL_NOT_FOUND"
