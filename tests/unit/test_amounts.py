"""amounts.py: sizes, durations and foreign text on a terminal."""

from datetime import UTC, datetime

import pytest

from softops.cli.amounts import duration, elapsed, local_time, plain, share, short_time, size, took


@pytest.mark.parametrize(("count", "text"), [
    (None, "-"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (12_345_678, "12.3 MB"), (123_456_789, "123 MB"),
    (5_000_000_000_000_000, "5000 TB")])
def test_sizes_are_short(count: int | None, text: str) -> None:
    assert size(count) == text


def test_a_share_has_the_unit_of_the_whole() -> None:
    assert share(310_000, 12_500_000) == "0.3/12.5 MB"
    assert share(3, 900) == "3/900 B"


def test_durations_and_times() -> None:
    assert [duration(7.9), duration(61), duration(3723)] == ["0:07", "1:01", "1:02:03"]
    assert took("2024-01-01T10:00:00", "2024-01-01T10:05:00") == "5:00"
    assert took("2024-01-01T10:00:00", None) == "-"
    assert took(None, None) == "-"


def test_what_a_job_took_so_far() -> None:
    assert elapsed("2024-01-01T10:00:00", "2024-01-01T10:01:30") == 90
    assert elapsed("2024-01-01T10:01:30", "2024-01-01T10:00:00") == 0
    assert elapsed("2024-01-01T10:00:00", None) > 10_000_000


def test_times_are_shown_in_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert local_time("2024-01-01T10:00:00") == "2024-01-01 18:00:00"
        assert local_time(None) == "-"
        now = datetime(2024, 1, 1, 20, tzinfo=UTC)
        assert [short_time(text, now) for text in (
            "2024-01-01T19:00:00", "2024-01-01T10:00:00", "2023-06-01T10:00:00", None)] == [
            "03:00:00", "01-01 18:00", "2023-06-01", "-"]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_foreign_text_cannot_steer_the_terminal() -> None:
    assert plain("\x1b[2Jevil\r\nname\u202e\x9b31m 名") == "[2Jevil name 31m 名"
