"""The client of a softops server: requests and answers, as the command line and the tests speak them."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from softops.errors import Refused, ServerUnavailable
from softops.requestkeys import HEADER as KEY_HEADER
from softops.texts import Lang

API = "/api/system/soft"
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 900.0
"""Seconds an answer may take; a first sync of a big repository or a check of a dead server takes its time."""
PATIENCE = 20.0
"""Seconds for which a request that makes a job is sent again: softops may just be restarted."""
PAUSES = (0.1, 0.5, 1.0)
"""Seconds before it is sent again."""
LOST = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.RemoteProtocolError)
"""What happens when a connection breaks: the request may have been carried out."""
AWAY = (httpx.ConnectError, httpx.ConnectTimeout)
"""What happens when nobody is there; by itself, nothing was asked yet."""
PAGE_SIZE = 200
"""Rows fetched at once while a whole list is read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a server answers: a URL, and the unix socket behind it when it has one."""

    url: str
    socket: Path | None = None
    token: str | None = field(default=None, repr=False)
    """What the caller comes in with; the unix socket needs none."""
    by_cookie: bool = False
    """Whether changes are asked for as a page of the server does, with the cookie of a login."""

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request carries."""
        if self.token is not None:
            return {"Authorization": f"Bearer {self.token}"}
        return {"Origin": self.url} if self.by_cookie else {}

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine, where no proxy has a say."""
        host = urlsplit(self.url).hostname or ""
        if self.socket is not None or host == "localhost":
            return True
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


class Client:
    """Speaks with one server in one language. Every failure is Refused or ServerUnavailable."""

    def __init__(self, address: Address, *, lang: Lang) -> None:
        self.address = address
        self.lang: Lang = lang
        transport = httpx.HTTPTransport(uds=str(address.socket)) if address.socket else None
        self._http = httpx.Client(base_url=address.url, transport=transport, trust_env=not address.is_loopback,
                                  headers={"Accept-Language": lang, **address.headers},
                                  timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT))

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, **query: object) -> Any:
        """`data` of the answer; `query` without a value is left out."""
        return self._ask("GET", path, query, None, {})

    def post(self, path: str, body: Mapping[str, Any] | None = None, *, prefer: str | None = None,
             **query: object) -> Any:
        """`data` of the answer."""
        return self._ask("POST", path, query, body, {"Prefer": prefer} if prefer else {})

    def make(self, path: str, body: Mapping[str, Any] | None = None, *, prefer: str | None = None,
             **query: object) -> Any:
        """`data` of the answer to a request that makes a job. It is sent again while the connection breaks, for some
        seconds, and makes one job all the same."""
        headers = {KEY_HEADER: str(uuid4()), **({"Prefer": prefer} if prefer else {})}
        deadline, pauses, lost = time.monotonic() + PATIENCE, chain(PAUSES, repeat(PAUSES[-1])), False
        while True:
            try:
                return self._ask("POST", path, query, body, headers)
            except ServerUnavailable as exc:
                lost = lost or isinstance(exc.__cause__, LOST)
                if not lost or not isinstance(exc.__cause__, (*LOST, *AWAY)) or time.monotonic() > deadline:
                    raise
            time.sleep(next(pauses))

    def delete(self, path: str) -> Any:
        """`data` of the answer."""
        return self._ask("DELETE", path, {}, None, {})

    def rows(self, path: str, **query: object) -> Iterator[Mapping[str, Any]]:
        """All rows of a paged list, in its order."""
        page = 1
        while True:
            data = self.get(path, page=page, size=PAGE_SIZE, **query)
            yield from data["records"]
            if page >= data["pages"]:
                return
            page += 1

    def parts(self, path: str, **query: object) -> Iterator[bytes]:
        """An answer that is no envelope, part by part as it comes."""
        given = {name: _texts(value) for name, value in query.items() if value is not None}
        try:
            with self._http.stream("GET", f"{API}{path}", params=given) as response:
                if not response.is_success:
                    response.read()
                    self._data(response)
                yield from response.iter_bytes()
        except httpx.HTTPError as exc:
            raise ServerUnavailable("SERVER_NOT_ANSWERING", url=self.address.url,
                                    problem=str(exc) or type(exc).__name__) from exc

    def _ask(self, method: str, path: str, query: Mapping[str, object], body: Mapping[str, Any] | None,
             headers: Mapping[str, str]) -> Any:
        given = {name: _texts(value) for name, value in query.items() if value is not None}
        try:
            response = self._http.request(method, f"{API}{path}", params=given, json=body, headers=dict(headers))
        except httpx.HTTPError as exc:
            raise ServerUnavailable("SERVER_NOT_ANSWERING", url=self.address.url,
                                    problem=str(exc) or type(exc).__name__) from exc
        except httpx.InvalidURL as exc:
            raise ServerUnavailable("SERVER_NOT_ANSWERING", url=self.address.url, problem=exc) from exc
        return self._data(response)

    def _data(self, response: httpx.Response) -> Any:
        try:
            envelope = response.json()
        except ValueError:
            envelope = None
        if not isinstance(envelope, dict) or not {"code", "message"} <= envelope.keys():
            raise ServerUnavailable("SERVER_NOT_SOFTOPS", url=self.address.url, status=response.status_code)
        if response.is_success:
            return envelope.get("data")
        raise Refused(envelope["code"], envelope["message"])


def _texts(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
