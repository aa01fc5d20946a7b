"""One WebSocket connection: what fails before the application gets to see it is answered like everything else."""

from __future__ import annotations

import json
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import MultipleValuesError
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from softops.errors import BadRequest
from softops.problems import printable, shortened
from softops.texts import Lang
from softops.web.requestid import HEADER, name_request

logger = logging.getLogger(__name__)

PREFIX = "Failed to open a WebSocket connection: "


class Handshakes(ServerProtocol):
    """The protocol of one connection, whose refusals are named envelopes."""

    def __init__(self, lang: Lang, **more: Any) -> None:
        super().__init__(**more)
        self._lang: Lang = lang
        self._given: str | None = None

    def accept(self, request: Request) -> Response:
        """The answer to a handshake."""
        try:
            self._given = request.headers.get(HEADER)
        except MultipleValuesError:
            self._given = None
        return super().accept(request)

    def reject(self, status: Any, text: str) -> Response:
        """The answer to one that can't be accepted."""
        response, name = super().reject(status, text), name_request(self._given)
        problem = printable(shortened(text.partition("\n")[0].removeprefix(PREFIX), 200)).rstrip(".")
        exc = BadRequest("HANDSHAKE_REFUSED", problem=problem)
        logger.info("%s", exc, extra={"action": "refuse", "reason": exc.reason, "request": name})
        response.body = json.dumps({"code": response.status_code, "message": exc.text(self._lang),
                                    "data": None}).encode()
        for header, value in (("Content-Length", str(len(response.body))), (HEADER, name),
                              ("Content-Type", "application/json; charset=utf-8")):
            response.headers.pop(header, None)
            response.headers[header] = value
        return response


class SocketConnection(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which answers in the language of the application what is no handshake."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn = Handshakes(getattr(self.config.app, "lang", "en"), max_size=self.config.ws_max_size,
                               logger=logging.getLogger("uvicorn.error"))

    def data_received(self, data: bytes) -> None:
        """Take what has come; refuse what can't be read as a handshake."""
        super().data_received(data)
        problem = self.conn.handshake_exc
        if problem is not None and not self.handshake_initiated and not self.transport.is_closing():
            self.handshake_initiated = self.handshake_complete = self.close_sent = True
            response = self.conn.reject(400, str(problem))
            self.transport.write(response.serialize())
            self.transport.close()
