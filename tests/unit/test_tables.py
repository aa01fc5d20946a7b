"""cli/tables.py: tables fit their terminal, and lose as little as possible for it."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from softops.cli.tables import laid_out

REMARK = "The engine does not run. Start it with systemctl."


def shown(header: Sequence[str], rows: Sequence[Sequence[str]], width: int | None, *, sentence: bool = False,
          spare: Sequence[int] = ()) -> list[str]:
    lines = laid_out([Text(word) for word in header], [[Text(cell) for cell in row] for row in rows], width=width,
                     sentence=sentence, spare=spare)
    return [line.plain for line in lines]


def test_columns_are_as_wide_as_their_words_and_lines_have_no_tail() -> None:
    assert shown(("Id", "Name"), [("1", "引擎"), ("200", "x")], None) == ["Id   Name", "1    引擎", "200  x"]


def test_sentences_are_wrapped_where_there_is_room_beside() -> None:
    assert shown(("Id", "Remark"), [("1", REMARK)], 40, sentence=True) == [
        "Id  Remark", "1   The engine does not run. Start it", "    with systemctl."]


def test_sentences_go_below_their_row_where_there_is_not() -> None:
    assert shown(("Name", "Remark"), [("x" * 20, REMARK), ("y", "")], 40, sentence=True) == [
        "Name", "x" * 20, "    The engine does not run. Start it", "    with systemctl.", "y"]


def test_spare_columns_are_left_out_before_names_are_folded() -> None:
    row = ("name-that-is-long", "10:00:00", "web1")
    assert shown(("Name", "Started", "Server"), [row], 26, spare=(1,)) == [
        "Name               Server", "name-that-is-long  web1"]
    assert shown(("Name", "Started", "Server"), [row], 20, spare=(1,)) == [
        "Name          Server", "name-that-is  web1", "-long"]


def test_no_line_is_wider_than_the_terminal() -> None:
    row = ("软件名称" * 5, "1" * 30, "web1", REMARK)
    for width in (40, 60, 80, 100, 120):
        lines = shown(("Name", "Version", "Server", "Remark"), [row] * 3, width, sentence=True)
        assert max(cell_len(line) for line in lines) <= width


def test_a_pipe_gets_every_row_in_one_line() -> None:
    assert shown(("Id", "Remark"), [("1", REMARK * 9)], None, sentence=True) == ["Id  Remark", f"1   {REMARK * 9}"]
