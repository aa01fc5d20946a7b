"""requirements.py: what a software requires comes first, and circles are errors."""

from collections.abc import Mapping, Sequence

import pytest

from softops.errors import BadRequest
from softops.requirements import in_order, required_by


def order(graph: Mapping[str, Sequence[str]], name: str = "shop") -> tuple[str, ...]:
    return in_order(name, lambda wanted: graph.get(wanted, ()))


def test_an_entry_says_what_it_requires() -> None:
    assert required_by({"requires": ["redis", "postgres"]}) == ("redis", "postgres")
    assert required_by({}) == required_by({"requires": None}) == ()


@pytest.mark.parametrize(("graph", "wanted"), [
    ({}, ()),
    ({"shop": ["redis"]}, ("redis",)),
    ({"shop": ["redis", "postgres"]}, ("redis", "postgres")),
    ({"shop": ["cache"], "cache": ["redis"], "redis": ["net"]}, ("net", "redis", "cache")),
    ({"shop": ["cache", "queue"], "cache": ["redis"], "queue": ["redis"]}, ("redis", "cache", "queue")),
    ({"shop": ["cache", "redis"], "cache": ["redis"]}, ("redis", "cache")),
    ({"shop": ["redis", "redis"]}, ("redis",)),
])
def test_everything_comes_once_and_after_what_it_needs_itself(
        graph: Mapping[str, Sequence[str]], wanted: tuple[str, ...]) -> None:
    assert order(graph) == wanted


@pytest.mark.parametrize(("graph", "circle"), [
    ({"shop": ["shop"]}, "shop -> shop"),
    ({"shop": ["cache"], "cache": ["shop"]}, "shop -> cache -> shop"),
    ({"shop": ["cache"], "cache": ["redis"], "redis": ["cache"]}, "cache -> redis -> cache"),
    ({"shop": ["a", "b"], "b": ["c"], "c": ["d"], "d": ["b"]}, "b -> c -> d -> b"),
])
def test_a_circle_is_named(graph: Mapping[str, Sequence[str]], circle: str) -> None:
    with pytest.raises(BadRequest) as refused:
        order(graph)
    assert (refused.value.reason, refused.value.params) == ("REQUIRES_CYCLE", {"software": "shop", "circle": circle})
