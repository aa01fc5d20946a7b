"""web/: every answer has the name of its request, whoever it comes from, and the log has it too."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from softops.logs import formatter, inform
from softops.service import Service
from tests.integration.webserver import Served, served, still_service
from tests.waiting import wait_until

GET = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{more}\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{more}\r\n"
THIRTEEN = "Sec-WebSocket-Version: 13\r\n"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    service: Service = still_service(tmp_path_factory.mktemp("names"))
    with served(service) as running:
        yield running
    service.database.close()


def ask(web: Served, request: str) -> tuple[int, dict[str, str], str]:
    """The status, the headers and the body of the answer to these very bytes."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=30) as line:
        line.sendall(request.encode("latin-1"))
        answer = b""
        while b"\r\n\r\n" not in answer and (part := line.recv(65536)):
            answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        while len(body) < int(headers.get("content-length", 0)) and (part := line.recv(65536)):
            body += part
    return int(first.split()[1]), headers, body.decode()


CASES = {
    "a page": (GET.format(path="/api/system/soft/page", more=""), 200),
    "the document": (GET.format(path="/api/openapi.json", more=""), 200),
    "nothing there": (GET.format(path="/nothing", more=""), 404),
    "another host": (GET.format(path="/", more="").replace("127.0.0.1", "evil.example"), 403),
    "no http": ("Nonsense\r\n\r\n", 400),
    "an endless head": ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + "x" * 70_000, 400),
    "a broken length": (GET.format(path="/", more="Content-Length: x\r\n"), 400),
    "engine.io of old": (GET.format(path="/socket.io/?EIO=3&transport=polling", more=""), 400),
    "engine.io": (GET.format(path="/socket.io/?EIO=4&transport=polling", more=""), 200),
    "a socket": (UPGRADE.format(path="/socket.io", more=KEY + THIRTEEN), 101),
    "a socket elsewhere": (UPGRADE.format(path="/elsewhere", more=KEY + THIRTEEN), 404),
    "a socket of a page elsewhere": (UPGRADE.format(path="/socket.io",
                                                    more=KEY + THIRTEEN + "Origin: http://evil.example\r\n"), 403),
    "a socket without a key": (UPGRADE.format(path="/socket.io", more=THIRTEEN), 400),
    "a socket of another version": (UPGRADE.format(path="/socket.io", more=KEY + "Sec-WebSocket-Version: 8\r\n"), 400),
    "a socket with long lines": (UPGRADE.format(path="/socket.io", more=f"X: {'x' * 9000}\r\n" + KEY + THIRTEEN), 400),
    "a socket with many lines": (UPGRADE.format(path="/socket.io", more="X: y\r\n" * 200 + KEY + THIRTEEN), 400),
}


@pytest.mark.parametrize("case", CASES)
def test_every_answer_has_a_name(web: Served, case: str) -> None:
    request, wanted = CASES[case]
    status, headers, body = ask(web, request)
    assert (status, len(headers["x-request-id"])) == (wanted, 16)
    if status >= 400:
        said = json.loads(body)
        assert (said["code"], said["data"], len(said["message"]) > 10) == (status, None, True)


@pytest.mark.parametrize("case", ["a page", "nothing there", "engine.io of old", "a socket", "a socket elsewhere",
                                  "a socket without a key"])
def test_the_callers_own_name_is_kept(web: Served, case: str) -> None:
    request, wanted = CASES[case]
    status, headers, _ = ask(web, request.replace("Connection:", "X-Request-Id: mine-1\r\nConnection:"))
    assert (status, headers["x-request-id"]) == (wanted, "mine-1")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """The lines of the log with a text, once there are any: an answer is sent before its line is written."""
    caplog.handler.setFormatter(formatter("json"))
    caplog.handler.addFilter(inform)

    def having(text: str) -> list[dict[str, Any]]:
        wait_until(lambda: text in caplog.text)
        return [json.loads(line) for line in caplog.text.splitlines() if text in line]

    with caplog.at_level(logging.DEBUG, "softops"):
        yield having
    caplog.handler.removeFilter(inform)


@pytest.mark.parametrize("case", ["no http", "a socket without a key", "another host"])
def test_what_was_refused_is_found_in_the_log_by_its_name(web: Served, case: str,
                                                          lines: Callable[[str], list[dict[str, Any]]]) -> None:
    _, headers, _ = ask(web, CASES[case][0])
    name = headers["x-request-id"]
    assert {line["request"] for line in lines(name)} == {name}


def test_a_line_about_a_request_says_whose_it_is(web: Served, lines: Callable[[str], list[dict[str, Any]]]) -> None:
    _, headers, _ = ask(web, CASES["a page"][0])
    [line] = [line for line in lines(headers["x-request-id"]) if line["logger"] == "softops.web.app"]
    assert (line["action"], line["user"]) == ("request", "api")
    assert line["message"].startswith("GET /api/system/soft/page: 200 in ")
