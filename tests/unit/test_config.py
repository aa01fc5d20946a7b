"""config.py: wrong settings are named, and misspelt ones are noticed."""

import pytest

from softops.config import load_settings, unknown_settings
from softops.errors import ConfigError


@pytest.mark.parametrize(("name", "value", "problem"), [
    ("SOFTOPS_PORT", "abc", "it has to be a whole number"), ("SOFTOPS_PORT", "-1", "at least 0"),
    ("SOFTOPS_WORKERS", "99", "at most 64"), ("SOFTOPS_LANGUAGE", "fr", "one of 'zh' or 'en'")])
def test_a_wrong_setting_is_named_with_what_it_has_to_be(
        name: str, value: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}={value} can't be used: ")
    assert problem in str(caught.value)


def test_only_what_looks_like_a_setting_and_is_none_counts_as_misspelt() -> None:
    assert unknown_settings({"SOFTOPS_DATABSE": "x", "SOFTOPS_PORT": "1", "softops_port": "1", "SOFTOPS_RUN": "x",
                             "SOFTOPS_FLEET_OWNER": "x", "HOME": "/"}) == ("SOFTOPS_DATABSE",)
