"""actions.py: what softops wrote for a run is read as data."""

import json
from pathlib import Path

import pytest

from softops.actions import read_input
from softops.errors import BadRequest


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_an_unreadable_input_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "input.json").write_bytes(content)
    with pytest.raises(BadRequest, match=r"input\.json"):
        read_input(tmp_path / "input.json")


def test_a_missing_input_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"input\.json"):
        read_input(tmp_path / "input.json")


def test_an_input_is_read_as_data(tmp_path: Path) -> None:
    (tmp_path / "input.json").write_text(json.dumps({"x": "{{ 7*7 }}"}))
    assert read_input(tmp_path / "input.json") == {"x": "{{ 7*7 }}"}
