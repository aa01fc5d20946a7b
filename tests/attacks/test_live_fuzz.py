"""The plain WebSocket takes anything: each message has its answer, and nobody else notices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.integration.listeners import next_of, watch
from tests.integration.webserver import Served, Story, served, still_service
from tests.waiting import wait_until

NUMBER = st.sampled_from([0, 1, 2, -1, 2**63, 10**30, 1.0, 1.5, True, None, "1", "x", "", [], {}, "\u0000", "9" * 400])
NAMES = st.sampled_from(["type", "job", "jobId", "record", "recordId", "server", "serverId", "after", "containers",
                         "containerLog", "log", "tail", "containerId", "nonsense", "__proto__", ""])
MESSAGE = st.dictionaries(NAMES, NUMBER | st.dictionaries(NAMES, NUMBER, max_size=2), max_size=5)
ASKING = st.builds(lambda kind, message: {**message, "type": kind},
                   st.sampled_from(["subscribe", "unsubscribe"]), MESSAGE)
FRAME = st.one_of(ASKING.map(json.dumps), MESSAGE.map(json.dumps), st.text(max_size=60), st.binary(max_size=60),
                  st.integers(1, 5000).map(lambda deep: '{"a":' * deep),
                  ASKING.map(lambda one: json.dumps(one).encode()))
QUERY = st.text(alphabet="jobrecdsv=&%0129axfte?;+", max_size=30)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    service = still_service(tmp_path_factory.mktemp("live"))
    Story(service).milestone()
    with served(service) as running:
        yield running
    service.database.close()


@settings(max_examples=60)
@given(frames=st.lists(FRAME, min_size=1, max_size=8))
def test_each_message_has_one_answer_and_the_next_is_heard(web: Served, frames: list[str | bytes]) -> None:
    with watch(web, "?server=1") as connection:
        assert next_of(connection)["type"] == "subscribed"
        for frame in frames:
            connection.send(frame)
            kind = answer(connection)
            assert kind in {"subscribed", "unsubscribed", "error"}


@settings(max_examples=60)
@given(query=QUERY)
def test_any_query_is_taken_or_refused_in_words(web: Served, query: str) -> None:
    with watch(web, f"?{query}") as connection:
        with suppress(ConnectionClosed):
            connection.send('{"type": "dance"}')
            while answer(connection) != "error":
                pass
        assert connection.close_code in {None, 1008}
    wait_until(lambda: web.app.live.watchers == 0)


def answer(connection: ClientConnection) -> str:
    """The type of the next answer; milestones that are replayed are none."""
    while True:
        message = next_of(connection)
        if not message["type"].startswith(("docker_", "container")):
            return str(message["type"])
