"""web/guard.py: who may talk to a server without users."""

from typing import Any

import pytest

from softops.config import Settings
from softops.errors import Forbidden
from softops.web.guard import check_caller

SETTINGS = Settings(host="127.0.0.2", port=8080)


def allowed(method: str = "POST", *, live: bool = False, server: Any = ("127.0.0.1", 8080), **headers: str) -> bool:
    scope = {"type": "http", "method": method, "server": server,
             "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    try:
        check_caller(scope, SETTINGS, live=live)
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "LocalHost", "127.0.0.1:9", "[::1]", "127.0.0.2"])
def test_names_of_this_machine_and_the_configured_one_are_let_through(host: str) -> None:
    assert allowed(host=host)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.3", "::1", "localhost.evil.example", "", "[", "a:b:c", "0"])
def test_all_others_are_not_and_neither_is_none(host: str) -> None:
    assert not allowed(host=host)
    assert not allowed()


def test_two_host_headers_are_none() -> None:
    scope = {"type": "http", "method": "GET", "server": ("127.0.0.1", 1),
             "headers": [(b"host", b"localhost"), (b"host", b"localhost")]}
    with pytest.raises(Forbidden):
        check_caller(scope, SETTINGS, live=False)


@pytest.mark.parametrize(("origin", "host", "same"), [
    ("http://localhost:8080", "localhost:8080", True), ("http://LOCALHOST:8080", "localhost:8080", True),
    ("http://localhost", "localhost", True), ("http://localhost", "localhost:80", True),
    ("https://localhost", "localhost:443", True), ("http://localhost", "localhost:8080", False),
    ("http://127.0.0.1:8080", "localhost:8080", False), ("http://evil.example", "localhost", False),
    ("null", "localhost", False), ("", "localhost", False), ("ftp://localhost", "localhost", False),
    ("http://localhost:x", "localhost", False), ("http://[::1]:8080", "[::1]:8080", True)])
def test_an_origin_has_to_be_the_host(origin: str, host: str, same: bool) -> None:
    assert allowed(host=host, origin=origin) is same
    assert allowed("GET", live=True, host=host, origin=origin) is same
    assert allowed("GET", host=host, origin=origin)


def test_a_unix_socket_has_no_host_and_no_browser() -> None:
    assert allowed(server=("/run/softops", None), host="softops")
