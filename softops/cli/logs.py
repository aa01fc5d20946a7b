"""`softops logs`: the end of containers' logs, and with --follow what comes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from softops.cli.amounts import harmless
from softops.cli.containers import named_containers
from softops.cli.output import Output
from softops.cli.session import session
from softops.client import Client
from softops.containermessages import CONTAINER_LOG
from softops.errors import Refused, ServerUnavailable
from softops.live import open_socket

Row = Mapping[str, Any]


def logs(name: str, *, servers: Sequence[str], groups: Sequence[str], follow: bool, tail: int, times: bool,
         as_json: bool) -> None:
    """Print lines, each with its container where there are several."""
    with session(as_json=as_json) as (client, output):
        rows = named_containers(client, name, servers, groups)
        printer = Printer(output, rows, times=times)
        if follow:
            for message in _messages(client, [row["systemSoftContainerId"] for row in rows], tail):
                printer.show(message["containerId"], message["lines"], message["skipped"])
            return
        for row in rows:
            log = client.get(f"/container/{row['systemSoftContainerId']}/log", tail=tail)
            printer.show(row["systemSoftContainerId"], log["lines"], log["skipped"])


class Printer:
    """Writes the lines of one or several logs."""

    def __init__(self, output: Output, rows: Sequence[Row], *, times: bool) -> None:
        self._output = output
        self._times = times
        several_servers = len({row["systemSoftContainerServerName"] for row in rows}) > 1
        names = {row["systemSoftContainerId"]: row["systemSoftContainerName"] if not several_servers else
                 f"{row['systemSoftContainerServerName']}/{row['systemSoftContainerName']}" for row in rows}
        width = max(map(len, names.values()))
        self._prefixes = {number: f"{harmless(text):{width}} | " if len(rows) > 1 else ""
                          for number, text in names.items()}

    def show(self, container_id: int, lines: Sequence[Row], skipped: int) -> None:
        """Print these lines of a container."""
        for line in lines:
            if self._output.as_json:
                self._output.document({"containerId": container_id, **line})
            else:
                time = f"{_local(line['at'])} " if self._times else ""
                self._output.text(f"{self._prefixes.get(container_id, '')}{time}{harmless(line['text'])}")
        if skipped:
            self._output.note("LINES_SKIPPED", count=skipped)


def _messages(client: Client, ids: Sequence[int], tail: int) -> Iterator[Row]:
    """The messages of the live channel about these logs, until all have ended."""
    going_on = set(ids)
    try:
        with open_socket(client.address, containerLog=ids[0], tail=tail) as socket:
            for number in ids[1:]:
                socket.send(json.dumps({"type": "subscribe", "containerLog": {"containerId": number, "tail": tail}}))
            while going_on:
                message = json.loads(socket.recv())
                if message["type"] == "error":
                    raise Refused(message["code"], message["message"])
                if message["type"] == CONTAINER_LOG:
                    yield message
                    if message["ended"]:
                        going_on.discard(message["containerId"])
    except (ConnectionClosed, InvalidHandshake, InvalidURI, OSError) as exc:
        raise ServerUnavailable("SERVER_NOT_ANSWERING", url=client.address.url, problem=exc) from exc


def _local(at: str | None) -> str:
    return datetime.fromisoformat(at).astimezone().isoformat(" ", "milliseconds")[:23] if at else "-"
