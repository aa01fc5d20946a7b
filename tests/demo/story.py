"""What the demo shows: steps in order, each with how it has to end."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.demo.serving import Serving
from tests.demo.software import PORTS, WANTED
from tests.demo.words import say
from tests.fleet import Fleet
from tests.homes import commit

PATIENCE = 10
"""Seconds in which a page that is there has to answer."""
TO_DO = 2
"""How `softops plan` ends when there is something to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One command, the exit code that it must have, and what hello's page has to say afterwards (empty: not asked)."""

    words: Sequence[str]
    code: int = 0
    title: str = ""
    page: str = ""


STEPS = (
    Step(words=("sync",)),
    Step(words=("refresh", "hello", "counter")),
    Step(words=("install", "hello:1.0", "--group", "default"), title="INSTALL"),
    Step(words=("records",)),
    Step(words=("start", "hello:1.0", "--group", "default"), title="RUN", page="hello 1.0"),
    Step(words=("upgrade", "hello:1.1", "--group", "default", "--canary", "1", "--settle", "1"), title="UPGRADE",
         page="hello 1.1"),
    Step(words=("upgrade", "hello:2.0", "--group", "default", "--canary", "1"), code=1, title="BROKEN",
         page="hello 1.1"),
    Step(words=("ps",), title="LOOK"),
    Step(words=("history", "hello", "--server", "web1")),
    Step(words=("diff", "hello", "1.0", "1.1")),
)
DESIRED = (
    Step(words=("plan",), code=TO_DO),
    Step(words=("apply",)),
    Step(words=("plan",)),
)


class Story:
    """The steps on one fleet."""

    def __init__(self, fleet: Fleet, softops: Serving, inventory: Path) -> None:
        self._fleet = fleet
        self._softops = softops
        self._inventory = inventory

    def tell(self) -> str | None:
        """Show the steps up to the first that ends otherwise than it has to: its words; None when all are right."""
        wrong = self._all(STEPS)
        if wrong is None:
            self._desire()
            wrong = self._all(DESIRED)
        return wrong

    def _all(self, steps: Sequence[Step]) -> str | None:
        return next((shlex.join(step.words) for step in steps if not self._is_right(step)), None)

    def _is_right(self, step: Step) -> bool:
        if step.title:
            print(f"\n=== {say(step.title)}", flush=True)
        print(f"\n$ softops {shlex.join(step.words)}", flush=True)
        code = self._softops.command(*step.words)
        if step.code:
            print(say("EXIT_CODE", code=code), flush=True)
        return code == step.code and (not step.page or self._pages(step.page))

    def _pages(self, wanted: str) -> bool:
        """Print what hello's page says on every server; whether it is that everywhere."""
        print(f"\n{say('PAGES')}", flush=True)
        seen = dict(self._seen(wanted))
        for url, text in seen.items():
            print(f"  {url}  {text}", flush=True)
        return set(seen.values()) == {wanted}

    def _seen(self, wanted: str) -> Iterator[tuple[str, str]]:
        for server in self._fleet.servers:
            url = f"http://{server.address}:{PORTS['hello']}/"
            yield url, _page(url, wanted)

    def _desire(self) -> None:
        """Write into the inventory what the servers are to run, and commit it."""
        name = "group_vars/default.yml"
        commit(self._inventory, {name: WANTED}, "Say what the servers run")
        print(f"\n=== {say('DESIRED')}\n\n$ cat {name}\n{WANTED}", end="", flush=True)


def _page(url: str, wanted: str) -> str:
    """What is served there, once it is `wanted` or time is up; empty when nothing is."""
    deadline, text = time.monotonic() + PATIENCE, ""
    while text != wanted and time.monotonic() < deadline:
        with suppress(OSError), urlopen(url, timeout=2) as answer:
            text = answer.read(1000).decode().strip()
    return text
