"""containerlogs.py: lines of a log, however its bytes are cut."""

import pytest

from softops.containerlogs import LONGEST_LINE, LogLine, LogReader, newest


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


DATA = (frame(1, b"2024-01-01T10:00:00.1Z one\n") + frame(2, b"2024-01-01T10:00:00.2Z bad \xff\x1b[31m\r\n")
        + frame(1, b"2024-01-01T10:00:00.3Z two") + frame(2, b"no time\n") + frame(1, b" parts\nlast"))
LINES = [LogLine(at="2024-01-01T10:00:00.1Z", stream="stdout", text="one"),
         LogLine(at="2024-01-01T10:00:00.2Z", stream="stderr", text="bad \ufffd\x1b[31m"),
         LogLine(at=None, stream="stderr", text="no time"),
         LogLine(at="2024-01-01T10:00:00.3Z", stream="stdout", text="two parts"),
         LogLine(at=None, stream="stdout", text="last")]


@pytest.mark.parametrize("step", [1, 3, 8, 11, 1000])
def test_both_streams_are_told_apart_however_they_are_cut(step: int) -> None:
    reader = LogReader(tty=False)
    lines = [line for start in range(0, len(DATA), step) for line in reader.feed(DATA[start:start + step])]
    assert lines + reader.rest() == LINES


def test_with_a_terminal_there_is_one_stream_without_frames() -> None:
    reader = LogReader(tty=True)
    assert reader.feed(b"2024-01-01T10:00:00Z a\r\nb") + reader.rest() == [
        LogLine(at="2024-01-01T10:00:00Z", stream="stdout", text="a"), LogLine(at=None, stream="stdout", text="b")]


def test_a_line_without_end_takes_no_more_memory_than_its_limit() -> None:
    reader = LogReader(tty=True)
    for _ in range(100):
        assert reader.feed(b"x" * 65536) == []
    (line,) = reader.feed(b"\n")
    assert len(line.text) == LONGEST_LINE


def test_the_newest_lines_are_kept() -> None:
    lines = [LogLine(at=None, stream="stdout", text=str(number) * 10) for number in range(5)]
    assert newest(lines, most=2, most_bytes=1000) == (tuple(lines[3:]), 3)
    assert newest(lines, most=9, most_bytes=35) == (tuple(lines[2:]), 2)
    assert newest(lines, most=0, most_bytes=35) == ((), 5)
