"""`python -m tests.demo`: software from a catalog in git installed, started, upgraded and taken back; until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from softops.language import person_language
from tests.demo.serving import Serving
from tests.demo.software import make_catalog, push_images
from tests.demo.story import Story
from tests.demo.words import say
from tests.fleet import Fleet, FleetError
from tests.fleet.commands import tail
from tests.homes import commit


class Ended(KeyboardInterrupt):
    """Somebody asked the demo to end."""


def main() -> int:
    """Run the demo; 0 when everything ended as it had to."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the last step instead of staying until Ctrl-C")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    try:
        return _run(once=chosen.once)
    except FleetError as exc:
        print(exc, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        print(say("GONE"), flush=True)


def _run(*, once: bool) -> int:
    begun = time.monotonic()
    print(say("START"), flush=True)
    with Fleet(2) as fleet:
        try:
            return _on(fleet, begun, once=once)
        finally:
            # What is left to do takes a second or two; a second Ctrl-C must not leave it half done.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            print(f"\n{say('END')}", flush=True)


def _on(fleet: Fleet, begun: float, *, once: bool) -> int:
    print(say("IMAGES"), flush=True)
    push_images(fleet)
    catalog = fleet.directory / "catalog"
    make_catalog(catalog, fleet.slow.host)
    inventory = fleet.inventory()
    commit(inventory, {}, "Have two servers")
    print(say("SERVE"), flush=True)
    # Without polling the sync below has something to show.
    with Serving(fleet, catalog=catalog, inventory=inventory, sync_interval=0, settle_time=1,
                 language=person_language()) as softops:
        print(say("READY", seconds=time.monotonic() - begun), flush=True)
        wrong = Story(fleet, softops, inventory).tell()
        if wrong is not None:
            print(f"\n{say('FAILED', words=wrong)}", tail(softops.log), sep="\n", file=sys.stderr, flush=True)
        if not once:
            _explain(softops)
            _stay(softops)
        return int(wrong is not None)


def _explain(softops: Serving) -> None:
    print(f"\n{say('API', url=softops.url)}")
    print(f"  curl '{softops.url}/api/system/soft/record/page?size=2'")
    print(f"  curl -X POST '{softops.url}/api/system/soft/pull/1?group=default'")
    print(f"\n{say('NEXT')}")
    print(f"  export SOFTOPS_URL={softops.url}")
    program = _program()
    for words in ("servers --check", "logs hello --follow", "rollback hello --group default", "plan",
                  "records --soft hello", "stats"):
        print(f"  {program} {words}")
    print(f"\n{say('STAY')}", flush=True)


def _program() -> str:
    beside = Path(sys.executable).parent / "softops"
    return os.path.relpath(beside) if beside.exists() else f"{os.path.relpath(sys.executable)} -m softops"


def _stay(softops: Serving) -> None:
    """Return when the person has seen enough, or when the server has died."""
    try:
        softops.process.wait()
    except KeyboardInterrupt:
        return
    print(say("DIED"), tail(softops.log), sep="\n", file=sys.stderr)


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Ended


if __name__ == "__main__":
    sys.exit(main())
