"""`python -m tests.bench [ROW ...] [--write]`: run the rows, print the table."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.bench import applying, fleetwide, idling, latency, overhead, starting, syncing
from tests.bench.table import Row, show, write
from tests.fleet import Fleet

ROWS: Mapping[str, Callable[[Fleet], Iterable[Row]]] = {
    "overhead": overhead.measure, "start": starting.measure, "apply": applying.measure, "fleet": fleetwide.measure,
    "latency": latency.measure, "idle": idling.measure}
SYNC = "sync"
"""The row that needs no fleet."""
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"


def main() -> int:
    """0 when every target was met."""
    names = (*ROWS, SYNC)
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which rows: {', '.join(names)} (default: all)")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {DOCUMENT.name}")
    chosen = parser.parse_args()
    wanted = chosen.rows or names
    if unknown := set(wanted) - set(names):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, _end)
    rows = list(_measure(wanted))
    show(rows)
    if chosen.write:
        write(DOCUMENT, rows)
    return 0 if all(row.met for row in rows) else 1


def _measure(wanted: Sequence[str]) -> Iterable[Row]:
    with ExitStack() as stack:
        if set(wanted) - {SYNC}:
            fleet = stack.enter_context(Fleet(3))
        for name in wanted:
            print(f"{name} ...", end="", file=sys.stderr, flush=True)
            begun = time.monotonic()
            yield from syncing.measure() if name == SYNC else ROWS[name](fleet)
            print(f" {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
