"""storable.py: what servers print fits into every database and stays small."""

from __future__ import annotations

import json

from softops.storable import LONGEST, storable, storable_value


def test_plain_text_stays_the_same() -> None:
    assert storable("café 你好\n\ttab") == "café 你好\n\ttab"


def test_nul_and_half_characters_are_replaced() -> None:
    assert storable("a\0b") == "a�b"
    assert storable("a\udcffb\ud800").encode("utf-8").decode() == "a?b?"


def test_endless_text_is_cut() -> None:
    cut = storable("x" * (LONGEST + 5))
    assert (len(cut), cut[-1]) == (LONGEST, "…")


def test_all_text_in_a_value_is_cleaned() -> None:
    value = {"a\0": ["\ud800", {"b": "c\0"}, 1, None, True]}
    assert json.dumps(storable_value(value), ensure_ascii=False).encode() == (
        '{"a�": ["?", {"b": "c�"}, 1, null, true]}'.encode())
