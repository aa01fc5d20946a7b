"""live.py: a job is followed through lost connections; every milestone comes once."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.sync.server import ServerConnection, serve, unix_serve

from softops import live
from softops.client import Address
from softops.errors import ServerUnavailable
from softops.live import Follower

Message = dict[str, Any]


def start(seq: int, record: int = 1) -> Message:
    return {"type": "docker_start", "recordId": record, "seq": seq}


def step(seq: int, current: int) -> Message:
    return {"type": "docker_progress", "recordId": 1, "id": "a", "status": "Downloading", "current": current,
            "total": 100, "seq": seq}


def layer(seq: int) -> Message:
    return {"type": "docker_progress", "recordId": 1, "id": "a", "status": "Pull complete", "current": 100,
            "total": 100, "seq": seq}


def complete(seq: int, record: int = 1) -> Message:
    return {"type": "docker_complete", "recordId": record, "status": "SUCCESS", "success": True, "seq": seq}


class Script:
    """A live channel that sends one batch per connection and then breaks it without a word."""

    def __init__(self, *batches: Sequence[Message]) -> None:
        self._batches = list(batches)
        self.asked: list[dict[str, list[str]]] = []

    def __call__(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.asked.append(parse_qs(urlsplit(connection.request.path).query))
        for message in self._batches.pop(0):
            connection.send(json.dumps(message))
        if self._batches:
            connection.socket.close()


@contextmanager
def served(handler: Callable[[ServerConnection], None]) -> Iterator[Address]:
    with serve(handler, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Address(url=f"http://127.0.0.1:{server.socket.getsockname()[1]}")
        finally:
            server.shutdown()
            thread.join()


def test_all_messages_come_until_every_record_is_complete() -> None:
    messages = [start(1), start(2, record=2), step(2, 50), layer(3), complete(4), complete(5, record=2)]
    script = Script(messages)
    with served(script) as address:
        assert list(Follower(address, 7, [1, 2]).messages()) == messages
    assert script.asked == [{"job": ["7"], "after": ["0"]}]


def test_a_lost_connection_goes_on_after_the_last_milestone_without_repeating_one() -> None:
    script = Script([start(1), step(1, 10)], [step(1, 40), layer(2)], [layer(2), complete(3)])
    with served(script) as address:
        assert list(Follower(address, 7, [1]).messages()) == [start(1), step(1, 10), step(1, 40), layer(2), complete(3)]
    assert [asked["after"] for asked in script.asked] == [["0"], ["1"], ["2"]]


def test_a_step_with_the_number_of_a_milestone_that_is_still_to_come_loses_nothing() -> None:
    script = Script([step(5, 10)], [start(4), layer(5), complete(6)])
    with served(script) as address:
        assert list(Follower(address, 7, [1]).messages()) == [step(5, 10), start(4), layer(5), complete(6)]
    assert [asked["after"] for asked in script.asked] == [["0"], ["0"]]


def test_messages_that_are_not_about_a_record_are_passed_over() -> None:
    with served(Script([{"type": "ping"}, complete(1)])) as address:
        assert list(Follower(address, 7, [1]).messages()) == [complete(1)]


def test_a_silent_channel_ends_when_the_job_is_found_to_be_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENCE", 0.05)
    answers = iter([False, True])

    def silent(connection: ServerConnection) -> None:
        connection.send(json.dumps(start(1)))
        for _ in connection:
            pass

    with served(silent) as address:
        assert list(Follower(address, 7, [1], is_final=lambda: next(answers)).messages()) == [start(1)]


def test_a_server_that_stays_away_is_given_up_with_a_way_to_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 0.3)
    with served(Script()) as address:
        pass
    begun = time.monotonic()
    with pytest.raises(ServerUnavailable, match="softops watch 7"):
        list(Follower(address, 7, [1]).messages())
    assert time.monotonic() - begun >= 0.3


def test_a_server_that_only_refuses_is_asked_with_pauses_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PATIENCE", 2)
    script = Script(*([{"type": "error", "code": 500, "message": "no"}] for _ in range(50)))
    with served(script) as address, pytest.raises(ServerUnavailable, match="softops watch 7"):
        list(Follower(address, 7, [1]).messages())
    assert 3 < len(script.asked) < 8


def test_a_unix_socket_is_followed_in_the_same_way(tmp_path: Path) -> None:
    with unix_serve(Script([start(1), complete(2)]), str(tmp_path / "socket")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = Address(url="http://softops", socket=tmp_path / "socket")
        assert list(Follower(address, 7, [1]).messages()) == [start(1), complete(2)]
        server.shutdown()
        thread.join()
