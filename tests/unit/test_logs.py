"""logs: every line says what it is about, and none can pass for another."""

import json
import logging
import sys
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from softops.logcontext import about, informed_thread, known, note
from softops.logs import formatter, inform


def a_line(form: str, message: str = "Job %s failed", *args: object, **more: Any) -> str:
    record = logging.LogRecord("softops.worker", logging.WARNING, __file__, 1, message, args or (7,), None)
    record.created, record.msecs = 1_700_000_000.25, 250.0
    vars(record).update(more)
    inform(record)
    return formatter(form).format(record)


def fail(message: str) -> None:
    raise RuntimeError(message)


def failed(message: str) -> Any:
    try:
        fail(message)
    except RuntimeError:
        return sys.exc_info()


def test_a_line_of_json_has_all_that_is_known_in_a_fixed_order() -> None:
    with about(job=7, user="li"):
        line = a_line("json", action="run_job", server="web1")
    assert line == ('{"time": "2023-11-14T22:13:20.250Z", "level": "WARNING", "logger": "softops.worker", '
                    '"message": "Job 7 failed", "job": 7, "server": "web1", "user": "li", "action": "run_job"}')


def test_an_exception_is_one_field_of_the_same_line() -> None:
    line = a_line("json", exc_info=failed("first\nsecond"))
    assert "\n" not in line
    assert json.loads(line)["exception"].endswith("RuntimeError: first\nsecond")


def test_values_that_json_does_not_know_are_told_as_text() -> None:
    assert json.loads(a_line("json", path=Path("/tmp/x")))["path"] == "/tmp/x"


def test_half_a_character_does_not_break_a_line_of_json() -> None:
    assert json.loads(a_line("json", "%s", "\udc80 你好"))["message"] == "\udc80 你好"


def test_a_line_for_people_ends_with_the_ids() -> None:
    with about(job=7, request="abc", action="x"):
        assert a_line("text", server="web1").endswith(
            "WARNING softops.worker: Job 7 failed [job=7 server=web1 request=abc]")


def test_a_line_that_is_about_nothing_ends_with_its_message() -> None:
    assert a_line("text").endswith("softops.worker: Job 7 failed")


def test_a_message_can_not_pass_for_a_line_of_its_own() -> None:
    line = a_line("text", "%s", "x\r\n2024-01-01 10:00:00 INFO softops: all is well\r\x1b[2J\x9b")
    assert line.split("\n")[1:] == ["    2024-01-01 10:00:00 INFO softops: all is well\\r\\x1b[2J\\x9b"]


def test_neither_can_an_exception() -> None:
    line = a_line("text", exc_info=failed("x\n2024-01-01 INFO softops: all is well"))
    assert all(part.startswith("    ") for part in line.split("\n")[1:])


def test_what_a_line_says_itself_counts_more_than_what_is_known() -> None:
    with about(job=7):
        assert json.loads(a_line("json", job=8))["job"] == 8


def test_what_is_noted_holds_until_the_end_of_the_block() -> None:
    with about(request="abc"):
        note(user="li")
        assert dict(known()) == {"request": "abc", "user": "li"}
    assert dict(known()) == {}


def test_a_thread_is_about_what_the_one_was_that_made_it() -> None:
    seen: list[dict[str, object]] = []

    def look(what: str) -> None:
        seen.append({what: dict(known())})

    def begin() -> None:
        note(job=7)
        thread = informed_thread(look, "seen", name="looker")
        note(job=8)
        thread.start()
        thread.join()

    copy_context().run(begin)
    assert seen == [{"seen": {"job": 7}}]


@pytest.mark.parametrize("form", ["text", "json"])
def test_ids_that_nobody_knows_are_left_out(form: str) -> None:
    assert "job" not in a_line(form, "quiet %s")
