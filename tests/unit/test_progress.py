"""progress.py: layers fold forward only, and look like a bar."""

import pytest

from softops.events import Layer
from softops.progress import ServerProgress, bar, fold_layers


def layer(status: str, current: int | None = None, total: int | None = None, name: str = "a") -> Layer:
    return Layer(id=name, status=status, current=current, total=total)


def test_only_layers_that_changed_are_reported() -> None:
    progress, first = fold_layers(ServerProgress(), [layer("Downloading", 1, 9), layer("Waiting", name="b")])
    assert first == (layer("Downloading", 1, 9), layer("Waiting", name="b"))
    _, second = fold_layers(progress, [layer("Downloading", 1, 9), layer("Downloading", 5, 9, name="b")])
    assert second == (layer("Downloading", 5, 9, name="b"),)


def test_a_layer_that_is_done_stays_done_with_all_its_bytes() -> None:
    progress, _ = fold_layers(ServerProgress(), [layer("Downloading", 5, 9)])
    progress, done = fold_layers(progress, [layer("Pull complete")])
    assert done == (layer("Pull complete", 9, 9),)
    assert fold_layers(progress, [layer("Downloading", 6, 9)]) == (progress, ())
    assert progress.current == 9


def test_a_state_without_sizes_keeps_those_known_before() -> None:
    progress, _ = fold_layers(ServerProgress(), [layer("Downloading", 5, 9)])
    assert fold_layers(progress, [layer("Verifying Checksum")])[1] == (layer("Verifying Checksum", 5, 9),)


@pytest.mark.parametrize(("current", "total", "text"), [
    (0, 100, "[>                  ] 0%"), (25, 100, "[====>              ] 25%"),
    (100, 100, "[===================] 100%"), (120, 100, "[===================] 100%"),
    (None, 100, "[>                  ] 0%"), (5, None, ""), (5, 0, "")])
def test_a_bar_has_the_contracts_form(current: int | None, total: int | None, text: str) -> None:
    assert bar(current, total) == text
