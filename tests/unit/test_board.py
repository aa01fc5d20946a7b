"""board.py: what a watcher knows of each server."""

from dataclasses import replace
from typing import Any

import pytest

from softops.cli.board import Board, ServerLine, Waves, received
from softops.cli.labels import Words
from softops.events import Layer
from softops.statuses import RecordStatus


def progress(status: str, current: int | None = None, total: int | None = None, layer: str = "a",
             record: int = 1) -> dict[str, Any]:
    return {"type": "docker_progress", "recordId": record, "id": layer, "status": status, "current": current,
            "total": total, "seq": 1}


def complete(status: str = "SUCCESS", record: int = 1) -> dict[str, Any]:
    return {"type": "docker_complete", "recordId": record, "status": status, "success": status == "SUCCESS", "seq": 9}


def test_a_server_goes_from_waiting_over_running_to_its_end() -> None:
    board = Board([(1, "web1"), (2, "web2")])
    board.take({"type": "docker_start", "recordId": 1, "seq": 1})
    assert board.lines[1] == ServerLine(name="web1", status=RecordStatus.RUNNING)
    board.take({"type": "docker_error", "recordId": 1, "error": "no space", "seq": 2})
    board.take(complete("FAILED"))
    assert board.lines == {1: ServerLine(name="web1", status=RecordStatus.FAILED, error="no space"),
                           2: ServerLine(name="web2")}
    assert [board.count(status) for status in (RecordStatus.FAILED, RecordStatus.PENDING)] == [1, 1]


def test_bytes_are_counted_as_downloads_even_while_the_engine_counts_what_it_unpacks() -> None:
    board = Board([(1, "web1")])
    for message in (progress("Pulling fs layer", layer="a"), progress("Downloading", 30, 100, "a"),
                    progress("Downloading", 10, 50, "b"), progress("Already exists", layer="c")):
        board.take(message)
    assert (board.lines[1].received, board.lines[1].total) == (40, 150)
    board.take(progress("Extracting", 20, 100, "a"))
    assert (board.lines[1].received, board.lines[1].total, board.lines[1].done) == (110, 150, 1)


def test_the_total_is_unknown_while_one_layer_is() -> None:
    board = Board([(1, "web1")])
    board.take(progress("Downloading", 30, 100, "a"))
    board.take(progress("Waiting", layer="b"))
    assert board.lines[1].total is None
    board.take(progress("Already exists", layer="b"))
    assert board.lines[1].total == 100


def test_messages_that_come_again_or_late_change_nothing() -> None:
    board = Board([(1, "web1")])
    board.take(progress("Pull complete", None, 100))
    assert board.take(progress("Downloading", 30, 100)) is None
    assert board.take(progress("Pull complete", None, 100)) is None
    board.take(complete())
    ended = board.lines[1]
    assert board.take({"type": "docker_start", "recordId": 1, "seq": 1}) is None
    assert board.lines[1] == replace(ended, status=RecordStatus.SUCCESS)


def test_messages_of_foreign_records_and_unknown_types_change_nothing() -> None:
    board = Board([(1, "web1")])
    assert board.take(complete(record=7)) is None
    assert board.take({"type": "docker_news", "recordId": 1}) is None
    assert board.lines == {1: ServerLine(name="web1")}


@pytest.mark.parametrize(("status", "bytes_received"), [
    ("Downloading", 30), ("Download complete", 100), ("Verifying Checksum", 100), ("Extracting", 100),
    ("Pull complete", 100), ("Waiting", 0), ("Retrying in 3 seconds", 0), ("Already exists", 0)])
def test_each_state_of_a_layer_says_what_has_come(status: str, bytes_received: int) -> None:
    assert received(Layer(id="a", status=status, current=30, total=100)) == bytes_received


def test_an_error_is_told_in_the_language_of_the_terminal() -> None:
    board = Board([(1, "web1")], "en")
    line = board.take({"type": "docker_error", "recordId": 1, "error": "任务“Pull”失败：no", "reason": "TASK_FAILED",
                       "params": {"task": "Pull", "message": "no"}})
    assert line is not None
    assert line.error == "The task 'Pull' failed: no"


def container(name: str, status: str, record: int = 1) -> dict[str, Any]:
    return {**progress(status, layer=name, record=record), "container": name}


def stage(status: str, record: int = 1) -> dict[str, Any]:
    return {**progress(status, layer="nginx", record=record), "stage": "health"}


def test_containers_and_stages_are_no_layers() -> None:
    board = Board([(1, "web1")])
    for message in (progress("Pull complete", None, 100), stage("Starting containers"),
                    container("web-1", "Started"), container("db-1", "Waiting"), stage("Waiting for health"),
                    container("db-1", "Healthy"), container("tick-1", "Exited (1)")):
        board.take(message)
    line = board.lines[1]
    assert (len(line.layers), line.done, line.ready, line.stage, line.containers) == (
        1, 1, 2, "Waiting for health", {"web-1": "Started", "db-1": "Healthy", "tick-1": "Exited (1)"})


def a_job(**changes: Any) -> dict[str, Any]:
    return {"id": 8, "waves": 3, "wave": 1, "waiting": None, **changes}


def test_the_wave_is_the_one_that_has_begun_or_that_the_job_waits_to_begin() -> None:
    board = Board([(1, "web1"), (2, "web2")], waves=Waves.of(a_job()), wave_of={1: 1, 2: 2})
    assert board.hear(a_job(wave=2, waiting="approval"))
    assert not board.hear(a_job(wave=2, waiting="approval"))
    assert board.waves == Waves(job=8, count=3, wave=2, waiting="approval")
    board.take({"type": "docker_start", "recordId": 2, "seq": 4})
    assert board.waves == Waves(job=8, count=3, wave=2)


def test_a_job_that_does_all_at_once_has_no_waves() -> None:
    board = Board([(1, "web1")], waves=Waves.of(a_job(waves=None)))
    assert not board.hear(a_job(waves=None))
    assert board.waves is None


@pytest.mark.parametrize(("waiting", "text"), [
    (None, "Wave 2 of 3 begins."),
    ("settle", "Wave 2 of 3 begins when all has stayed healthy for a while."),
    ("approval", "Wave 2 of 3 waits for you. Look at the servers, then: softops approve 8")])
def test_what_a_job_waits_for_is_said_with_the_command_that_helps(waiting: str | None, text: str) -> None:
    assert Waves(job=8, count=3, wave=2, waiting=waiting).text(Words("en")) == text
