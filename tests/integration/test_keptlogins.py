"""keptlogins.py: one token for each server, in a file for its owner alone."""

import stat
from pathlib import Path

import pytest

from softops.errors import ConfigError
from softops.keptlogins import KeptLogins


def test_a_token_is_kept_for_its_server_and_forgotten(tmp_path: Path) -> None:
    kept = KeptLogins(tmp_path / "deep/down/credentials.json")
    assert kept.find("https://one") is None
    kept.keep("https://One/", "a")
    kept.keep("https://two", "b")
    kept.keep("https://one", "c")
    assert (kept.find("https://one"), kept.find("https://two/")) == ("c", "b")
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert [path.name for path in kept.path.parent.iterdir()] == ["credentials.json"]
    kept.forget("https://one")
    assert (kept.find("https://one"), kept.find("https://two")) == (None, "b")


def test_one_that_others_could_read_is_not_so_any_more(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text("{}")
    path.chmod(0o644)
    KeptLogins(path).keep("https://one", "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"https://one": 1}', "\x00"])
def test_a_file_of_another_kind_is_told_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "credentials.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match="Remove the file and log in again"):
        KeptLogins(path).keep("https://one", "a")
    assert path.read_text() == text
