"""A command of Compose that runs on a server, listened to while it works."""

from __future__ import annotations

import json
import re
import secrets
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass

from softops.dials import Dial
from softops.errors import EngineUnreachable
from softops.refusals import server_lost

MAX_LINE = 1024 * 1024
CHUNK = 64 * 1024
KEPT_LINES = 40
_PLAIN = re.compile(r"^\s*(?:[⠀-⣿✔✘]\s*)?Container (\S+)\s+([A-Z]\w*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What Compose says of one container."""

    container: str
    status: str


def watched_script(function: str, arguments: str, mark: str) -> str:
    """The shell script that runs Compose with `arguments` and says `mark` and its exit code at the end. When nobody
    listens any more Compose is told to stop. Two at a time would be in each other's way: one waits for the other."""
    lock = "[ $PWD = / ] || ! command -v flock >/dev/null || { exec 4<. && flock -w 600 4; }"
    return (f"{function}; {lock}; exec 3<&0; (dc {arguments}) </dev/null 2>&1 4<&- & p=$!; "
            "{ cat <&3; kill -TERM $p; } >/dev/null 2>&1 4<&- & "
            f"wait $p; printf '%s %s\\n' {mark} $?")


def new_mark() -> str:
    """Words that nothing on a server prints by chance."""
    return f"softops-ended-{secrets.token_hex(8)}"


class ComposeCall:
    """One command of Compose; use it in a `with` block, whose end hangs up."""

    def __init__(self, dial: Dial, mark: str, *, timeout: float) -> None:
        self._line = dial.open(timeout)
        self._mark = mark.encode()
        self._rest = b""
        self._said: list[str] = []
        self.code: int | None = None
        """Its exit code, as soon as it has ended."""

    def __enter__(self) -> ComposeCall:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    @property
    def words(self) -> str:
        """The newest lines that tell of no container."""
        return "\n".join(self._said)

    def listen(self, seconds: float) -> Sequence[Step]:
        """What it says within that time, at once when it says something or ends. EngineUnreachable when the line
        breaks."""
        steps: list[Step] = []
        deadline = time.monotonic() + seconds
        while self.code is None and not steps:
            if not select.select([self._line.sock], [], [], max(0.0, deadline - time.monotonic()))[0]:
                break
            steps += self._take(self._receive())
        return steps

    def _receive(self) -> bytes:
        try:
            part = self._line.sock.recv(CHUNK)
        except OSError:
            part = b""
        if not part:
            if self._line.lost_server():
                raise server_lost(self._line.words())
            raise EngineUnreachable("ENGINE_LOST", words=self._line.words() or "the connection ended")
        return part

    def _take(self, part: bytes) -> list[Step]:
        *lines, self._rest = (self._rest + part).split(b"\n")
        self._rest = self._rest[:MAX_LINE]
        found = []
        for line in lines:
            if line.startswith(self._mark):
                self.code = int(line.split()[1])
            elif step := self._step(line.decode("utf-8", "replace")):
                found.append(step)
        return found

    def _step(self, line: str) -> Step | None:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            kind, _, name = str(said.get("id") or "").partition(" ")
            status = str(said.get("status") or "")
            if kind == "Container" and len(status.split()) == 1:
                return Step(container=name, status=status)
            line = str(said.get("message") or "")
        elif plain := _PLAIN.match(line):
            return Step(container=plain[1], status=plain[2])
        if line.strip():
            self._said = [*self._said, line][-KEPT_LINES:]
        return None
