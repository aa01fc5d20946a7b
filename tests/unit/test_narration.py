"""narration.py: lines for softops, sentences for people."""

import json

import pytest

from softops.events import Layer, LayersChanged, StageReached, parse_line
from softops.narration import HandNarrator, LineNarrator


def test_every_line_is_understood_by_the_reader_of_events() -> None:
    lines: list[str] = []
    narrator = LineNarrator("web1", "token", lines.append)
    layers = (Layer(id="0123456789ab", status="Downloading", current=1, total=2),
              Layer(id="ab0123456789", status="Already exists"))
    narrator.stage("connect")
    narrator.stage("pull", image="demo:1.0", total=12)
    narrator.layers(layers, 1.25)
    at = [json.loads(line)["at"] for line in lines]
    assert [parse_line(line, "token") for line in lines] == [
        StageReached(host="web1", stage="connect", at=at[0]),
        StageReached(host="web1", stage="pull", at=at[1], total=12),
        LayersChanged(host="web1", layers=layers, at=1.25)]


def test_a_person_reads_sentences_with_the_name_of_the_server() -> None:
    lines: list[str] = []
    narrator = HandNarrator("web1", lines.append)
    narrator.stage("connect")
    narrator.stage("pull", image="demo:1.0", total=29_100_000)
    narrator.layers([Layer(id="0123456789ab", status="Downloading", current=1, total=29_100_000)], 1)
    for second in (2, 1):
        narrator.layers([Layer(id="0123456789ab", status=f"Retrying in {second} seconds", total=29_100_000)], 1)
    narrator.layers([Layer(id="0123456789ab", status="Pull complete", current=29_100_000, total=29_100_000),
                     Layer(id="ab0123456789", status="Already exists")], 1)
    narrator.stage("verify")
    assert lines == ["web1: looking at the engine", "web1: pulling demo:1.0, 29.1 MB to download",
                     "web1: layer 0123456789ab: Retrying in 2 seconds",
                     "web1: 2 of 2 layers are there, 29.1 MB downloaded", "web1: checking what was pulled"]


def test_nothing_is_counted_where_the_image_is_there_already() -> None:
    lines: list[str] = []
    HandNarrator("web1", lines.append).stage("verify")
    assert lines == ["web1: checking what was pulled"]


@pytest.mark.parametrize("stage", ["connect", "space", "pull", "verify", "manifest"])
def test_every_stage_has_a_sentence(stage: str) -> None:
    lines: list[str] = []
    HandNarrator("web1", lines.append).stage(stage, image="demo:1.0")
    assert "HAND_" not in lines[-1]
