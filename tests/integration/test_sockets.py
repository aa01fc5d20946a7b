"""web/: the live channel over real connections, as Socket.IO and as plain WebSocket."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import socketio
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from softops.service import Service
from tests.integration.listeners import Listener, listening, next_of, take, watch
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


@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("polling", "websocket")])
def test_a_socketio_client_that_just_connects_gets_everything_by_its_type(
        web: Served, transports: tuple[str, ...]) -> None:
    with Listener(web, *transports) as listener:
        listening(web)
        one, two = Story(web.service), Story(web.service, servers=["web2"])
        sent = [one.milestone("docker_start"), two.milestone("docker_start"), one.progress("a", 10),
                one.milestone("docker_error", error="网络连接超时"), one.milestone("docker_complete", success=False)]
        wait_until(lambda: len(listener.got) == len(sent))
        assert listener.got == sent
        assert listener.events == [payload["type"] for payload in sent]


def test_a_plain_client_gets_one_json_message_per_frame(web: Served) -> None:
    with watch(web) as connection:
        listening(web)
        story = Story(web.service)
        sent = [story.milestone("docker_start"), story.progress("a", 10), story.milestone("docker_complete")]
        assert take(connection, 3) == sent


@pytest.mark.parametrize("path", ["/socket.io", "/socket.io/"])
def test_the_path_works_with_and_without_its_last_slash(web: Served, path: str) -> None:
    with connect(f"ws://127.0.0.1:{web.port}{path}", proxy=None) as connection:
        listening(web)
        assert [Story(web.service).milestone()] == take(connection, 1)


@pytest.mark.parametrize("topic", ["job", "record", "server"])
def test_a_client_hears_only_what_it_subscribes_to(web: Served, topic: str) -> None:
    one, two = Story(web.service), Story(web.service, servers=["web2"])
    wanted = {"job": one.job.id, "record": one.records[0].id, "server": one.records[0].server_id}[topic]
    with Listener(web, "websocket") as listener, watch(web, f"?{topic}={wanted}") as connection:
        listening(web, 2)
        assert listener.ask("subscribe", {f"{topic}Id": wanted}) == {
            "ok": True, "seq": None if topic == "server" else 0}
        assert next_of(connection)["type"] == "subscribed"
        two.milestone()
        sent = [one.milestone()]
        two.milestone()
        sent.append(one.milestone("docker_complete"))
        wait_until(lambda: len(listener.got) == 2)
        assert listener.got == sent == take(connection, 2)


def test_several_subscriptions_add_up_and_can_be_taken_back(web: Served) -> None:
    one, two = Story(web.service), Story(web.service, servers=["web2"])
    with watch(web, f"?job={one.job.id}") as connection:
        next_of(connection)
        connection.send(json.dumps({"type": "subscribe", "jobId": two.job.id}))
        assert next_of(connection) == {"type": "subscribed", "seq": 0}
        listening(web)
        assert [two.milestone(), one.milestone()] == take(connection, 2)
        connection.send(json.dumps({"type": "unsubscribe", "jobId": one.job.id}))
        assert next_of(connection) == {"type": "unsubscribed"}
        one.milestone()
        assert [two.milestone()] == take(connection, 1)
    with Listener(web, "websocket", auth={"jobId": one.job.id}) as listener:
        assert listener.ask("unsubscribe", {"jobId": one.job.id}) == {"ok": True}


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_after_brings_what_was_missed_from_sql_and_then_what_is_live(web: Served, transport: str) -> None:
    story = Story(web.service)
    missed = [story.milestone(publish=False) for _ in range(1200)]
    with Listener(web, transport, auth={"job": story.job.id, "after": 3}) as listener, \
            watch(web, f"?job={story.job.id}&after=1199") as connection:
        assert next_of(connection) == {"type": "subscribed", "seq": 1200}
        assert take(connection, 1) == missed[1199:]
        wait_until(lambda: len(listener.got) == 1197)
        live = story.milestone()
        wait_until(lambda: len(listener.got) == 1198)
        assert listener.got == [*missed[3:], live]
        assert take(connection, 1) == [live]


def test_a_record_is_replayed_without_the_others_of_its_job(web: Served) -> None:
    story = Story(web.service, servers=["web1", "web2"])
    mine, _ = story.milestone(record=0), story.milestone(record=1)
    with watch(web, f"?record={story.records[0].id}&after=0") as connection:
        assert next_of(connection) == {"type": "subscribed", "seq": 2}
        assert take(connection, 1) == [mine]
        story.milestone(record=1)
        assert [story.milestone(record=0)] == take(connection, 1)


def test_a_number_that_the_job_never_had_hides_nothing(web: Served) -> None:
    story = Story(web.service)
    with watch(web, f"?job={story.job.id}&after=1000000") as connection:
        next_of(connection)
        listening(web)
        assert [story.milestone()] == take(connection, 1)


def test_who_comes_late_gets_the_state_of_the_running_layers(web: Served) -> None:
    story = Story(web.service)
    with watch(web) as early:
        listening(web)
        started = story.milestone()
        story.progress("a", 10)
        newest = story.progress("a", 20)
        done = story.milestone("docker_progress", id="b", status="Pull complete", current=100, total=100)
        # What is still on its way to everybody would come to the late ones as well.
        take(early, 4)
    with watch(web, f"?job={story.job.id}&after=0") as connection, Listener(
            web, "polling", query=f"?record={story.records[0].id}") as listener:
        assert next_of(connection) == {"type": "subscribed", "seq": 2}
        assert take(connection, 3) == [started, done, newest]
        wait_until(lambda: len(listener.got) == 1)
        assert listener.got == [newest]
        story.progress("a", 15, at=newest["at"] - 1)
        last = story.progress("a", 30)
        assert take(connection, 1) == [last]


def test_a_layer_that_is_done_is_not_shown_as_going_on(web: Served) -> None:
    story = Story(web.service)
    story.progress("a", 90)
    done = story.milestone("docker_progress", publish=False, id="a", status="Pull complete", current=100, total=100)
    with watch(web, f"?job={story.job.id}&after=0") as connection:
        next_of(connection)
        assert take(connection, 1) == [done]
        assert [story.milestone("docker_complete")] == take(connection, 1)


def test_whoever_comes_whenever_gets_every_milestone_once_and_in_order(web: Served) -> None:
    story = Story(web.service)
    total = 300

    def tell() -> None:
        for number in range(total):
            story.milestone("docker_complete" if number == total - 1 else "docker_start")

    telling = threading.Thread(target=tell)
    telling.start()
    seen: list[list[int]] = []

    def follow(delay: float) -> None:
        time.sleep(delay)
        with watch(web, f"?job={story.job.id}&after=0") as connection:
            next_of(connection)
            seen.append([message["seq"] for message in take(connection, total)])

    followers = [threading.Thread(target=follow, args=(number / 20,)) for number in range(12)]
    for thread in followers:
        thread.start()
    for thread in (telling, *followers):
        thread.join()
    assert seen == [list(range(1, total + 1))] * 12


def test_a_layer_is_told_of_at_most_ten_times_a_second_and_the_newest_state_comes(web: Served) -> None:
    story = Story(web.service)
    with watch(web) as connection:
        listening(web)
        for number in range(60):
            sent = story.progress("a", number)
            time.sleep(0.01)
        got = []
        while not got or got[-1] != sent:
            got.append(next_of(connection))
    assert 5 <= len(got) <= 12


@pytest.mark.parametrize(("query", "said"), [
    ("?job=x", "job"), ("?job=1&job=2", "job"), ("?jobs=1", "job"), ("?job=999", "999"), ("?after=1", "jobId"),
    ("?job=", "job"), ("?job=%ff", "UTF-8")])
def test_a_plain_client_is_told_what_is_wrong_with_its_query(web: Served, query: str, said: str) -> None:
    with watch(web, query) as connection:
        message = next_of(connection)
        assert message["type"] == "error"
        assert said in message["message"]
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


@pytest.mark.parametrize("auth", [{"job": "x"}, {"job": 999}, {"jobs": 1}, {"after": 1, "server": 1}])
def test_a_socketio_client_is_told_what_is_wrong_with_its_wishes(web: Served, auth: object) -> None:
    refused: list[Any] = []
    client = socketio.Client(reconnection=False)
    client.on("connect_error", refused.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(web.url, auth=auth, transports=["websocket"])
    client.disconnect()
    assert "message" in refused[0]
    listening(web, 0)


def test_nonsense_gets_an_error_and_harms_nobody(web: Served) -> None:
    story = Story(web.service)
    with watch(web) as connection, Listener(web, "websocket") as listener:
        listening(web, 2)
        for nonsense in ("{", "[]", "1", "", '{"type": "dance"}', '{"type": "subscribe"}', "[" * 10_000, b"\xff"):
            connection.send(nonsense)
            assert next_of(connection)["type"] == "error"
        for wish in (None, [], "x", {"jobId": 999}, {"jobId": True}, {}):
            assert listener.ask("subscribe", wish)["ok"] is False
        listener.client.emit("never_heard_of", {"a": 1})
        sent = story.milestone()
        assert take(connection, 1) == [sent]
        wait_until(lambda: listener.got == [sent])


def test_a_message_that_is_too_long_closes_the_connection(web: Served) -> None:
    with watch(web) as connection:
        connection.send("x" * 100_000)
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize("query", ["", "?EIO=4&transport=websocket"])
@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_pages_of_other_origins_can_not_listen(web: Served, query: str, headers: Mapping[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused, \
            connect(f"{web.live}{query}", proxy=None, additional_headers=headers):
        pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["code"] == 403


def test_there_is_no_live_channel_elsewhere(web: Served) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"ws://127.0.0.1:{web.port}/elsewhere", proxy=None):
        pass
    assert refused.value.response.status_code == 404
