"""web/language.py: the better wished of two languages."""

import pytest

from softops.texts import Lang
from softops.web.language import language


@pytest.mark.parametrize(("accept", "wanted"), [
    (None, "zh"), ("", "zh"), ("*", "zh"), ("fr,de", "zh"), ("en", "en"), ("EN-us", "en"), ("zh-Hant-TW", "zh"),
    ("en;q=0.5,zh;q=0.4", "en"), ("en;q=0.4, zh;q=0.5", "zh"), ("en;q=0", "zh"), ("en;q=x", "zh"), ("en;x=1", "en"),
    ("fr, en;q=0.1", "en"), ("english", "zh"), (",;=", "zh"), ("en;q=99,zh", "en")])
def test_the_header_decides_and_the_default_fills_in(accept: str | None, wanted: Lang) -> None:
    assert language(accept, "zh") == wanted
