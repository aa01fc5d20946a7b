"""The live channel and containers: what is asked for, remembered, told calmly and ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from softops.broadcast import Hub
from softops.containermessages import CONTAINERS, state_message
from softops.entities import Container
from softops.errors import BadRequest
from softops.rights import NOBODY
from softops.web.fanout import Fanout
from softops.web.frames import Frame
from softops.web.pace import Pace
from softops.web.subscription import read_subscription, subscription_in
from tests.values import NOW

WEB = Container(id=3, server_id=1, server_name="web1", engine_id="a", name="web", soft_name="nginx", service="",
                version="1", docker_image="nginx:1", state="running", health=None, exit_code=None, oom_killed=False,
                restarts=0, ports=(), start_time=NOW, update_time=NOW)


@pytest.mark.parametrize(("asked", "topics", "lines"), [
    ({"containers": True}, {CONTAINERS}, 200),
    ({"containers": True, "serverId": 2}, {CONTAINERS, "server:2"}, 200),
    ({"containerLog": {"containerId": 3, "tail": 0}}, {"log:3"}, 0),
    ({"containerLog": {"containerId": 3}}, {"log:3"}, 200),
    ({"containerLog": 3, "tail": 7}, {"log:3"}, 7)])
def test_what_can_be_asked_for(asked: dict[str, Any], topics: set[str], lines: int) -> None:
    subscription = read_subscription(asked)
    assert (subscription.topics, subscription.lines) == (topics, lines)


def test_a_query_can_ask_for_the_same() -> None:
    asked = subscription_in({"containers": ["true"], "containerLog": ["3"], "tail": ["5"]}, others=False)
    assert asked is not None
    assert (asked.topics, asked.lines) == ({CONTAINERS, "log:3"}, 5)


@pytest.mark.parametrize("asked", [{"containers": False}, {"tail": 5}, {"containerLog": {"tail": 5}},
                                   {"containerLog": {}}, {"containerLog": []},
                                   {"containerLog": {"containerId": 3, "tail": 5001}},
                                   {"containerLog": {"containerId": 3, "job": 1}}, {"containers": "perhaps"}])
def test_what_makes_no_sense_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read_subscription(asked)


def test_who_comes_later_is_told_of_every_container_that_is_left() -> None:
    hub = Hub()
    hub.publish([state_message(WEB, current=True, at=1), state_message(replace(WEB, id=4), current=True, at=1)])
    hub.publish([state_message(WEB, current=False, at=2)])
    hub.publish([state_message(replace(WEB, id=4), current=True, at=3, removed=True)])
    told = hub.snapshot({"server:1"})
    assert [(one["containerId"], one["state"], one["current"]) for one in told] == [(3, "running", False)]
    assert hub.snapshot({"server:2"}) == []


def test_of_one_container_there_are_ten_messages_per_second_and_its_end_is_told_at_once() -> None:
    pace = Pace()
    at = [number / 100 for number in range(100)]
    admitted = sum(pace.admit(Frame(state_message(WEB, current=True, at=now)), now) for now in at)
    assert 9 <= admitted <= 12
    assert pace.admit(Frame(state_message(WEB, current=True, at=1, removed=True)), 1)
    assert not pace.holds


def test_what_a_watcher_follows_ends_when_it_unsubscribes_or_leaves() -> None:
    ended: list[str] = []
    fanout = Fanout(Hub())
    watcher = fanout.join(NOBODY, everything=False)
    for topic in ("log:1", "log:2"):
        fanout.watch(watcher, {topic})
        watcher.on_end(topic, lambda topic=topic: ended.append(topic))  # type: ignore[misc]
    fanout.unwatch(watcher, {"log:1"})
    assert ended == ["log:1"]
    fanout.leave(watcher)
    watcher.on_end("log:3", lambda: ended.append("log:3"))
    assert ended == ["log:1", "log:2", "log:3"]
