"""seals.py: softops starts with the key of its database, or says which one is wanted."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import delete

from softops.accessmodels import SettingRow
from softops.credentials import Credentials, login_draft
from softops.db import Database
from softops.errors import ConfigError
from softops.logins import CredentialKind, Login
from softops.seals import check_key
from softops.service import Service
from softops.vault import KEY_FILE, Vault, make_vault
from tests.factories import NOW
from tests.homes import make_home

LOGIN = Login(user="ci", password="geheim")


def refusal(database: Database, vault: Vault) -> str:
    with pytest.raises(ConfigError) as refused:
        check_key(database, vault)
    return refused.value.reason


def test_a_first_start_makes_a_key_and_later_ones_take_it(database: Database, tmp_path: Path) -> None:
    check_key(database, make_vault("", tmp_path))
    key = (tmp_path / KEY_FILE).read_text()
    check_key(database, make_vault("", tmp_path))
    check_key(database, make_vault(key, tmp_path / "elsewhere"))
    assert (tmp_path / KEY_FILE).read_text() == key


def test_no_key_is_made_in_place_of_one_that_is_lost(database: Database, tmp_path: Path) -> None:
    check_key(database, make_vault("", tmp_path))
    (tmp_path / KEY_FILE).unlink()
    assert refusal(database, make_vault("", tmp_path)) == "SECRET_KEY_GONE"
    assert list(tmp_path.glob(f"{KEY_FILE}*")) == []


def test_another_key_is_refused_before_anything_is_sealed_with_it(database: Database, tmp_path: Path) -> None:
    check_key(database, make_vault("", tmp_path))
    assert refusal(database, make_vault(Fernet.generate_key().decode(), tmp_path)) == "SECRET_KEY_OTHER"


def test_secrets_from_before_there_was_a_check_are_looked_at(database: Database, tmp_path: Path) -> None:
    vault = make_vault("", tmp_path)
    Credentials(database, vault).put(login_draft(CredentialKind.REGISTRY, "r.example.com", LOGIN), NOW)
    assert refusal(database, make_vault("", tmp_path / "elsewhere")) == "SECRET_KEY_GONE"
    assert refusal(database, make_vault(Fernet.generate_key().decode(), tmp_path)) == "SECRET_KEY_OTHER"
    check_key(database, vault)
    with database.session() as session:
        session.execute(delete(SettingRow))
    check_key(database, make_vault("", tmp_path))


def test_processes_that_start_together_agree_on_one_key(database: Database, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: check_key(database, make_vault("", tmp_path)), range(16)))
    check_key(database, make_vault("", tmp_path))


def test_the_service_does_not_start_without_its_key(tmp_path: Path, started: Callable[[], Service]) -> None:
    started().stop()
    (tmp_path / "home/var" / KEY_FILE).unlink()
    with pytest.raises(ConfigError) as refused:
        started()
    assert refused.value.reason == "SECRET_KEY_GONE"
    assert str(tmp_path / "home/var" / KEY_FILE) in refused.value.text("en")


@pytest.fixture
def started(tmp_path: Path) -> Callable[[], Service]:
    settings = make_home(tmp_path)

    def start() -> Service:
        service = Service(settings)
        try:
            service.start()
        except ConfigError:
            service.database.close()
            raise
        return service

    return start
