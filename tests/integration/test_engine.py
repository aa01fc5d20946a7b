"""engine.py: answers of something that is not, or no longer, a Docker engine of good will."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from softops import engine as module
from softops.dials import TcpDial
from softops.engine import Engine
from softops.errors import EngineUnreachable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
VERSION = json.dumps({"Version": "20.10", "ApiVersion": "1.41", "Os": "linux", "Arch": "amd64"}).encode()

Serve = Callable[[Callable[[socket.socket], None]], Engine]


@pytest.fixture
def engine_that() -> Iterator[Serve]:
    """An engine whose every connection is handled by a function until that returns."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()
        threads = []

        def serve(handle: Callable[[socket.socket], None]) -> None:
            while not over.is_set():
                client, _ = listener.accept()
                # Whoever hangs up first ends the connection.
                with client, suppress(OSError):
                    while not over.is_set() and client.recv(65536):
                        handle(client)

        def start(handle: Callable[[socket.socket], None]) -> Engine:
            threads.append(threading.Thread(target=serve, args=(handle,)))
            threads[-1].start()
            return Engine(TcpDial(host="127.0.0.1", port=listener.getsockname()[1]), timeout=1)

        yield start
        over.set()
        socket.create_connection(listener.getsockname()).close()
        threads[-1].join()


def test_one_connection_serves_all_questions(engine_that: Serve) -> None:
    asked = []

    def answer(client: socket.socket) -> None:
        asked.append(client.fileno())
        client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(VERSION) + VERSION)

    with engine_that(answer) as engine:
        for _ in range(3):
            assert engine.about().version == "20.10"
    assert len(asked) == 3


def test_an_answer_without_end_is_refused(engine_that: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER", 1_000_000)
    sent: list[int] = []

    def flood(client: socket.socket) -> None:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while len(sent) < 500:
            client.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent.append(65536)

    with engine_that(flood) as engine, pytest.raises(EngineUnreachable, match="more than 1000000 bytes"):
        engine.about()
    assert len(sent) < 500


def test_an_answer_that_trickles_is_given_up(engine_that: Serve) -> None:
    def trickle(client: socket.socket) -> None:
        client.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        for _ in range(200):
            client.sendall(b" ")
            time.sleep(0.1)

    began = time.monotonic()
    with engine_that(trickle) as engine, pytest.raises(EngineUnreachable) as caught:
        engine.about()
    assert caught.value.reason == "ENGINE_SILENT"
    assert time.monotonic() - began < 10


def pulling(engine_that: Serve, *parts: bytes, repeat: int = 1, status: bytes = b"200 OK") -> Engine:
    """An engine that says its version, and then `parts` as the stream of a pull."""
    answers = iter([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(VERSION) + VERSION])

    def answer(client: socket.socket) -> None:
        if (first := next(answers, None)) is not None:
            client.sendall(first)
            return
        client.sendall(b"HTTP/1.1 " + status + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(repeat):
            for part in parts:
                client.sendall(b"%x\r\n" % len(part) + part + b"\r\n")
        client.sendall(b"0\r\n\r\n")

    engine = engine_that(answer)
    engine.about()
    return engine


def test_the_messages_of_a_pull_come_whole_however_they_are_cut(engine_that: Serve) -> None:
    parts = (b'{"status": "a"}\r\n{"sta', b'tus": "\xe5\xa5', b'\xbd"}\n\r\n', b'{"status": "c"}')
    with pulling(engine_that, *parts) as engine:
        assert list(engine.pull("demo", "1.0")) == [{"status": "a"}, {"status": "好"}, {"status": "c"}]


def test_a_message_without_end_is_refused(engine_that: Serve) -> None:
    with pulling(engine_that, b'{"status": "', b"x" * 65536, repeat=1000) as engine, pytest.raises(
            EngineUnreachable, match="more than 1048576 bytes in one message"):
        list(engine.pull("demo", "1.0"))


@pytest.mark.parametrize("words", [b"[" * 500_000, b"[1]", b"1" * 10_000, b"hello", b'{"a": \xff}'])
def test_what_is_no_message_is_refused(engine_that: Serve, words: bytes) -> None:
    with pulling(engine_that, words) as engine, pytest.raises(EngineUnreachable) as caught:
        list(engine.pull("demo", "1.0"))
    assert caught.value.reason == "ENGINE_ANSWER"


@pytest.mark.parametrize(("body", "words"), [(b'{"message": "no such image"}', "no such image"), (b"oh", "oh"),
                                             (b"[" * 500_000, "[" * 1000)])
def test_a_refused_pull_says_why(engine_that: Serve, body: bytes, words: str) -> None:
    with pulling(engine_that, body, status=b"404 Not Found") as engine:
        assert list(engine.pull("demo", "1.0")) == [{"error": words}]


def test_an_engine_sends_nobody_elsewhere(engine_that: Serve) -> None:
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.settimeout(0.2)
        place = b"http://127.0.0.1:%d/" % elsewhere.getsockname()[1]

        def redirect(client: socket.socket) -> None:
            asked.append(client)
            client.sendall(b"HTTP/1.1 307 Elsewhere\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n")

        with engine_that(redirect) as engine, pytest.raises(EngineUnreachable):
            engine.about()
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    assert len(asked) == 1
