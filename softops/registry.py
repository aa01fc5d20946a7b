"""What a registry has, asked through the distribution API: digests, layers and their sizes, nothing is pulled."""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

from softops.destinations import Barred, check_by_proxy, proxy_for
from softops.errors import RegistryError
from softops.guardedhttp import GuardedTransport
from softops.locations import Location, host_of, is_loopback, location, stays_near, tag_of
from softops.logins import Login
from softops.networks import DEFAULT, Networks
from softops.problems import printable, shortened
from softops.references import DIGEST, parse_reference
from softops.remoteimages import RemoteImage, RemoteLayer

INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
MAX_MANIFEST = 4 * 1024 * 1024
MAX_CONFIG = 8 * 1024 * 1024
MAX_TOKEN = 1024 * 1024
PATIENCE = 6
"""Times the timeout within which all of an answer has to be here, however steadily it trickles."""
MAX_REDIRECTS = 5
PORTS = {"http": 80, "https": 443}
_PLAIN_HTTP = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
"""What OpenSSL calls an answer that is no TLS."""
_CHALLENGE = re.compile(r'([a-zA-Z_]+)="([^"]*)"')


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """A checked manifest or index."""

    digest: str
    data: Mapping[str, Any]


class RegistryClient:
    """Asks registries. All errors are RegistryError.

    `plain_http` names registries (host:port) spoken to over HTTP; loopback ones always are. Where a registry leads
    is followed over HTTPS, or to the registry's own host. `timeout` in seconds holds for connecting and for every
    silence, PATIENCE times as long for a whole answer. Nothing is asked at an address outside of `networks`.
    `login_of` knows the logins of registries; they are sent to those that ask for one, and to nobody else.
    """

    def __init__(self, plain_http: Sequence[str] = (), timeout: float = 10, networks: Networks = DEFAULT,
                 login_of: Callable[[str], Login | None] = lambda _registry: None) -> None:
        self._plain_http = frozenset(plain_http)
        self._timeout = timeout
        self._networks = networks
        self._clients: dict[tuple[str, ...], httpx.Client] = {}
        self._lock = threading.Lock()
        self._login_of = login_of
        self._passes: dict[tuple[Location, Login | None], str] = {}
        """What got in last, as the header Authorization has it."""

    def manifest(self, image: str, *, platform: tuple[str, str] = ("linux", "amd64")) -> RemoteImage:
        """What `image` is for `platform` (os, architecture)."""
        reference = parse_reference(image)
        if reference is None:
            raise RegistryError("IMAGE_NAME_INVALID", image=shortened(image))
        question = _Question(client=self, image=image, where=location(reference), platform=platform)
        return question.answer(reference.digest or tag_of(reference) or "latest")

    def close(self) -> None:
        """Let go of all connections."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    def __enter__(self) -> RegistryClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def fetch(self, where: Location, path: str, *, accept: str, limit: int) -> httpx.Response:
        """The answer for `/v2/REPOSITORY/PATH`, with a login or token when the registry wants one."""
        url = f"{self._scheme(where)}://{where.registry}/v2/{where.repository}/{path}"
        headers = {"Accept": accept}
        login = self._login_of(where.registry.lower())
        known = self._passes.get((where, login))
        response = self._get(where, url, headers | ({"Authorization": known} if known else {}), limit)
        if response.status_code == 401:
            fresh = self._passes[where, login] = self._pass(where, login, response)
            response = self._get(where, url, headers | {"Authorization": fresh}, limit)
        return response

    def _scheme(self, where: Location) -> str:
        return "http" if where.registry in self._plain_http or is_loopback(where.registry) else "https"

    def _may_ask(self, where: Location, url: httpx.URL) -> bool:
        """Whether a registry may lead there: nobody else's plain HTTP, and nothing that only this machine reaches."""
        if url.scheme == "http":
            place = url.netloc.decode("ascii")
            return self._scheme(where) == "http" and (url.host == host_of(where.registry) or place in self._plain_http)
        return url.scheme == "https" and (is_loopback(where.registry) or not stays_near(url.host))

    def _client(self, where: Location, url: httpx.URL) -> httpx.Client:
        """What carries a request to `url`, which is `where` itself or where that leads; Barred when nothing may."""
        itself = url.host == host_of(where.registry) or url.netloc.decode("ascii") in self._plain_http
        networks = self._networks if itself or is_loopback(where.registry) else self._networks.elsewhere()
        # Registries over plain HTTP are near by definition: no proxy in between, and no certificates to load.
        proxy = proxy_for("https", url.host) if url.scheme == "https" else None
        if proxy:
            check_by_proxy(url.host, url.port or PORTS["https"], networks)
        with self._lock:
            return self._made((url.scheme, proxy) if proxy else (url.scheme, "here" * networks.here), networks, proxy)

    def _made(self, kind: tuple[str, ...], networks: Networks, proxy: str | None) -> httpx.Client:
        if kind not in self._clients:
            self._clients[kind] = httpx.Client(timeout=self._timeout, proxy=proxy) if proxy else httpx.Client(
                timeout=self._timeout, transport=GuardedTransport(networks, verify=kind[0] == "https"))
        return self._clients[kind]

    def _get(self, where: Location, url: str, headers: Mapping[str, str], limit: int) -> httpx.Response:
        deadline = time.monotonic() + PATIENCE * self._timeout
        try:
            return self._follow(where, httpx.Request("GET", url, headers=dict(headers)), limit, deadline)
        except Barred as exc:
            raise RegistryError(exc.reason, **exc.params) from exc
        except httpx.TimeoutException as exc:
            raise _unreachable(where, f"no answer within {self._timeout:g} s") from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            if _speaks_plain_http(exc):
                raise RegistryError("REGISTRY_PLAIN_HTTP", registry=where.registry) from exc
            raise _unreachable(where, str(exc) or type(exc).__name__) from exc

    def _follow(self, where: Location, request: httpx.Request, limit: int, deadline: float) -> httpx.Response:
        for _ in range(1 + MAX_REDIRECTS):
            client = self._client(where, request.url)
            # The client's own headers, and its timeout, are in what it builds.
            built = client.build_request(request.method, request.url, headers=request.headers)
            with closing(client.send(built, stream=True)) as response:
                if response.next_request is None:
                    return _read(where, response, limit, deadline)
                request = response.next_request
            if not self._may_ask(where, request.url):
                raise _bad(where, where.repository, f"it leads to {request.url.copy_with(query=None)}")
        raise _bad(where, where.repository, "it redirects without end")

    def _pass(self, where: Location, login: Login | None, response: httpx.Response) -> str:
        """What gets in, by the registry's challenge: the login itself, or a token."""
        challenge = response.headers.get("WWW-Authenticate", "")
        if login and challenge.lower().startswith("basic"):
            return login.basic
        return f"Bearer {self._token(where, login, challenge)}"

    def _token(self, where: Location, login: Login | None, challenge: str) -> str:
        """A token from where the challenge says, an anonymous one without a login."""
        asked = dict(_CHALLENGE.findall(challenge))
        realm = asked.get("realm", "")
        if not challenge.lower().startswith("bearer ") or not self._may_ask(where, _url(realm)):
            raise _denied(where, where.repository, "it wants a login")
        query = {"scope": asked.get("scope") or f"repository:{where.repository}:pull"}
        query |= {"service": asked["service"]} if "service" in asked else {}
        headers = {"Authorization": login.basic} if login else {}
        answer = self._get(where, str(_url(realm).copy_merge_params(query)), headers, MAX_TOKEN)
        if answer.status_code in {401, 403}:
            raise _denied(where, where.repository, f"HTTP {answer.status_code}")
        body = _json(where, realm, answer)
        token = body.get("token") or body.get("access_token")
        if answer.status_code != 200 or not isinstance(token, str):
            raise _bad(where, realm, f"no token, HTTP {answer.status_code}")
        return token


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    """One image, asked for at one registry."""

    client: RegistryClient
    image: str
    where: Location
    platform: tuple[str, str]

    def answer(self, name: str) -> RemoteImage:
        """The image under a tag or digest."""
        top = self._manifest(name)
        chosen = top if "manifests" not in top.data else self._manifest(self._choose(top.data["manifests"]))
        config = chosen.data.get("config")
        layers = chosen.data.get("layers")
        if not isinstance(config, dict) or not isinstance(layers, list) or not _is_digest(config.get("digest")):
            raise self._bad("its manifest has no configuration and layers")
        diff_ids = self._diff_ids(config["digest"], len(layers))
        found = tuple(self._layer(layer, diff_id) for layer, diff_id in zip(layers, diff_ids, strict=True))
        return RemoteImage(digest=top.digest, config_digest=config["digest"], layers=found,
                           size=sum(layer.size for layer in found))

    def _manifest(self, name: str) -> _Answer:
        response = self.client.fetch(self.where, f"manifests/{name}", accept=", ".join(INDEXES + MANIFESTS),
                                     limit=MAX_MANIFEST)
        self._check_status(response)
        digest = f"sha256:{hashlib.sha256(response.content).hexdigest()}"
        said = response.headers.get("Docker-Content-Digest", digest)
        if digest != (name if _is_digest(name) else said):
            raise self._bad(f"the content of {name} has the digest {digest}")
        data = _json(self.where, self.image, response)
        if data.get("schemaVersion") != 2:
            raise self._bad("its manifest is not of schema version 2")
        return _Answer(digest=digest, data=data)

    def _choose(self, manifests: object) -> str:
        """The digest of the first manifest for our platform in an index."""
        listed = [one for one in manifests if isinstance(one, dict)] if isinstance(manifests, list) else []
        offers = [(_platform(one), one.get("digest")) for one in listed]
        fitting = [digest for platform, digest in offers if platform == self.platform and _is_digest(digest)]
        if fitting:
            return str(fitting[0])
        known = sorted({"/".join(platform) for platform, _ in offers if "unknown" not in platform})
        raise RegistryError("REGISTRY_NO_PLATFORM", image=self.image, platform="/".join(self.platform),
                            choices=printable(", ".join(known)[:500]) or "-")

    def _diff_ids(self, digest: str, count: int) -> Sequence[str | None]:
        """The layers' diff ids from the configuration; Nones where it does not list as many as there are layers."""
        response = self.client.fetch(self.where, f"blobs/{digest}", accept="*/*", limit=MAX_CONFIG)
        self._check_status(response)
        if f"sha256:{hashlib.sha256(response.content).hexdigest()}" != digest:
            raise self._bad(f"the content of {digest} has another digest")
        rootfs = _json(self.where, self.image, response).get("rootfs")
        diff_ids = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
        if isinstance(diff_ids, list) and len(diff_ids) == count and all(_is_digest(one) for one in diff_ids):
            return diff_ids
        return [None] * count

    def _layer(self, layer: object, diff_id: str | None) -> RemoteLayer:
        size = layer.get("size") if isinstance(layer, dict) else None
        digest = layer.get("digest") if isinstance(layer, dict) else None
        if not isinstance(size, int) or isinstance(size, bool) or size < 0 or not _is_digest(digest):
            raise self._bad("a layer has no size or digest")
        return RemoteLayer(digest=str(digest), size=size, diff_id=diff_id)

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 404:
            raise RegistryError("REGISTRY_NO_IMAGE", registry=self.where.registry, image=self.image)
        if status in {401, 403}:
            raise _denied(self.where, self.image, f"HTTP {status}")
        if status == 429 or status >= 500:
            raise RegistryError("REGISTRY_RATE_LIMIT" if status == 429 else "REGISTRY_FAILED", image=self.image,
                                registry=self.where.registry, problem=f"HTTP {status}")
        if status != 200:
            raise self._bad(f"HTTP {status}")

    def _bad(self, problem: str) -> RegistryError:
        return _bad(self.where, self.image, problem)


def _read(where: Location, response: httpx.Response, limit: int, deadline: float) -> httpx.Response:
    """The response with its body read; RegistryError once that is larger than `limit`, or late."""
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > limit:
            raise _bad(where, response.url.path, f"more than {limit} bytes")
        if time.monotonic() > deadline:
            raise _unreachable(where, f"{size} bytes of its answer took too long")
        parts.append(part)
    headers = [(name, value) for name, value in response.headers.items()
               if name.lower() not in {"content-encoding", "content-length", "transfer-encoding"}]
    return httpx.Response(response.status_code, headers=headers, content=b"".join(parts))


def _url(text: str) -> httpx.URL:
    """The URL; one that leads nowhere when `text` is none."""
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        return httpx.URL("")


def _speaks_plain_http(exc: BaseException | None) -> bool:
    """Whether `exc` came from something that is no TLS."""
    while exc is not None:
        if isinstance(exc, ssl.SSLError) and exc.reason in _PLAIN_HTTP:
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _json(where: Location, what: str, response: httpx.Response) -> dict[str, Any]:
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError) as exc:
        raise _bad(where, what, "no JSON") from exc
    if not isinstance(data, dict):
        raise _bad(where, what, "no JSON object")
    return data


def _platform(manifest: Mapping[str, Any]) -> tuple[str, str]:
    platform = manifest.get("platform")
    if not isinstance(platform, dict):
        return ("unknown", "unknown")
    return str(platform.get("os", "unknown"))[:40], str(platform.get("architecture", "unknown"))[:40]


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and DIGEST.fullmatch(value) is not None


def _denied(where: Location, image: str, problem: str) -> RegistryError:
    return RegistryError("REGISTRY_DENIED", registry=where.registry, image=image, problem=problem)


def _unreachable(where: Location, problem: str) -> RegistryError:
    return RegistryError("REGISTRY_UNREACHABLE", registry=where.registry, problem=printable(shortened(problem, 200)))


def _bad(where: Location, image: str, problem: str) -> RegistryError:
    return RegistryError("REGISTRY_BAD_ANSWER", registry=where.registry, image=image,
                         problem=printable(shortened(problem, 200)))
