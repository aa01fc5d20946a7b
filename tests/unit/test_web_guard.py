"""web/guard.py: which requests are heard at all."""

import socket
from typing import Any

import pytest

from softops.config import Settings
from softops.errors import Forbidden
from softops.web.guard import check_caller

SETTINGS = Settings(host="127.0.0.2", port=8080, auth="none")


def allowed(method: str = "POST", *, live: bool = False, server: Any = ("127.0.0.1", 8080),
            settings: Settings = SETTINGS, scheme: str = "http", **headers: str) -> bool:
    scope = {"type": "http", "method": method, "server": server, "scheme": scheme,
             "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    try:
        check_caller(scope, settings, live=live)
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


@pytest.mark.parametrize(("host", "heard"), [
    ("10.1.2.3:8080", True), ("[fd00::1]:8080", True), ("localhost", True), (socket.gethostname(), True),
    ("ops.example.com", True), ("evil.example", False), ("ops.example.com.evil.example", False)])
def test_where_users_log_in_any_address_is_heard_but_only_names_that_are_ours(host: str, heard: bool) -> None:
    settings = Settings(host="0.0.0.0", auth="local", public_url="https://ops.example.com")
    assert allowed(host=host, settings=settings) is heard


@pytest.mark.parametrize(("origin", "same"), [
    ("https://ops.example.com", True), ("https://ops.example.com:443", True), ("http://ops.example.com", False),
    ("https://ops.example.com:8443", False), ("https://evil.example", False)])
def test_behind_a_proxy_an_origin_is_the_public_url(origin: str, same: bool) -> None:
    settings = Settings(auth="local", public_url="https://ops.example.com/softops")
    assert allowed(host="127.0.0.1:8080", origin=origin, settings=settings) is same


@pytest.mark.parametrize("scheme", ["https", "wss"])
def test_over_tls_a_page_that_came_in_clear_text_is_another_origin(scheme: str) -> None:
    given: Any = {"host": "localhost", "scheme": scheme, "live": scheme == "wss"}
    assert allowed(**given, origin="https://localhost")
    assert allowed(**given)
    assert not allowed(**given, origin="http://localhost")


def test_behind_a_proxy_with_tls_that_keeps_the_host_too() -> None:
    settings = Settings(auth="local", public_url="https://ops.example.com")
    assert allowed(host="ops.example.com", origin="https://ops.example.com", settings=settings)
    assert not allowed(host="ops.example.com", origin="http://ops.example.com", settings=settings)
    assert allowed(host="10.1.2.3:8080", origin="http://10.1.2.3:8080", settings=settings)
