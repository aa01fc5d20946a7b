"""Following a job live, over as many connections as it takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect, unix_connect

from softops.client import Address, Client
from softops.errors import ServerUnavailable
from softops.events import Layer
from softops.messages import COMPLETE, PROGRESS
from softops.statuses import RecordStatus

SILENCE = 5.0
"""Seconds without a message after which the server is asked whether the job still runs."""
PATIENCE = 60.0
"""Seconds a server may be gone before a watcher gives up."""
PAUSES = (0.05, 0.3, 1.0, 2.0)
"""Seconds between attempts to connect; the last one repeats."""


class Follower:
    """Watches one job. What came once does not come again, and no milestone is left out."""

    def __init__(self, address: Address, job_id: int, records: Iterable[int], *, after: int = 0,
                 is_final: Callable[[], bool] = lambda: False,
                 on_lost: Callable[[bool], None] = lambda _: None, silence: float = SILENCE) -> None:
        """`on_lost` is told True when the connection is lost for longer than a moment, and False when it is back.
        After `silence` seconds without a message it is asked whether the job `is_final`."""
        self._address = address
        self._job_id = job_id
        self._open = set(records)
        self._is_final = is_final
        self._on_lost = on_lost
        self._silence = silence
        self._heard = time.monotonic()
        self._attempt = 0
        self.seen = after
        """The number of the newest milestone that came."""

    def messages(self) -> Iterator[Mapping[str, Any]]:
        """All messages until every record is final. ServerUnavailable when the server stays away."""
        while self._open:
            try:
                for message in self._connection():
                    if self._is_new(message):
                        yield message
            except (ConnectionClosed, InvalidHandshake, OSError) as exc:
                if time.monotonic() - self._heard > PATIENCE:
                    raise ServerUnavailable("SERVER_LOST", url=self._address.url, job=self._job_id) from exc
                if self._attempt == 1:
                    self._on_lost(True)
                time.sleep(PAUSES[min(self._attempt, len(PAUSES) - 1)])
                self._attempt += 1
            except InvalidURI as exc:
                raise ServerUnavailable("SERVER_NOT_ANSWERING", url=self._address.url, problem=exc) from exc

    def _connection(self) -> Iterator[Mapping[str, Any]]:
        """The messages of one connection; ends when the job has."""
        with open_socket(self._address, job=self._job_id, after=self.seen) as socket:
            while self._open:
                try:
                    message = json.loads(socket.recv(self._silence))
                except TimeoutError:
                    self._ask_if_final()
                    message = {}
                if message.get("type") != "error":
                    # A server that only refuses is as good as none, and must not be asked without a pause.
                    self._found()
                if "recordId" in message:
                    yield message

    def _found(self) -> None:
        if self._attempt > 1:
            self._on_lost(False)
        self._heard, self._attempt = time.monotonic(), 0

    def _ask_if_final(self) -> None:
        """Ends the watch of a job that is over although its last messages never came."""
        try:
            if self._is_final():
                self._open.clear()
        except ServerUnavailable as exc:
            raise ConnectionError(exc) from exc

    def _is_new(self, message: Mapping[str, Any]) -> bool:
        if is_milestone(message):
            if message["seq"] <= self.seen:
                return False
            self.seen = message["seq"]
        if message["type"] == COMPLETE:
            self._open.discard(message["recordId"])
        return True


def is_milestone(message: Mapping[str, Any]) -> bool:
    """Whether the message has a number of its own; the steps within a layer repeat the last one."""
    if message["type"] != PROGRESS or "container" in message or "stage" in message:
        return True
    return Layer(id=message["id"], status=message["status"]).done


def closed_job(client: Client, job_id: int) -> Mapping[str, Any]:
    """The job once it is final; its last record is so shortly before."""
    while True:
        job: Mapping[str, Any] = client.get(f"/job/{job_id}")
        if RecordStatus(job["status"]).final:
            return job
        time.sleep(PAUSES[0])


def open_socket(address: Address, **query: object) -> AbstractContextManager[ClientConnection]:
    """A plain WebSocket to the live channel: one JSON message per frame."""
    scheme, host, path, _, _ = urlsplit(address.url)
    url = urlunsplit(("wss" if scheme == "https" else "ws", host, f"{path.rstrip('/')}/socket.io",
                      urlencode(query), ""))
    if address.socket is not None:
        return unix_connect(address.socket, url, compression=None, max_size=None)
    proxy: Literal[True] | None = None if address.is_loopback else True
    return connect(url, proxy=proxy, compression=None, max_size=None, additional_headers=address.headers)
