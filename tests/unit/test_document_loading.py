"""documents.py: YAML read strictly, every problem with its place."""

from __future__ import annotations

import time
from typing import Any

import pytest

from softops.documents import MAX_BYTES, MAX_PROBLEMS, Document, Odd, Place, load_document


def load(text: str | bytes) -> Document:
    return load_document("app/software.yml", text.encode() if isinstance(text, str) else text)


def told(text: str | bytes) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in load(text).problems]


def test_plain_data_keeps_its_types() -> None:
    document = load('a: text\nb: "1.10"\nc: 5\nd: 1.5\ne: true\nf: [x, {g: -3}]\nh: ""\ni: |\n  two\n  lines\nj: ~\n')
    assert (document.data, document.problems) == (
        {"a": "text", "b": "1.10", "c": 5, "d": 1.5, "e": True, "f": ["x", {"g": -3}], "h": "",
         "i": "two\nlines\n", "j": None}, ())


@pytest.mark.parametrize("written", [
    "yes", "No", "on", "OFF", "True", "FALSE", "Null", "010", "0o17", "0x1F", "0b11", "1_000", "+1", "22:22", "1:30:00",
    "190:20:30.15", "1e3", "1.", ".5", "6.02e23", ".inf", "-.Inf", ".NaN", "2024-01-01", "2024-01-01T10:00:00Z",
    "2024-01-01 10:00:00", "=", "99999999999999999999"])
def test_what_readers_of_yaml_disagree_about_is_neither_text_nor_number(written: str) -> None:
    assert load(f"key: {written}\n").data == {"key": Odd(written)}


@pytest.mark.parametrize("written", [
    "1.21.0", "nginx:1.21.0", "8080:80", "256m", "5s", "unless-stopped", "y", "n", "v1", "-x", "a b", "no way",
    "10.0.0.1:80:80", "2024-01", "softops/v1", "+", "--", "1.2.3-rc1"])
def test_what_is_text_for_every_reader_needs_no_quotes(written: str) -> None:
    assert load(f"key: {written}\n").data == {"key": written}


@pytest.mark.parametrize(("written", "value"), [
    ("0", 0), ("-7", -7), ("1.0", 1.0), ("-0.25", -0.25), ("true", True), ("false", False), ("null", None), ("", None)])
def test_numbers_and_booleans_have_one_spelling(written: str, value: object) -> None:
    data = load(f"key: {written}\n").data
    assert data is not None
    assert (type(data["key"]), data["key"]) == (type(value), value)


@pytest.mark.parametrize(("text", "expected"), [
    ("", [(1, 1, "YAML_EMPTY")]),
    ("# only a comment\n", [(1, 1, "YAML_EMPTY")]),
    ("- a\n", [(1, 1, "YAML_NOT_A_MAPPING")]),
    ("text\n", [(1, 1, "YAML_NOT_A_MAPPING")]),
    ("a: 1\n---\nb: 2\n", [(2, 1, "YAML_SECOND_DOCUMENT")]),
    ("a: [\n", [(2, 1, "YAML_SYNTAX")]),
    ("a: b: c\n", [(1, 5, "YAML_SYNTAX")]),
    ("a: *nowhere\n", [(1, 4, "YAML_SYNTAX")]),
    ("a: 'open\n", [(2, 1, "YAML_SYNTAX")]),
    ("a: x\n  b: y\n", [(2, 4, "YAML_SYNTAX")]),
    (b"a: ok\nb: caf\xe9\n", [(2, 7, "YAML_NOT_UTF8")]),
    ("a: x\n".encode("utf-16"), [(1, 1, "YAML_NOT_UTF8")]),
    ("a: x\x00y\n", [(1, 5, "YAML_CONTROL")]),
    ("名: ok\n名2: \x07\n", [(2, 5, "YAML_CONTROL")]),
    ('a: "\\x1b[31m"\n', [(1, 4, "YAML_CONTROL")]),
    ("a:\tx\nb: y\n\tc: z\n", [(1, 3, "YAML_TAB"), (3, 1, "YAML_TAB"), (3, 3, "YAML_SYNTAX")]),
    ("a: !!python/object/apply:os.system [id]\n", [(1, 4, "YAML_TAG")]),
    ("a: !!binary aGVsbG8=\nb: !custom {c: d}\n", [(1, 4, "YAML_TAG"), (2, 4, "YAML_TAG")]),
    ("a: !!str 1.10\n", [(1, 4, "YAML_TAG")]),
    ("a: 1\nb: 2\na: 3\n", [(3, 1, "YAML_DUPLICATE")]),
    ("a: 1\n\"a\": 3\n", [(2, 1, "YAML_DUPLICATE")]),
    ("v: {1.10: a, 1.1: b}\n", [(1, 5, "YAML_QUOTE_KEY"), (1, 14, "YAML_QUOTE_KEY")]),
    ("on: a\n~: b\n2024-01-01: c\n", [(1, 1, "YAML_QUOTE_KEY"), (2, 1, "YAML_QUOTE_KEY"), (3, 1, "YAML_QUOTE_KEY")]),
    ("? [a, b]\n: c\n", [(1, 3, "YAML_KEY_NOT_TEXT")]),
    ("a: &x {b: c}\nd:\n  <<: *x\n", [(3, 3, "YAML_MERGE")]),
    ("a: &x [1, *x]\n", [(1, 8, "YAML_TOO_DEEP")]),
    ("a: " + "[" * 30 + "]" * 30 + "\n", [(1, 28, "YAML_TOO_DEEP")]),
    ("a: " + "[" * 5000 + "]" * 5000 + "\n", [(1, 1003, "YAML_SYNTAX")]),
])
def test_what_is_refused_and_where(text: str | bytes, expected: list[tuple[int, int, str]]) -> None:
    assert told(text) == expected


def test_all_problems_of_a_file_are_found_at_once() -> None:
    assert told("a: !x 1\nyes: 2\nb: 3\nb: 4\nc:\t5\n") == [
        (5, 3, "YAML_TAB"), (1, 4, "YAML_TAG"), (2, 1, "YAML_QUOTE_KEY"), (4, 1, "YAML_DUPLICATE")]


def test_a_file_has_a_bounded_number_of_problems() -> None:
    text = "".join(f"{number}: x\n" for number in range(500))
    assert len(load(text).problems) == MAX_PROBLEMS


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    document = load(b"\xef\xbb\xbfa: x\r\nb:\r\n  - 1.x\r\n")
    assert (document.data, document.problems) == ({"a": "x", "b": ["1.x"]}, ())
    assert document.place(("b", 0)) == Place(line=3, column=5, source="1.x")


def test_directives_and_end_marks_of_one_document_are_taken() -> None:
    assert load("%YAML 1.2\n---\na: x\n...\n").data == {"a": "x"}


def test_aliases_work() -> None:
    assert load("a: &x [b]\nc: *x\n").data == {"a": ["b"], "c": ["b"]}


def bomb() -> str:
    lines = ["a: &a [" + ",".join(["x"] * 9) + "]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [" + ",".join([f"*{before}"] * 9) + "]")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("text", [
    bomb(), "a: [" + "x," * 100_000 + "]", "? " * 60_000, "".join(f"k{n}: v\n" for n in range(15_000)),
    "a: " + "1" * 200_000, "a: " + "1" * 200_000 + "x", "a: 1" + ":1" * 100_000, "a: 2024-01-01 " + "1 " * 100_000,
    "a: &a " * 40_000, "- " * 100_000, "a: \"" + "\\n" * 100_000 + "\""])
def test_bombs_are_defused_quickly(text: str) -> None:
    begin = time.process_time()
    load(text)
    assert time.process_time() - begin < 1.5


def test_a_bomb_is_named() -> None:
    assert [problem.reason for problem in load(bomb()).problems] == ["YAML_TOO_MANY"]


def test_a_file_over_the_limit_is_not_parsed() -> None:
    assert told(b"a: " + b"x" * MAX_BYTES) == [(1, 1, "YAML_TOO_LARGE")]


@pytest.mark.parametrize(("loc", "on_key", "expected"), [
    (("versions", "1.0", "image"), False, Place(line=3, column=12, source="app:1.0")),
    (("versions", "1.0", "image"), True, Place(line=3, column=5, source="image")),
    (("params", 1, "name"), False, Place(line=6, column=12, source="B")),
    (("params", 1, "port", "name"), False, Place(line=6, column=12, source="B")),
    (("params", 7), False, Place(line=5, column=3)),
    ((), False, Place(line=1, column=1)),
])
def test_every_part_has_a_place(loc: tuple[Any, ...], on_key: bool, expected: Place) -> None:
    text = 'versions:\n  "1.0":\n    image: app:1.0\nparams:\n  - {name: A}\n  - {name: "B"}\n'
    assert load(text).place(loc, on_key=on_key) == expected


def test_a_problem_prints_no_control_characters_and_no_foreign_markup() -> None:
    document = load('"\\x1b]0;x{line}": 1\n"\\x1b]0;x{line}": 2\n')
    assert [problem.text("en") for problem in document.problems] == [
        "app/software.yml:1:1: The text has a control character. Remove it.",
        "app/software.yml:2:1: The text has a control character. Remove it.",
        "app/software.yml:2:1: The key \\x1b]0;x{line} is already in line 1. Remove one of them."]
