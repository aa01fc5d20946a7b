"""cli/paper.py: a full disk is told and nothing is tried again."""

import io
import os
import tempfile
from pathlib import Path

import pytest

from softops.cli.paper import Paper
from softops.errors import SoftopsError


def test_a_full_disk_is_a_sentence_and_what_comes_after_it_goes_nowhere() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        sheet = Paper(full)
        sheet.write("a line\n")
        with pytest.raises(SoftopsError, match="can't be written: No space left on device"):
            sheet.flush()
        sheet.write("another\n")
        sheet.flush()


def test_a_reader_that_has_gone_is_left_to_the_shell() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w")
    try:
        Paper(stream).write("x")
        with pytest.raises(BrokenPipeError):
            Paper(stream).flush()
    finally:
        with pytest.raises(BrokenPipeError):
            stream.close()


def test_letters_that_a_terminal_does_not_have_are_escaped() -> None:
    with tempfile.TemporaryFile() as file:
        sheet = Paper(io.TextIOWrapper(file, encoding="ascii"))
        sheet.write("引")
        sheet.flush()
        file.seek(0)
        assert file.read() == b"\\u5f15"
        sheet.detach()
