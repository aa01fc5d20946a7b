"""reach.py: where commands look for a server."""

import pytest

from softops.config import Settings
from softops.reach import server_url


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SOFTOPS_{name.upper()}", raising=False)


@pytest.mark.parametrize(("settings", "url"), [
    ({}, "http://127.0.0.1:8080"),
    ({"url": "https://ops.example.com/softops/"}, "https://ops.example.com/softops"),
    ({"port": 9000}, "http://127.0.0.1:9000"),
    ({"host": "::1", "port": 9000}, "http://[::1]:9000"),
    ({"url": "http://127.0.0.1:8081", "port": 9000}, "http://127.0.0.1:8081")])
def test_the_url_is_the_one_set_or_where_serve_would_listen(settings: dict[str, object], url: str) -> None:
    assert server_url(Settings.model_validate(settings)) == url
