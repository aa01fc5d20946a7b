"""screen.py: the live picture fits its terminal and shows what matters first."""

import io

from rich.console import Console

from softops.cli.board import Board, Waves
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


def test_a_server_that_failed_says_why_in_a_line_of_its_own_and_its_bar_stays_where_it_stood() -> None:
    board = Board([(1, "web1"), (2, "web2")])
    layers(board, 1, 1)
    board.take({"type": "docker_error", "recordId": 1, "error": "no \x1b[31mspace " + "x" * 200, "seq": 1})
    board.take({"type": "docker_complete", "recordId": 1, "status": "FAILED", "success": False, "seq": 2})
    assert drawn(board, width=80) == [
        "Job 1  0:00",
        "web1 " + "━" * 12 + "╸" + " " * 12 + "  0.5/1.0 MB FAILED",
        "web2" + " " * 39 + "PENDING",
        "web1: no  [31mspace " + "x" * 59 + "…",
        "1 FAILED, 1 PENDING"]


def test_a_server_that_has_the_image_already_is_full_at_the_end_and_has_no_empty_bar_before() -> None:
    board = Board([(1, "web1")])
    board.take({"type": "docker_start", "recordId": 1, "seq": 1})
    assert drawn(board)[1].split() == ["web1", "RUNNING"]
    board.take({"type": "docker_complete", "recordId": 1, "status": "SUCCESS", "success": True, "seq": 2})
    assert drawn(board)[1].split() == ["web1", "━" * 30, "SUCCESS"]


def test_the_clock_goes_on_from_the_begin_of_the_job_and_stands_when_all_is_over() -> None:
    board = Board([(1, "web1")])
    board.take({"type": "docker_complete", "recordId": 1, "status": "SUCCESS", "success": True, "seq": 2})
    console = Console(file=io.StringIO(), width=80, height=24)
    with console.capture() as picture:
        console.print(Screen(board, "Job 1", Words("en"), elapsed=61.5))
    assert picture.get().splitlines()[0] == "Job 1  1:01"


def test_a_lost_connection_is_said_until_it_is_back() -> None:
    board = Board([(1, "web1")])
    screen = Screen(board, "Job 1", Words("en"))
    console = Console(file=io.StringIO(), width=80, height=24)
    told = []
    for lost in (True, False):
        screen.tell_lost(lost)
        with console.capture() as picture:
            console.print(screen)
        told.append(picture.get().splitlines()[-1].strip())
    assert told == ["The connection to softops is lost; trying again ...", "1 PENDING"]


def test_a_narrow_terminal_has_room_for_every_word() -> None:
    board = Board([(1, "web1")])
    layers(board, 1, 2)
    board.take({"type": "docker_progress", "recordId": 1, "id": "000000000001", "status": "Verifying Checksum",
                "current": None, "total": 12_500_000, "seq": 3})
    assert [len(line) <= 80 and not line.endswith("…") for line in drawn(board, width=80)] == [True] * 5


def test_states_are_told_in_the_language_of_the_terminal() -> None:
    board = Board([(1, "web1")])
    layers(board, 1, 1)
    console = Console(file=io.StringIO(), width=110, height=24)
    with console.capture() as picture:
        console.print(Screen(board, "任务 1", Words("zh")))
    words = picture.get().split()
    assert (words[-1], "下载中" in words) == ("进行中", True)


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
    assert lines[-1] == "1 RUNNING, 29 SUCCESS  (21 more without room here)"


def test_layers_that_are_done_make_room_for_those_that_move() -> None:
    board = Board([(1, "web1")])
    layers(board, 1, 12, done=10)
    shown = [line.split()[0] for line in drawn(board, height=10)[2:-1]]
    assert shown == ["000000000010", "000000000011"]


def started(board: Board, record: int, containers: dict[str, str]) -> None:
    for name, status in containers.items():
        board.take({"type": "docker_progress", "recordId": record, "id": name, "container": name, "status": status,
                    "current": None, "total": None, "seq": 50})
    board.take({"type": "docker_progress", "recordId": record, "id": "nginx", "stage": "health",
                "status": "Waiting for health", "current": None, "total": None, "seq": 51})


def test_containers_take_the_place_of_layers_once_there_are_some() -> None:
    board = Board([(1, "web1 nginx")])
    layers(board, 1, 2, done=2)
    started(board, 1, {"nginx-web-1": "Started", "nginx-db-1": "Waiting"})
    assert drawn(board, width=80) == [
        "Job 1  0:00",
        "web1 nginx    " + "━" * 12 + "╸" + " " * 12 + " 100 % 2.0/2.0 MB Waiting for health",
        "  nginx-web-1" + " " * 44 + "Started",
        "  nginx-db-1 " + " " * 44 + "Waiting",
        "1 RUNNING"]


def test_a_job_in_waves_shows_its_wave_and_what_it_waits_for() -> None:
    board = Board([(1, "web1"), (2, "web2")], wave_of={1: 1, 2: 2},
                  waves=Waves(job=8, count=2, wave=2, waiting="approval"))
    board.take({"type": "docker_complete", "recordId": 1, "status": "SUCCESS", "success": True, "seq": 2})
    lines = drawn(board)
    assert (lines[0], lines[2].split(maxsplit=1), lines[3:]) == (
        "Job 1  0:00  wave 2 of 2", ["web2", "PENDING (wave 2)"],
        ["Wave 2 of 2 waits for you. Look at the servers, then: softops approve 8", "1 PENDING, 1 SUCCESS"])


def test_with_waves_and_containers_it_is_no_higher_than_the_terminal() -> None:
    board = Board([(number, f"web{number}") for number in range(1, 10)],
                  waves=Waves(job=8, count=2, wave=2, waiting="settle"))
    for number in range(1, 10):
        started(board, number, {f"c{index}": "Started" for index in range(6)})
    for height in (8, 24, 60):
        assert len(drawn(board, height=height)) <= height
