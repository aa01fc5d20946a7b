"""Secrets are sealed with a key that is made once and kept to its owner."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from softops.errors import ConfigError
from softops.vault import KEY_FILE, Vault, make_vault

VALUES = {"PASSWORD": "p\"w'$ {{ x }}\n密", "PIN": 1234}


def test_what_is_sealed_comes_back_and_can_not_be_read(tmp_path: Path) -> None:
    vault = make_vault("", tmp_path)
    sealed = vault.seal(VALUES)
    assert sealed is not None
    assert "1234" not in sealed
    assert "PASSWORD" not in sealed
    assert vault.open(sealed) == VALUES


def test_nothing_is_sealed_as_nothing(tmp_path: Path) -> None:
    vault = make_vault("", tmp_path)
    assert vault.seal({}) is None
    assert vault.open(None) == {}


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        sealed = list(pool.map(lambda _: make_vault("", tmp_path).seal(VALUES), range(16)))
    assert [make_vault("", tmp_path).open(one) for one in sealed] == [VALUES] * 16
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_another_key_is_refused_with_a_remedy(tmp_path: Path) -> None:
    sealed = make_vault("", tmp_path).seal(VALUES)
    with pytest.raises(ConfigError) as refused:
        Vault("A" * 43 + "=").open(sealed)
    assert refused.value.reason == "SECRET_KEY_OTHER"


def test_a_key_of_the_wrong_form_is_refused_and_not_told() -> None:
    with pytest.raises(ConfigError) as refused:
        Vault("hunter2")
    assert refused.value.reason == "SECRET_KEY_INVALID"
    assert "hunter2" not in refused.value.text("en")


def test_a_key_that_can_not_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()
    with pytest.raises(ConfigError) as refused:
        make_vault("", tmp_path).seal(VALUES)
    assert refused.value.reason == "SECRET_KEY_UNREADABLE"


def test_a_key_file_with_something_else_is_a_sentence_and_not_told(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("hunter2")
    with pytest.raises(ConfigError) as refused:
        make_vault("", tmp_path).seal(VALUES)
    assert refused.value.reason == "SECRET_KEY_UNREADABLE"
    assert "hunter2" not in refused.value.text("en")


def test_a_key_is_made_only_when_it_is_used(tmp_path: Path) -> None:
    vault = make_vault("", tmp_path)
    assert (vault.open(None), vault.has_key, list(tmp_path.iterdir())) == ({}, False, [])
    vault.seal(VALUES)
    assert vault.has_key
