"""The table of a bench run, for the terminal and for docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

HEADERS = ("What", "softops", "compared to", "result", "target", "met")
COMMAND = "python -m tests.bench --write"
BEGIN, END = "<!-- begin figures -->", "<!-- end figures -->"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One comparison; `ours` and `theirs` were measured in the same run."""

    what: str
    ours: str
    theirs: str
    result: str
    target: str
    met: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        return self.what, self.ours, self.theirs, self.result, self.target, "yes" if self.met else "NO"


def show(rows: Sequence[Row]) -> None:
    """Print the table."""
    table = Table(box=SIMPLE_HEAD, title=machine(), title_justify="left", pad_edge=False)
    for header in HEADERS:
        table.add_column(header, overflow="fold")
    for row in rows:
        *cells, met = row.cells
        table.add_row(*cells, Text(met, style="green" if row.met else "bold red"))
    wide = None if sys.stdout.isatty() else 160
    # A pipe has no width of its own; 80 columns would break every cell.
    Console(highlight=False, markup=False, width=wide).print(table)


def write(path: Path, rows: Sequence[Row]) -> None:
    """Put the figures between the two marks of a document; the text around them stays."""
    text = path.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    path.write_text(f"{before}{BEGIN}\n{markdown(rows)}{END}{after}", encoding="utf-8")


def markdown(rows: Sequence[Row]) -> str:
    """The table as Markdown, with the machine, the day and the command."""
    lines = [f"| {' | '.join(HEADERS)} |", f"|{'---|' * len(HEADERS)}",
             *(f"| {' | '.join(row.cells)} |" for row in rows)]
    return f"{machine()}; made by `{COMMAND}`.\n\n" + "\n".join(lines) + "\n"


def machine() -> str:
    """What the figures were measured on, and when."""
    return (f"{os.cpu_count()} cores ({_processor()}), {_memory():.0f} GB, Linux {platform.release()}, "
            f"Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}")


def _processor() -> str:
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> float:
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return int(total.split()[1]) * 1024 / 1e9
