"""A server's Docker engine, spoken to with the Docker SDK over any dial."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import requests
import urllib3
from docker.api.client import APIClient
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.transport.basehttpadapter import BaseHTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from softops.dials import Dial, Line
from softops.errors import EngineUnreachable, ServerUnreachable, SoftopsError
from softops.refusals import engine_refusal, quoted, server_lost

_BASE = "http+docker://engine"
_FIRST_VERSION = "1.41"
"""Only until the engine has said its own."""
_FOREIGN = (requests.RequestException, urllib3.exceptions.HTTPError, DockerException, OSError)
RETRY_PAUSE = 0.5
"""Seconds before a server that cut off the login is dialled again."""
MAX_IMAGES = 500
"""Images looked into for their layers."""
MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer that is no stream."""
MAX_MESSAGE = 1024 * 1024
"""Bytes of one message of a stream."""
CHUNK = 64 * 1024
"""Bytes read at once."""
PATIENCE = 6
"""Times an answer's timeout within which all of it has to be here, however steadily it trickles."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineFacts:
    """What an engine says of itself."""

    version: str
    api_version: str
    os: str
    architecture: str

    @property
    def platform(self) -> str:
        """`linux/amd64`."""
        return f"{self.os}/{self.architecture}"


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineStore:
    """What an engine keeps, and where."""

    root_dir: str
    images: int
    containers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalImage:
    """An image that an engine has."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    """NAME@DIGEST of the registries it is known to come from."""
    os: str
    architecture: str
    size: int
    """Bytes unpacked."""
    layers: tuple[str, ...]
    """Diff ids, lowest first."""


class _Connection(HTTPConnection):
    """An HTTP connection whose socket is a line."""

    def __init__(self, engine: Engine, timeout: float) -> None:
        super().__init__("engine", timeout=timeout)
        self._engine = engine
        self._seconds = timeout

    def connect(self) -> None:
        """Open a line instead of a TCP connection."""
        self.sock = self._engine.line(self._seconds).sock


class _Pool(HTTPConnectionPool):
    def __init__(self, engine: Engine, timeout: float) -> None:
        super().__init__("engine", timeout=timeout, maxsize=2)
        self._engine = engine
        self._seconds = timeout

    def _new_conn(self) -> _Connection:
        return _Connection(self._engine, self._seconds)


class _Adapter(BaseHTTPAdapter):
    """Carries the SDK's requests over lines, and reads no answer without end: engines belong to other machines."""

    def __init__(self, pool: _Pool, timeout: float) -> None:
        super().__init__()
        self._pool = pool
        self._seconds = PATIENCE * timeout

    def send(self, request: requests.PreparedRequest, stream: bool = False,
             *args: Any, **kwargs: Any) -> requests.Response:
        """The answer; EngineUnreachable when it is too large or takes too long in all."""
        deadline = time.monotonic() + self._seconds
        response = super().send(request, stream, *args, **kwargs)
        if not stream:
            with contextlib.ExitStack() as undo:
                undo.callback(response.close)
                response._content = self.whole(response.raw, deadline)  # noqa: SLF001
                undo.pop_all()
        return response

    def whole(self, body: urllib3.HTTPResponse, deadline: float) -> bytes:
        """All of a body that is no stream."""
        parts, size = [], 0
        # Whatever has come: waiting for more of it would be waiting without an end.
        while part := body.read1(CHUNK):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER:
                raise EngineUnreachable("ENGINE_ANSWER", words=f"more than {MAX_ANSWER} bytes")
            if time.monotonic() > deadline:
                raise EngineUnreachable("ENGINE_SILENT", seconds=int(self._seconds))
        return b"".join(parts)

    def get_connection(self, _url: object, _proxies: object = None) -> _Pool:
        """Always the one pool."""
        return self._pool

    def request_url(self, request: requests.PreparedRequest, _proxies: object) -> str:
        """The path: proxies are no matter here."""
        return request.path_url


class Engine:
    """One engine for the time of one task. Foreign errors become EngineUnreachable; use it in a `with` block.

    `timeout` is the number of seconds an answer may take.
    """

    def __init__(self, dial: Dial, *, timeout: float, tries: int = 1) -> None:
        self._dial = dial
        self._timeout = timeout
        self._tries = tries
        self._lines: list[Line] = []
        self._adapter = _Adapter(_Pool(self, timeout), timeout)
        self._client = self._speak(_FIRST_VERSION)

    def about(self) -> EngineFacts:
        """Connect and let the engine introduce itself; has to be called first."""
        for left in reversed(range(self._tries)):
            try:
                return self._about()
            except ServerUnreachable as exc:
                # Servers cut off logins when many come at once; every other reason stays the same a moment later.
                if not left or exc.reason != "SERVER_UNREACHABLE":
                    raise
                self._hang_up()
                time.sleep(RETRY_PAUSE)
        raise AssertionError("unreachable")

    def find(self, name: str) -> LocalImage | None:
        """The image of that name (NAME:TAG, NAME@DIGEST or id), or None."""
        with self._foreign():
            try:
                return _local_image(self._client.inspect_image(name))  # type: ignore[no-untyped-call]
            except (ImageNotFound, NotFound):
                return None

    def tag(self, image_id: str, name: str, tag: str) -> None:
        """Let NAME:TAG mean the image from now on."""
        with self._foreign():
            self._client.tag(image_id, name, tag)

    def store(self) -> EngineStore:
        """What the engine keeps."""
        with self._foreign():
            info = self._client.info()
            return EngineStore(root_dir=str(info.get("DockerRootDir") or ""), images=int(info.get("Images") or 0),
                               containers=int(info.get("Containers") or 0))

    def layer_chains(self, seconds: float) -> tuple[tuple[str, ...], ...] | None:
        """The diff ids of every image, each lowest first; None when that takes longer or there are too many."""
        deadline = time.monotonic() + seconds
        with self._foreign():
            ids = {str(image_id) for image_id in self._client.images(quiet=True)}
        if len(ids) > MAX_IMAGES:
            return None
        chains = []
        for image_id in ids:
            if time.monotonic() > deadline:
                return None
            image = self.find(image_id)
            chains.append(image.layers if image else ())
        return tuple(chains)

    def pull(self, name: str, tag: str, login: str = "") -> Iterator[Mapping[str, Any]]:
        """The engine's messages while it pulls NAME:TAG (or a digest as tag); a refusal comes as one with `error`.

        `login` is what `Login.for_engine` makes: it goes along with this request, and the engine keeps nothing of it.
        Logins of this machine's user are not passed on. `close` from another thread ends it.
        """
        with self._foreign():
            response = self._client.post(self._path("/images/create"), params={"fromImage": name, "tag": tag},
                                         headers={"X-Registry-Auth": login} if login else {}, stream=True,
                                         timeout=None)
            with contextlib.closing(response):
                if response.ok:
                    yield from _messages(response.raw)
                else:
                    yield {"error": self._refusal(response)}

    @property
    def greeting(self) -> str:
        """What the server said before the engine could be spoken to."""
        return "".join(line.greeting for line in self._lines)

    def words(self) -> str:
        """What was said beside the lines, to explain one that broke."""
        return "\n".join(said for line in self._lines if (said := line.words()))

    def close(self) -> None:
        """Hang up; whatever the engine was asked to do is cancelled."""
        self._client.close()
        self._hang_up()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def line(self, seconds: float) -> Line:
        """A new line, ended by `close` at the latest."""
        line = self._dial.open(seconds)
        self._lines.append(line)
        return line

    def _about(self) -> EngineFacts:
        with self._foreign():
            said = self._client.version(api_version=False)
            facts = EngineFacts(version=str(said["Version"]), api_version=str(said["ApiVersion"]), os=str(said["Os"]),
                                architecture=str(said["Arch"]))
            self._client = self._speak(facts.api_version)
        return facts

    def _speak(self, api_version: str) -> APIClient:
        # The SDK insists on a base URL that it knows; nothing is opened there.
        client = APIClient(base_url="unix:///nowhere", version=api_version, timeout=max(1, round(self._timeout)))
        client.trust_env = False
        # Whatever it answers, an engine sends nobody to another place.
        client.max_redirects = 0
        client.mount(f"{_BASE.partition('/')[0]}//", self._adapter)
        return client

    def _path(self, path: str) -> str:
        return f"{self._client.base_url}/v{self._client.api_version}{path}"

    def _refusal(self, response: requests.Response) -> str:
        """The engine's own words for why it does not do what it was asked."""
        body = self._adapter.whole(response.raw, time.monotonic() + PATIENCE * self._timeout)
        with contextlib.suppress(ValueError, RecursionError, KeyError, TypeError):
            return str(json.loads(body)["message"])
        return body[:1000].decode("utf-8", "replace") or f"HTTP {response.status_code}"

    def _hang_up(self) -> None:
        for line in self._lines:
            line.close()
        self._lines.clear()
        self._adapter.close()

    @contextlib.contextmanager
    def _foreign(self) -> Iterator[None]:
        try:
            yield
        except APIError as exc:
            raise EngineUnreachable("ENGINE_ANSWER", words=quoted(str(exc.explanation or exc))) from exc
        except (KeyError, ValueError, TypeError, RecursionError) as exc:
            raise EngineUnreachable("ENGINE_ANSWER", words=quoted(f"no answer of a Docker engine ({exc})")) from exc
        except _FOREIGN as exc:
            if isinstance(exc, requests.Timeout) or "timed out" in str(exc).lower():
                raise EngineUnreachable("ENGINE_SILENT", seconds=int(self._timeout)) from exc
            raise self._broken(exc) from exc

    def _broken(self, error: Exception) -> SoftopsError:
        """Why the talk with the engine ended before it was over."""
        if any(line.lost_server() for line in self._lines):
            return server_lost(self.words())
        # The words of HTTP libraries say nothing to people.
        ended = isinstance(error, requests.exceptions.ChunkedEncodingError | requests.ConnectionError
                           | urllib3.exceptions.ProtocolError)
        return engine_refusal(self.words() or ("the connection ended" if ended else str(error)))


def _messages(body: urllib3.HTTPResponse) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of a stream, one per line, each as soon as it has come."""
    for line in _lines(body):
        if line.strip():
            message = json.loads(line)
            if not isinstance(message, dict):
                raise EngineUnreachable("ENGINE_ANSWER", words=quoted(f"no message: {line[:100]!r}"))
            yield message


def _lines(body: urllib3.HTTPResponse) -> Iterator[bytes]:
    rest = bytearray()
    while part := body.read1(CHUNK):
        first, *others = part.split(b"\n")
        rest += first
        if len(rest) > MAX_MESSAGE:
            raise EngineUnreachable("ENGINE_ANSWER", words=f"more than {MAX_MESSAGE} bytes in one message")
        for line in others:
            yield bytes(rest)
            rest = bytearray(line)
    yield bytes(rest)


def _local_image(said: Mapping[str, Any]) -> LocalImage:
    layers = (said.get("RootFS") or {}).get("Layers") or ()
    return LocalImage(id=str(said["Id"]), tags=tuple(said.get("RepoTags") or ()),
                      digests=tuple(said.get("RepoDigests") or ()), os=str(said.get("Os", "")),
                      architecture=str(said.get("Architecture", "")), size=int(said.get("Size") or 0),
                      layers=tuple(layers))
