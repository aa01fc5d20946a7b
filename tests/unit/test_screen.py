"""screen.py: the live picture fits its terminal and shows what matters first."""

import io

from rich.console import Console

from softops.cli.board import Board
from softops.cli.labels import Words
from softops.cli.screen import Screen


def drawn(board: Board, height: int = 24, width: int = 110) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None,
                      legacy_windows=False)
    console.print(Screen(board, "Job 1", Words("en")))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def layers(board: Board, record: int, count: int, done: int = 0) -> None:
    for number in range(count):
        status = "Pull complete" if number < done else "Downloading"
        board.take({"type": "docker_progress", "recordId": record, "id": f"{number:012d}", "status": status,
                    "current": 500_000, "total": 1_000_000, "seq": number})


def test_each_server_has_a_bar_and_each_layer_too() -> None:
    board = Board([(1, "web1"), (2, "web2")])
    layers(board, 1, 2, done=1)
    assert drawn(board) == [
        "Job 1  0:00",
        "web1           " + "━" * 22 + "╸" + " " * 7 + "  75 % 1.5/2.0 MB 1/2 layers",
        "  000000000000 " + "━" * 30 + " 100 % 1.0/1.0 MB Pull complete",
        "  000000000001 " + "━" * 15 + " " * 15 + "  50 % 0.5/1.0 MB Downloading",
        "web2" + " " * 59 + "PENDING",
        "1 RUNNING, 1 PENDING"]


def test_a_server_that_ended_says_how_and_why() -> None:
    board = Board([(1, "web1")])
    board.take({"type": "docker_error", "recordId": 1, "error": "no \x1b[31mspace", "seq": 1})
    board.take({"type": "docker_complete", "recordId": 1, "status": "FAILED", "success": False, "seq": 2})
    assert drawn(board)[1].split(maxsplit=1) == ["web1", "FAILED  no  [31mspace"]


def test_the_picture_never_is_higher_than_the_terminal() -> None:
    board = Board([(number, f"web{number}") for number in range(1, 41)])
    for number in range(1, 41):
        layers(board, number, 8)
    for height in (8, 24, 60):
        assert len(drawn(board, height=height)) <= height


def test_running_servers_are_shown_before_those_that_are_done() -> None:
    board = Board([(number, f"web{number}") for number in range(1, 31)])
    for number in range(1, 30):
        board.take({"type": "docker_complete", "recordId": number, "status": "SUCCESS", "success": True, "seq": number})
    layers(board, 30, 1)
    lines = drawn(board, height=12)
    assert lines[1].startswith("web30 ")
    assert lines[-1] == "1 RUNNING, 29 SUCCESS  (21 servers more than there is room for)"


def test_layers_that_are_done_make_room_for_those_that_move() -> None:
    board = Board([(1, "web1")])
    layers(board, 1, 12, done=10)
    shown = [line.split()[0] for line in drawn(board, height=10)[2:-1]]
    assert shown == ["000000000010", "000000000011"]
