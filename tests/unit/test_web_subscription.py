"""web/subscription.py: what a client wants to watch."""

from typing import Any

import pytest

from softops.errors import BadRequest
from softops.web.subscription import Subscription, read_subscription, subscription_in


def test_short_and_long_names_mean_the_same() -> None:
    wanted = Subscription(job=1, record=2, server=3, after=4)
    assert read_subscription({"job": 1, "record": "2", "server": 3, "after": "4"}) == wanted
    assert read_subscription({"jobId": 1, "recordId": 2, "serverId": "3", "after": 4}) == wanted
    assert wanted.topics == {"job:1", "record:2", "server:3"}


@pytest.mark.parametrize(("message", "reason"), [
    ({}, "SUBSCRIPTION_EMPTY"), ({"after": 1}, "SUBSCRIPTION_AFTER"), ({"server": 1, "after": 1}, "SUBSCRIPTION_AFTER"),
    ({"job": 0}, "FIELD_NUMBER"), ({"job": "x"}, "FIELD_NUMBER"), ({"job": True}, "FIELD_NUMBER"),
    ({"job": 1, "after": -1}, "FIELD_NUMBER"), ({"jbo": 1}, "FIELD_UNKNOWN"), ({"job": [1]}, "FIELD_NUMBER")])
def test_what_names_nothing_is_refused(message: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read_subscription(message)
    assert caught.value.reason == reason


def test_a_query_without_a_subscription_asks_for_everything() -> None:
    assert subscription_in({}, others=False) is None
    assert subscription_in({"EIO": ["4"], "t": ["x"]}, others=True) is None


def test_other_names_in_a_query_are_left_to_others_or_refused() -> None:
    assert subscription_in({"EIO": ["4"], "job": ["1"]}, others=True) == Subscription(job=1)
    for wrong in ({"EIO": ["4"], "job": ["1"]}, {"job": ["1", "2"]}, {"job": [""]}):
        with pytest.raises(BadRequest):
            subscription_in(wrong, others=False)
