"""Tells softops of a run by hand: reads the spool of its actions and posts it. A process beside ansible-playbook,
which it neither slows down nor can break: `python -m softops.handreport SPOOL`, ended by the end of its stdin."""

from __future__ import annotations

import getpass
import json
import os
import select
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from softops.client import Client
from softops.config import load_settings
from softops.errors import Refused, ServerUnavailable, SoftopsError
from softops.language import person_language
from softops.reach import reach_server

LOOK = 0.2
"""Seconds between two looks at the spool."""
BEAT = 10.0
"""Seconds after which softops hears that a silent run lives."""
CHUNK = 500
"""Lines in one request."""
CHUNK_BYTES = 700_000
"""Bytes of JSON in one request; softops takes 1 MiB."""
LONGEST = 300_000
"""Characters of a line; softops takes no longer ones."""
UNAVAILABLE = 503
END_PATIENCE = 15.0
"""Seconds for which the last words are tried again; the callback plugin waits 20 for all of it."""
FIRST = 1000
"""Orders that a run begins with; more of them follow as lines."""


class Report:
    """One run by hand on its way into the records."""

    def __init__(self, client: Client, playbook: str) -> None:
        self.job: int | None = None
        self._client = client
        self._playbook = playbook
        self._waiting: list[str] = []
        self._beat = time.monotonic()

    def take(self, lines: list[str]) -> None:
        """Pass on what the actions have said; what softops can't take at the moment waits for the next time."""
        self._waiting += [line for line in lines if len(line) <= LONGEST and _size(line) <= CHUNK_BYTES]
        if self.job is None:
            self._begin()
        try:
            self._flush()
        except SoftopsError as exc:
            if not _passes(exc):
                raise

    def end(self, hosts: Mapping[str, Any] | None) -> None:
        """Pass on what is left and that the run is over; a softops that is just being restarted is waited for."""
        deadline = time.monotonic() + END_PATIENCE
        while self.job is not None:
            try:
                self._flush()
                self._client.post(f"/report/{self.job}/end", {"hosts": hosts})
                return
            except SoftopsError as exc:
                if not _passes(exc) or time.monotonic() > deadline:
                    raise
            time.sleep(LOOK)

    def _flush(self) -> None:
        while self.job is not None and (self._waiting or time.monotonic() - self._beat > BEAT):
            count = fitting(self._waiting)
            self._client.post(f"/report/{self.job}/line", {"lines": self._waiting[:count]})
            # Only now: a line that was heard twice says nothing new, one that was lost is missing.
            del self._waiting[:count]
            self._beat = time.monotonic()

    def _begin(self) -> None:
        orders = [said for line in self._waiting if (said := _read(line)).get("kind") == "order"]
        if orders:
            self.job = self._client.post("/report", {"user": getpass.getuser(), "playbook": self._playbook,
                                                     "orders": orders[:FIRST]})["id"]


def _passes(error: SoftopsError) -> bool:
    """Whether softops may take the same a moment later: it is away, or its database is."""
    return isinstance(error, ServerUnavailable) or (isinstance(error, Refused) and error.answer == UNAVAILABLE)


def fitting(lines: list[str]) -> int:
    """How many of the first lines fit into one request."""
    room, count = CHUNK_BYTES, 0
    for line in lines[:CHUNK]:
        room -= _size(line)
        if room < 0:
            break
        count += 1
    return count


def follow(report: Report, spool: BinaryIO) -> None:
    """Pass on everything until our stdin ends, and then what is left."""
    hosts: Mapping[str, Any] | None = None
    rest, over = b"", False
    while not over:
        over = bool(select.select([sys.stdin], [], [], LOOK)[0]) and not os.read(sys.stdin.fileno(), 4096)
        *whole, rest = (rest + spool.read()).split(b"\n")
        lines = [line.decode(errors="replace") for line in whole]
        ends = [said for line in lines if (said := _read(line)).get("kind") == "stats"]
        hosts = ends[0].get("hosts") if ends else hosts
        report.take([line for line in lines if line])
    report.end(hosts)


def main(spool: str, playbook: str) -> dict[str, Any]:
    """Follow a spool to its end; what became of it."""
    lang = person_language()
    try:
        with reach_server(load_settings(), lang) as client, Path(spool).open("rb") as file:
            report = Report(client, playbook)
            follow(report, file)
            return {"job": report.job}
    except SoftopsError as exc:
        return {"job": None, "problem": exc.text(lang)}
    finally:
        # Secrets may be in it, and whoever made it may have been killed.
        Path(spool).unlink(missing_ok=True)


def _size(line: str) -> int:
    return len(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace")) + 1


def _read(line: str) -> Mapping[str, Any]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2])))
