"""Whatever is sent in excess ends with its sender: attachments, packets that are none, ranges."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from softops.service import Service
from tests.integration.listeners import Listener, listening
from tests.integration.webserver import Served, Story, served, still_service
from tests.waiting import wait_until

PATIENCE = 20.0
OPEN = "?EIO=4&transport=websocket"
PLACE = json.dumps(["subscribe", {"_placeholder": True, "num": 0}])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = still_service(tmp_path_factory.mktemp("oversized"))
    yield service
    service.database.close()


@pytest.fixture
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


@pytest.mark.parametrize("packet", [
    f"451-{PLACE}", f"4510-{PLACE}", f"459999999999-{PLACE}", f"4599999999999-{PLACE}", f"461-0{PLACE}", "450-[]",
    "45-[]", "42", "42{}", "42null", "42[", "42[]", "4" + "[" * 60_000, "49", "4", "4x", "44", '42999["a"', "421[]",
    "42" + "9" * 200 + '["a"]', "42/nowhere,[1]", '43"x"'])
def test_attachments_and_packets_that_are_none_end_the_connection(
        web: Served, packet: str, caplog: pytest.LogCaptureFixture) -> None:
    with Listener(web, "websocket") as other:
        with connect(web.live + OPEN, proxy=None) as connection:
            connection.recv(10)
            connection.send("40")
            connection.recv(10)
            listening(web, 2)
            connection.send(packet)
            kept = len(web.app.live._socketio._server._binary_packet)
            with pytest.raises(ConnectionClosed):
                flood(connection)
        assert kept == 0
        wait_until(lambda: web.app.live.watchers == 1)
        told = Story(web.service).milestone()
        wait_until(lambda: other.got == [told])
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def flood(connection: ClientConnection) -> None:
    """Send attachments; not without end, where nobody ends it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        connection.send(b"x" * 60_000)


@pytest.mark.parametrize("ranges", ["bytes=0-", "bytes=" + ",".join(["0-"] * 1300), "bytes=5-1", "x" * 4000])
def test_ranges_change_nothing(web: Served, ranges: str) -> None:
    with web.client() as client:
        whole = client.get("/page")
        part = client.get("/page", headers={"Range": ranges})
    assert (part.status_code, part.content) == (200, whole.content)
