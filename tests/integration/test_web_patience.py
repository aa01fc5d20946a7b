"""web/connection.py and web/bodies.py: whoever trickles or floods is sent away, and in the envelope."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

import httpx
import pytest
import websockets.exceptions
import websockets.sync.client

from softops.service import Service
from softops.web import bodies, connection
from tests.integration.webserver import Served, served, still_service

HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    made = still_service(tmp_path_factory.mktemp("home"))
    yield made
    made.database.close()


@pytest.fixture
def web(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(connection, "HEAD_TIME", 1.0)
    monkeypatch.setattr(bodies, "BODY_TIME", 0.5)
    with served(service) as running:
        yield running


def spoken(web: Served, *parts: bytes, pause: float = 0) -> bytes:
    """What the server has said when it hangs up."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as line:
        speaker = threading.Thread(target=speak, args=(line, parts, pause))
        speaker.start()
        said = b""
        with suppress(ConnectionError):
            while part := line.recv(65536):
                said += part
        speaker.join()
        return said


def speak(line: socket.socket, parts: Sequence[bytes], pause: float) -> None:
    with suppress(ConnectionError):
        for part in parts:
            line.sendall(part)
            time.sleep(pause)


def refusal(said: bytes) -> tuple[bytes, int, str]:
    """Status line, code and sentence of the last answer."""
    last = b"HTTP/1.1 " + said.rpartition(b"HTTP/1.1 ")[2]
    head, _, body = last.partition(b"\r\n\r\n")
    answer = json.loads(body)
    assert (list(answer), answer["data"]) == (["code", "message", "data"], None)
    return head.split(b"\r\n")[0], answer["code"], answer["message"]


def test_who_says_nothing_is_let_go(web: Served) -> None:
    began = time.monotonic()
    assert spoken(web) == b""
    assert time.monotonic() - began < 5


def test_a_head_that_trickles_is_refused_in_time(web: Served) -> None:
    began = time.monotonic()
    said = spoken(web, HEAD, *[b"X: y\r\n"] * 10, pause=0.2)
    assert refusal(said) == (b"HTTP/1.1 400 Bad Request", 400,
                             "The request line and headers were not here after 1 s. Send them faster.")
    assert time.monotonic() - began < 5


def test_the_next_head_on_a_connection_is_waited_for_no_longer(web: Served) -> None:
    said = spoken(web, HEAD + b"\r\n", *[b"\r\n", b"GE", b"T /hea", b"lthz HT", b"TP/1.1\r\n"], pause=0.3)
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert refusal(said)[1] == 400


def test_a_pause_between_requests_is_no_slow_head(web: Served) -> None:
    with httpx.Client(base_url=web.url, trust_env=False) as client:
        for _ in range(3):
            assert client.get("/healthz").status_code == 200
            time.sleep(0.7)


@pytest.mark.parametrize("line", [b"X: y\r\n" * 1000, b"a" * 10_000])
def test_a_head_without_end_is_refused(web: Served, line: bytes) -> None:
    said = spoken(web, HEAD, *[line] * (200_000 // len(line)))
    assert said == b"" or refusal(said)[1:] == (400, "The request line and headers are larger than 64 KiB. Send less.")


def test_what_is_no_http_gets_an_envelope(web: Served) -> None:
    assert refusal(spoken(web, b"\x16\x03\x01 hello\r\n\r\n"))[1] == 400


def test_a_body_that_trickles_is_refused_in_time(web: Served) -> None:
    head = (b"POST /api/system/soft/install HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
            b"Accept-Language: en\r\n\r\n")
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as line:
        line.sendall(head + b"{")
        said = line.recv(65536)
    assert said.endswith(b'"message":"The body was not here after 0 s. Send it faster.","data":null}')
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("query", ["", "?EIO=3&transport=polling", "?EIO=4&transport=carrier", "?EIO=4&sid=unknown",
                                   "?EIO=4&transport=polling&j=x", "?EIO=4&transport=websocket"])
def test_what_socketio_refuses_comes_in_the_envelope(web: Served, query: str) -> None:
    answer = httpx.get(f"{web.url}/socket.io/{query}", headers={"accept-language": "en"}, trust_env=False)
    assert (answer.status_code, list(answer.json()), answer.json()["code"]) == (400, ["code", "message", "data"], 400)
    assert answer.json()["message"].startswith("Socket.IO refuses this: ")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_method_that_socketio_does_not_know_is_405(web: Served) -> None:
    answer = httpx.put(f"{web.url}/socket.io/?EIO=4", trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (405, 405)


def test_a_websocket_that_socketio_refuses_gets_the_envelope_too(web: Served) -> None:
    with pytest.raises(websockets.exceptions.InvalidStatus) as caught:
        websockets.sync.client.connect(f"{web.live}/?EIO=4&transport=websocket&sid=unknown")
    response = caught.value.response
    assert (response.status_code, json.loads(response.body or b"")["code"]) == (400, 400)


@pytest.mark.parametrize("packet", ["4" + "x" * 10_000_000, "0", "9", "b!!!!", "", "45", "4x", "6", "\x1e" * 100,
                                    "42[[[["])
def test_a_packet_that_breaks_the_rules_is_answered_at_once(web: Served, packet: str) -> None:
    began = time.monotonic()
    with httpx.Client(base_url=web.url, trust_env=False, timeout=10) as client:
        sid = json.loads(client.get("/socket.io/?EIO=4&transport=polling").text[1:])["sid"]
        path = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
        assert client.post(path, content="40").status_code == 200
        answer = client.post(path, content=packet)
    assert answer.text == "OK" or answer.json()["code"] == 400
    assert time.monotonic() - began < 5
