"""What a server's engine is asked about containers, and the streams it sends by itself."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from docker.errors import NotFound

from softops.containerstates import NAME_LABEL
from softops.dials import Dial
from softops.engine import Engine
from softops.errors import EngineUnreachable
from softops.refusals import engine_refusal, quoted

EVENTS = ("create", "start", "die", "oom", "pause", "unpause", "restart", "rename", "update", "destroy",
          "health_status")
"""What happens to a container and shows. Not among them: the commands that health checks execute all the time."""
MOST_CONTAINERS = 2000
MAX_HEAD = 64 * 1024
CHUNK = 64 * 1024


class ContainerEngine(Engine):
    """An engine that is asked about the containers of softops. With `api_version` nothing has to be called first."""

    def __init__(self, dial: Dial, *, timeout: float, tries: int = 1, api_version: str = "") -> None:
        super().__init__(dial, timeout=timeout, tries=tries)
        if api_version:
            self._client = self._speak(api_version)

    def __enter__(self) -> ContainerEngine:
        return self

    def listed(self) -> Sequence[Mapping[str, Any]]:
        """The containers of softops, running or not, as the engine lists them."""
        with self._foreign():
            found = self._client.containers(all=True, filters={"label": [NAME_LABEL]})
            return [one for one in found[:MOST_CONTAINERS] if isinstance(one.get("Id"), str)]

    def inspected(self, engine_id: str) -> Mapping[str, Any] | None:
        """All the engine says of a container; None when it is gone."""
        with self._foreign():
            try:
                said: Mapping[str, Any] = self._client.inspect_container(engine_id)
            except NotFound:
                return None
            if not isinstance(said, dict):
                raise TypeError("no object")
            return said

    def survey(self, ids: Collection[str] | None = None) -> tuple[Mapping[str, Any], ...]:
        """What the engine says of these containers, or of all of softops; those that are gone left out."""
        wanted = [str(one["Id"]) for one in self.listed()] if ids is None else ids
        return tuple(said for one in wanted if (said := self.inspected(one)) is not None)

    def sample(self, engine_id: str) -> Mapping[str, Any] | None:
        """What a container has used up to now; None when it is gone."""
        with self._foreign():
            try:
                said: Mapping[str, Any] = self._client.stats(engine_id, stream=False, one_shot=True)
            except NotFound:
                return None
            if not isinstance(said, dict):
                raise TypeError("no object")
            return said


class EngineStream:
    """One endless answer of an engine. `end` from another thread wakes up whoever reads."""

    def __init__(self, dial: Dial, target: str, *, timeout: float) -> None:
        """EngineUnreachable when the engine does not begin to answer within `timeout` seconds, or refuses."""
        self._line = dial.open(timeout)
        try:
            self._rest = self._begin(target, timeout)
        except BaseException:
            self._line.close()
            raise

    def read(self, wait: float) -> bytes | None:
        """What has come, at once or within `wait` seconds; None when nothing has, nothing at all (b"") at the end."""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        return self._receive(wait)

    def words(self) -> str:
        """Why it ended, in the words of whoever carried it."""
        return self._line.words()

    def end(self) -> None:
        """Let the reader find the end of the stream."""
        try:
            # A socket of TLS would first talk about it.
            socket.socket.shutdown(self._line.sock, socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def __enter__(self) -> EngineStream:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def _receive(self, wait: float) -> bytes | None:
        sock = self._line.sock
        try:
            pending = getattr(sock, "pending", None)
            if not (pending and pending()) and not select.select([sock], [], [], max(0.0, wait))[0]:
                return None
            return sock.recv(CHUNK)
        except TimeoutError:
            return None
        except (OSError, ValueError):
            return b""

    def _begin(self, target: str, timeout: float) -> bytes:
        # As HTTP/1.0 the answer is the plain stream up to the end of the connection, in no chunks.
        self._line.sock.sendall(f"GET {target} HTTP/1.0\r\nHost: engine\r\n\r\n".encode("ascii"))
        deadline, heard = time.monotonic() + timeout, b""
        while b"\r\n\r\n" not in heard:
            part = self._receive(deadline - time.monotonic())
            if part is None or len(heard) > MAX_HEAD:
                raise EngineUnreachable("ENGINE_SILENT", seconds=int(timeout))
            if not part:
                raise engine_refusal(self._line.words() or "the connection ended")
            heard += part
        head, _, rest = heard.partition(b"\r\n\r\n")
        status = head.split(b"\r\n", 1)[0].split(b" ", 2)
        if len(status) < 2 or status[1] != b"200":
            rest += self._receive(1) or b"" if not rest else b""
            raise EngineUnreachable("ENGINE_ANSWER", words=quoted(_words(rest) or head.decode("latin-1")[:200]))
        return rest


def events_target(api_version: str) -> str:
    """Where the events of softops' containers are."""
    filters = json.dumps({"type": ["container"], "label": [NAME_LABEL], "event": list(EVENTS)})
    return f"/v{quote(api_version)}/events?{urlencode({'filters': filters})}"


def logs_target(api_version: str, engine_id: str, *, tail: int, follow: bool) -> str:
    """Where the newest lines of a container's log are, and with `follow` those to come."""
    query = {"stdout": 1, "stderr": 1, "timestamps": 1, "tail": tail, "follow": int(follow)}
    return f"/v{quote(api_version)}/containers/{quote(engine_id, safe='')}/logs?{urlencode(query)}"


def _words(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return body[:500].decode("utf-8", "replace")
