"""web/: clients of the live channel that take too little, and the end of the server while they listen."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from softops.service import Service
from softops.web.serving import PATIENCE, bounded
from tests.integration.listeners import Listener, handshake, listening, masked, read_to_end, take, watch
from tests.integration.webserver import Served, Story, served, still_service
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = still_service(tmp_path_factory.mktemp("sockets"))
    yield service
    service.database.close()


@pytest.fixture
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


@pytest.mark.parametrize("kind", ["plain", "socketio"])
def test_a_client_that_does_not_read_is_cut_off_and_nobody_waits_for_it(web: Served, kind: str) -> None:
    story = Story(web.service)
    with watch(web) as healthy, handshake(web, "" if kind == "plain" else "?EIO=4&transport=websocket") as lazy:
        if kind == "socketio":
            lazy.sendall(masked(b"40"))
        listening(web, 2)
        sent = 0
        # Milestones are never left out, so they fill what there is to fill.
        while web.app.live.watchers > 1:
            numbers = range(sent + 1, sent + 501)
            story.burst(numbers, filler="x" * 500)
            assert [message["seq"] for message in take(healthy, 500)] == list(numbers)
            sent += 500
        assert sent > 10_000
        everything = read_to_end(lazy)
    assert (b"\x03\xf5too slow" if kind == "plain" else b"\x81\x011") in everything
    assert len(everything) < sent * 500


def test_a_client_that_does_not_come_for_its_messages_is_cut_off(web: Served) -> None:
    story = Story(web.service)
    with httpx.Client(base_url=f"{web.url}/socket.io/", trust_env=False) as client:
        query = {"EIO": "4", "transport": "polling"}
        query["sid"] = json.loads(client.get("", params=query).text[1:])["sid"]
        assert client.post("", params=query, content="40").text == "OK"
        assert client.get("", params=query).text.startswith("40")
        listening(web)
        sent = 0
        while web.app.live.watchers:
            story.burst(range(sent + 1, sent + 1001))
            sent += 1000
        assert sent > 10_000
        wait_until(lambda: client.get("", params=query).status_code == 400)
        assert client.post("", params=query, content="2").status_code == 400


def test_a_client_that_asks_without_taking_answers_is_heard_no_more(web: Served) -> None:
    question = b'421["subscribe",{"other":"' + b"x" * 4000 + b'"}]'
    frame = bytes([0x81, 0xFE]) + len(question).to_bytes(2, "big") + bytes(4) + question
    with handshake(web, "?EIO=4&transport=websocket") as lazy:
        lazy.sendall(masked(b"40"))
        lazy.settimeout(3)
        with pytest.raises(TimeoutError):
            lazy.sendall(frame * 30_000)


def test_a_client_that_asks_without_coming_for_answers_is_cut_off(web: Served) -> None:
    with httpx.Client(base_url=f"{web.url}/socket.io/", trust_env=False) as client:
        query = {"EIO": "4", "transport": "polling"}
        query["sid"] = json.loads(client.get("", params=query).text[1:])["sid"]
        questions = "\x1e".join(["5"] * 16)
        assert client.post("", params=query, content=questions).text == "OK"
        wait_until(lambda: client.post("", params=query, content=questions).status_code == 400)


def test_the_server_ends_in_order_while_clients_listen(service: Service) -> None:
    before = set(threading.enumerate())
    with ExitStack() as clients:
        with served(service) as web:
            plain = clients.enter_context(watch(web))
            clients.enter_context(handshake(web, ""))
            listeners = [clients.enter_context(Listener(web, kind)) for kind in ("polling", "websocket")]
            listening(web, 4)
            began = time.monotonic()
        assert time.monotonic() - began < 5
        with pytest.raises(ConnectionClosed) as closed:
            plain.recv(5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
    wait_until(lambda: set(threading.enumerate()) <= before)
    assert [listener.told_to_go for listener in listeners] == [True, True]


@pytest.mark.parametrize("query", ["", "?EIO=4&transport=websocket"])
def test_a_client_that_takes_nothing_does_not_keep_the_server_from_ending(service: Service, query: str) -> None:
    with ExitStack() as stack:
        with served(service, grace=0.5) as web:
            stuck = stack.enter_context(handshake(web, query))
            if query:
                stuck.sendall(masked(b"40"))
            listening(web)
            story, sent = Story(service), 0
            while web.app.live.watchers:
                story.burst(range(sent + 1, sent + 1001), filler="x" * 500)
                sent += 1000
            began = time.monotonic()
        assert time.monotonic() - began < 5


def test_the_kernel_gives_up_who_takes_nothing_for_long() -> None:
    with bounded(socket.create_server(("127.0.0.1", 0))) as listener, \
            socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 1000 * PATIENCE
