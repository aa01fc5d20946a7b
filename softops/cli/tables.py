"""Tables that stay readable in narrow terminals, and that are no wider than their words where there is none."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from rich.cells import chop_cells
from rich.console import Console
from rich.text import Text

GAP = 2
ROOM = 30
"""Columns that sentences need beside the others; with less they go below their row."""
SHORTEST = 8
"""Columns below which no name is narrowed."""
INDENT = 4

Cells = Sequence[Text]


def laid_out(header: Cells, rows: Sequence[Cells], *, width: int | None, sentence: bool = False,
             spare: Collection[int] = ()) -> Iterator[Text]:
    """The lines of a table at most `width` columns wide (None: as wide as it is).

    The last column holds sentences where that is said. Where there is no room, sentences go below their rows, then
    the `spare` columns are left out in turn, and then the widest ones are folded.
    """
    if not sentence:
        yield from _all_lines(header, rows, _fitting(header, rows, width, spare), width)
        return
    names, names_of = header[:-1], [row[:-1] for row in rows]
    widths = _fitting(names, names_of, width, spare)
    beside = None if width is None else width - _total(widths) - GAP
    longest = max((row[-1].cell_len for row in rows), default=0)
    if beside is None or beside >= min(longest, ROOM):
        yield from _all_lines(header, rows, {**widths, len(header) - 1: max(longest, header[-1].cell_len)
                                             if beside is None else beside}, width)
        return
    yield from _row_lines(names, widths, "bold")
    for name, row in zip(names_of, rows, strict=True):
        yield from _row_lines(name, widths)
        yield from _indented(row[-1], width or 0)


def _fitting(header: Cells, rows: Sequence[Cells], width: int | None, spare: Collection[int]) -> dict[int, int]:
    """The width of each column that is shown, by its number."""
    widths = {number: max(row[number].cell_len for row in (header, *rows)) for number in range(len(header))}
    if width is None:
        return widths
    for number in spare:
        if _total(widths) <= width:
            break
        del widths[number]
    while _total(widths) > width:
        widest = max(widths, key=lambda number: widths[number])
        if widths[widest] <= SHORTEST:
            break
        widths[widest] -= 1
    return widths


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _all_lines(header: Cells, rows: Sequence[Cells], widths: dict[int, int], width: int | None) -> Iterator[Text]:
    yield from _row_lines(header, widths, "bold")
    for row in rows:
        yield from _row_lines(row, widths, sentence=width is not None)


def _row_lines(row: Cells, widths: dict[int, int], style: str = "", *, sentence: bool = False) -> Iterator[Text]:
    columns = [_folded(row[number], widths[number], words=sentence and number == len(row) - 1) for number in widths]
    for parts in zip_longest(*columns, fillvalue=Text("")):
        line = Text(style=style, no_wrap=True, overflow="ignore")
        for part, wide in zip(parts, widths.values(), strict=True):
            line.append_text(part)
            line.append(" " * (wide - part.cell_len + GAP))
        line.rstrip()
        yield line


def _folded(cell: Text, width: int, *, words: bool) -> list[Text]:
    if cell.cell_len <= width:
        return [cell]
    if words:
        return _wrapped(cell, width)
    return [Text(part, style=cell.style) for part in chop_cells(cell.plain, width)]


def _wrapped(cell: Text, width: int) -> list[Text]:
    lines = list(cell.wrap(Console(width=width), width))
    for line in lines:
        line.rstrip()
    return lines


def _indented(sentence: Text, width: int) -> Iterator[Text]:
    if sentence.plain:
        for line in _wrapped(sentence, max(ROOM, width - INDENT)):
            yield Text.assemble(" " * INDENT, line)
