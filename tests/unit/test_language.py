"""language.py: which language a person at a terminal reads."""

import pytest

from softops.language import person_language


@pytest.mark.parametrize(("environ", "language"), [
    ({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "ZH_tw"}, "zh"), ({"LANG": "de_DE.UTF-8"}, "en"),
    ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"), ({"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "zh_CN"}, "zh"),
    ({"LANG": "zh_CN.UTF-8", "SOFTOPS_LANGUAGE": "en"}, "en"), ({"SOFTOPS_LANGUAGE": "zh"}, "zh"),
    ({"SOFTOPS_LANGUAGE": "fr", "LANG": "zh_CN"}, "zh")])
def test_the_setting_wins_over_the_locale(environ: dict[str, str], language: str) -> None:
    assert person_language(environ) == language
