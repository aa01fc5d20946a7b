"""`python -m tests.bench [ROW ...] [--write]`: run the rows, print the table."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests.bench import applying, fleetwide, latency, overhead, starting, syncing
from tests.bench.table import Row, show, write
from tests.fleet import Fleet

ROWS = ("overhead", "start", "apply", "fleet", "latency", "sync")
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/benchmarks.md"


def main() -> int:
    """0 when every target was met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which rows: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--write", action="store_true", help=f"put the figures into {DOCUMENT.name}")
    chosen = parser.parse_args()
    wanted = chosen.rows or list(ROWS)
    if unknown := set(wanted) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, _end)
    rows = list(_measure(wanted))
    show(rows)
    if chosen.write:
        write(DOCUMENT, rows)
    return 0 if all(row.met for row in rows) else 1


def _measure(wanted: Sequence[str]) -> Iterable[Row]:
    with ExitStack() as stack:
        if set(wanted) - {"sync"}:
            fleet = stack.enter_context(Fleet(3))
        for name in wanted:
            print(f"{name} ...", file=sys.stderr, flush=True)
            if name == "overhead":
                yield overhead.measure(fleet)
            elif name == "start":
                yield from starting.measure(fleet)
            elif name == "apply":
                yield from applying.measure(fleet)
            elif name == "fleet":
                yield from fleetwide.measure(fleet)
            elif name == "latency":
                yield latency.measure(fleet)
            else:
                yield from syncing.measure()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
