"""pulling.py: recorded pulls fold into layers, and a pull is followed with patience."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softops.errors import EngineUnreachable, PullFailed
from softops.events import Layer
from softops.playbooks import PullLimits
from softops.pulling import LAYER_INTERVAL, MOST_LAYERS, MOST_WAITING, PullFold, Watch, follow

PULLS = Path(__file__).resolve().parents[1] / "recordings" / "pulls"


def recorded(case: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (PULLS / f"{case}.jsonl").read_text().splitlines()]


def folded(case: str, sizes: dict[str, int] | None = None) -> PullFold:
    fold = PullFold(sizes)
    for message in recorded(case):
        fold.take(message)
    return fold


def limits(**seconds: int) -> PullLimits:
    return replace(PullLimits(idle_timeout=10, timeout=20, connect_timeout=5), **seconds)  # type: ignore[arg-type]


def done(layer_id: str, size: int) -> Layer:
    return Layer(id=layer_id, status="Pull complete", current=size, total=size)


def there(layer_id: str) -> Layer:
    return Layer(id=layer_id, status="Already exists")


def test_a_pull_with_shared_layers_ends_with_every_layer_done() -> None:
    fold = folded("shared")
    assert fold.layers == (there("a1533b1e5bc7"), there("6e1c1e445d5f"), there("a39791849c13"),
                           done("d1378b5193b7", 7004718), done("5678bba5272c", 115))
    assert (fold.digest, fold.error) == (
        "sha256:0fad53dcc9db97501b9a68eee749a542fea415f1df3bdde7203e483e78268a16", None)


def test_a_fresh_pull_downloads_every_layer() -> None:
    fold = folded("fresh")
    assert {layer.status for layer in fold.layers} == {"Pull complete"}
    assert len(fold.layers) == 5
    assert all(layer.current == layer.total and layer.total for layer in fold.layers)


@pytest.mark.parametrize("case", ["current", "digest"])
def test_a_pull_with_nothing_to_do_has_a_digest_and_no_layers(case: str) -> None:
    fold = folded(case)
    assert (fold.layers, fold.digest, fold.error) == (
        (), "sha256:0fad53dcc9db97501b9a68eee749a542fea415f1df3bdde7203e483e78268a16", None)


@pytest.mark.parametrize(("case", "words"), [
    ("missing", "manifest for registry.test:5000/app/demo:9.9 not found: manifest unknown: manifest unknown"),
    ("corrupt", "filesystem layer verification failed for digest "
                "sha256:35161c0af8308a91969cd2872e6d8f4ab4e4e77ca8a6a70713512448e3cd5c11"),
    ("cut", "EOF"),
    ("unreachable", 'Get "http://registry.test:5000/v2/": EOF'),
])
def test_a_failed_pull_has_the_words_of_the_engine_and_no_digest(case: str, words: str) -> None:
    fold = folded(case)
    assert (fold.error, fold.digest) == (words, None)


def test_retries_of_the_engine_are_visible() -> None:
    fold = PullFold()
    seen = []
    for message in recorded("cut"):
        fold.take(message)
        seen += [layer.status for layer in fold.changes() if layer.status.startswith("Retrying")]
    assert seen[:2] == ["Retrying in 5 seconds", "Retrying in 4 seconds"]


def test_sizes_from_the_registry_are_known_before_the_engine_says_them() -> None:
    fold = PullFold({"d1378b5193b7": 7004718})
    fold.take({"status": "Pulling fs layer", "progressDetail": {}, "id": "d1378b5193b7"})
    assert fold.changes() == (Layer(id="d1378b5193b7", status="Pulling fs layer", total=7004718),)


def test_a_tag_that_looks_like_a_layer_is_none() -> None:
    fold = PullFold()
    fold.take({"status": "Pulling from app/demo", "id": "0123456789ab"})
    assert fold.layers == ()


@pytest.mark.parametrize("message", [{}, {"status": None}, {"status": "Downloading", "id": 5}, {"id": "0123456789ab"},
                                     {"status": "Waiting", "id": "0123456789ab", "progressDetail": "x"}])
def test_odd_messages_do_no_harm(message: dict[str, Any]) -> None:
    PullFold().take(message)


def test_a_flood_of_layers_and_words_is_bounded() -> None:
    fold = PullFold()
    for number in range(2 * MOST_LAYERS):
        fold.take({"status": "x" * 5000, "id": f"{number:012x}", "progressDetail": {"current": 10**30, "total": 5}})
    fold.take({"error": "y" * 100_000})
    assert len(fold.layers) == MOST_LAYERS
    assert fold.layers[0] == Layer(id="000000000000", status="x" * 200, current=None, total=5)
    assert fold.error == "y" * 10_000


def follow_all(messages: Any, *, cancelled: Any = lambda: False, **seconds: int) -> list[tuple[Layer, ...]]:
    emitted: list[tuple[Layer, ...]] = []
    follow(messages, PullFold(), image="demo:1.0", limits=limits(**seconds),
           watch=Watch(emit=lambda layers, at: emitted.append(tuple(layers)), cancelled=cancelled))
    return emitted


def test_changes_are_reported_at_once_then_bundled_and_the_last_states_always() -> None:
    def messages() -> Iterator[dict[str, Any]]:
        for current in range(1, 200):
            yield {"status": "Downloading", "id": "0123456789ab", "progressDetail": {"current": current, "total": 200}}
        yield {"status": "Pull complete", "id": "0123456789ab", "progressDetail": {}}

    emitted = follow_all(messages)
    assert emitted[-1] == (done("0123456789ab", 200),)
    assert len(emitted) <= 3


def test_a_change_is_not_held_back_while_the_engine_is_silent() -> None:
    at: list[float] = []
    start = time.monotonic()

    def messages() -> Iterator[dict[str, Any]]:
        for status in ("Pulling fs layer", "Waiting"):
            yield {"status": status, "id": "0123456789ab"}
        threading.Event().wait(1)

    follow(messages, PullFold(), image="demo:1.0", limits=limits(),
           watch=Watch(emit=lambda *_: at.append(time.monotonic() - start), cancelled=lambda: False))
    assert len(at) == 2
    assert at[1] < LAYER_INTERVAL + 0.3


def test_the_time_told_is_that_of_the_newest_message() -> None:
    told: list[float] = []
    before = time.time()

    def messages() -> Iterator[dict[str, Any]]:
        for current in (1, 2):
            yield {"status": "Downloading", "id": "0123456789ab", "progressDetail": {"current": current, "total": 3}}
        threading.Event().wait(0.5)

    follow(messages, PullFold(), image="demo:1.0", limits=limits(),
           watch=Watch(emit=lambda layers, at: told.append(at), cancelled=lambda: False))
    assert len(told) == 2
    assert before <= told[0] <= told[1] < before + LAYER_INTERVAL


def test_an_engine_is_not_read_faster_than_it_is_followed() -> None:
    read = []
    ended = threading.Event()

    def messages() -> Iterator[dict[str, Any]]:
        try:
            for number in range(100 * MOST_WAITING):
                read.append(number)
                yield {"status": "Pull complete", "id": f"{number % 100:012x}", "progressDetail": {}}
        finally:
            ended.set()

    def cancelled() -> bool:
        threading.Event().wait(0.3)
        return True

    with pytest.raises(PullFailed):
        follow_all(messages, cancelled=cancelled)
    assert len(read) < 3 * MOST_WAITING
    assert ended.wait(5)


def silent() -> Iterator[dict[str, Any]]:
    yield {"status": "Downloading", "id": "0123456789ab"}
    threading.Event().wait(30)


def busy() -> Iterator[dict[str, Any]]:
    while True:
        yield {"status": "Retrying in 1 second", "id": "0123456789ab"}
        threading.Event().wait(0.05)


def test_a_silent_engine_ends_the_pull() -> None:
    with pytest.raises(PullFailed) as caught:
        follow_all(silent, idle_timeout=1)
    assert (caught.value.reason, caught.value.params) == ("PULL_IDLE", {"image": "demo:1.0", "seconds": 1})


def test_an_endless_pull_is_ended() -> None:
    with pytest.raises(PullFailed) as caught:
        follow_all(busy, timeout=1)
    assert (caught.value.reason, caught.value.params) == ("PULL_TIMEOUT", {"image": "demo:1.0", "seconds": 1})


def test_a_cancelled_pull_stops_within_half_a_second() -> None:
    asked = time.monotonic() + 0.3
    with pytest.raises(PullFailed) as caught:
        follow_all(silent, cancelled=lambda: time.monotonic() > asked)
    assert caught.value.reason == "CANCELLED"
    assert time.monotonic() - asked < 0.5


def test_what_breaks_the_stream_is_raised_after_the_last_states() -> None:
    def messages() -> Iterator[dict[str, Any]]:
        yield {"status": "Downloading", "id": "0123456789ab"}
        raise EngineUnreachable("ENGINE_LOST", words="gone")

    emitted: list[Any] = []
    with pytest.raises(EngineUnreachable, match="gone"):
        follow(messages, PullFold(), image="demo:1.0", limits=limits(),
               watch=Watch(emit=lambda layers, at: emitted.append(layers), cancelled=lambda: False))
    assert emitted == [(Layer(id="0123456789ab", status="Downloading"),)]
