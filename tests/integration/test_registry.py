"""registry.py: against a real registry, and against servers that answer as registries should or should not."""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from softops.errors import RegistryError
from softops.logins import Login
from softops.registry import MAX_MANIFEST, RegistryClient
from softops.remoteimages import RemoteImage, RemoteLayer
from tests.fleet.images import Image, build
from tests.fleet.registry import PASSWORD, USER, Registry

Answer = tuple[int, dict[str, str], bytes]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    directory = tmp_path_factory.mktemp("registry")
    with closing(Registry(run_id="none", directory=directory, address="127.0.0.1", port=free_port())) as registry:
        registry.start()
        yield registry


@pytest.fixture
def client() -> Iterator[RegistryClient]:
    with RegistryClient(timeout=2) as client:
        yield client


def remote(image: Image, digest: str | None = None) -> RemoteImage:
    return RemoteImage(
        digest=digest or image.manifest.digest, config_digest=image.config.digest,
        layers=tuple(RemoteLayer(digest=one.digest, size=len(one.data), diff_id=one.diff_id) for one in image.layers),
        size=sum(len(one.data) for one in image.layers))


def refusal(client: RegistryClient, image: str, **platform: Any) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        client.manifest(image, **platform)
    assert "{" not in caught.value.text("zh")
    return caught.value


def test_an_image_is_found_by_tag_and_by_digest(real: Registry, client: RegistryClient) -> None:
    image = build(layers=[1000, 2000], text="1.0", seed="found")
    real.put("found/app", "1.0", image)
    assert client.manifest(real.image("found/app", "1.0")) == remote(image)
    assert client.manifest(f"{real.host}/found/app@{image.manifest.digest}") == remote(image)


@pytest.mark.parametrize("image", ["found/app:9.9", "never/heard:1.0"])
def test_an_image_that_is_not_there_is_named(real: Registry, client: RegistryClient, image: str) -> None:
    error = refusal(client, f"{real.host}/{image}")
    assert (error.reason, error.params) == (
        "REGISTRY_NO_IMAGE", {"registry": real.host, "image": f"{real.host}/{image}"})


def test_a_damaged_configuration_is_noticed(real: Registry, client: RegistryClient) -> None:
    image = build(layers=[], text="damaged", seed="damaged")
    real.put("damaged/app", "1.0", image)
    real.corrupt(image.config.digest)
    assert refusal(client, real.image("damaged/app", "1.0")).reason == "REGISTRY_BAD_ANSWER"


def test_a_name_that_is_none_is_refused(client: RegistryClient) -> None:
    assert refusal(client, "Not an image").reason == "IMAGE_NAME_INVALID"


def test_a_registry_that_is_not_there_is_unreachable(client: RegistryClient) -> None:
    error = refusal(client, f"127.0.0.1:{free_port()}/a:1")
    assert error.reason == "REGISTRY_UNREACHABLE"
    assert "refused" in str(error.params["problem"])


def test_a_registry_that_is_silent_is_unreachable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, RegistryClient(timeout=0.5) as client:
        start = time.monotonic()
        error = refusal(client, f"127.0.0.1:{server.getsockname()[1]}/a:1")
    assert (error.reason, error.params["problem"]) == ("REGISTRY_UNREACHABLE", "no answer within 0.5 s")
    assert time.monotonic() - start < 2


def test_a_registry_whose_answer_trickles_is_unreachable_in_time() -> None:
    def trickle(server: socket.socket) -> None:
        client, _ = server.accept()
        with client, suppress(OSError):
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(200):
                client.sendall(b" ")
                time.sleep(0.1)

    with socket.create_server(("127.0.0.1", 0)) as server, RegistryClient(timeout=0.3) as client:
        thread = threading.Thread(target=trickle, args=(server,))
        thread.start()
        start = time.monotonic()
        error = refusal(client, f"127.0.0.1:{server.getsockname()[1]}/a:1")
        assert time.monotonic() - start < 5
        thread.join()
    assert (error.reason, "took too long" in str(error.params["problem"])) == ("REGISTRY_UNREACHABLE", True)


class Stub:
    """A registry that answers what a test wants, by path."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[dict[str, str]], Answer]] = {}
        self.asked: list[str] = []
        self.host = ""

    def serve(self, name: str, image: Image) -> None:
        """Have an image as `name:1`."""
        for key in ("1", image.manifest.digest):
            self.manifest(name, key, MANIFEST, image.manifest.data)
        self.answers[f"/v2/{name}/blobs/{image.config.digest}"] = (200, {}, image.config.data)

    def manifest(self, name: str, key: str, kind: str, data: bytes) -> None:
        self.answers[f"/v2/{name}/manifests/{key}"] = (200, {"Content-Type": kind}, data)

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        self.asked.append(path)
        found = self.answers.get(path.partition("?")[0], (404, {}, b""))
        return found(headers) if callable(found) else found


@contextmanager
def serving(stub: Stub) -> Iterator[Stub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = stub.answer(self.path, dict(self.headers.items()))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub.host = f"127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub()) as running:
        yield running


IMAGE = build(layers=[500], text="stub", seed="stub")


def index(*platforms: tuple[str, str, str]) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        {"digest": digest, "size": 1, "platform": {"os": system, "architecture": processor}}
        for digest, system, processor in platforms]}).encode()


def sha(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_an_index_leads_to_the_image_of_the_platform_and_keeps_its_own_digest(
        stub: Stub, client: RegistryClient) -> None:
    data = index(("sha256:" + "9" * 64, "linux", "arm64"), ("sha256:" + "8" * 64, "unknown", "unknown"),
                 (IMAGE.manifest.digest, "linux", "amd64"))
    stub.serve("app", IMAGE)
    stub.manifest("app", "1", INDEX, data)
    assert client.manifest(f"{stub.host}/app:1") == remote(IMAGE, sha(data))


def test_a_platform_that_an_index_does_not_have_is_named(stub: Stub, client: RegistryClient) -> None:
    stub.manifest("app", "1", INDEX, index(("sha256:" + "9" * 64, "linux", "arm64"),
                                           ("sha256:" + "8" * 64, "unknown", "unknown")))
    error = refusal(client, f"{stub.host}/app:1", platform=("linux", "riscv64"))
    assert (error.reason, error.params["platform"], error.params["choices"]) == (
        "REGISTRY_NO_PLATFORM", "linux/riscv64", "linux/arm64")


def with_token(stub: Stub, scope: str = "repository:app:pull") -> None:
    """Let the registry ask for an anonymous token first, as Docker Hub does."""
    challenge = f'Bearer realm="http://{stub.host}/token",service="registry.test",scope="{scope}"'
    for path, answer in dict(stub.answers).items():
        def guarded(headers: dict[str, str], answer: Any = answer) -> Answer:
            if headers.get("Authorization") == "Bearer t0ken":
                return answer  # type: ignore[no-any-return]
            return 401, {"WWW-Authenticate": challenge}, b"{}"

        stub.answers[path] = guarded
    stub.answers["/token"] = (200, {}, b'{"token": "t0ken"}')


def test_an_anonymous_token_is_fetched_once(stub: Stub, client: RegistryClient) -> None:
    stub.serve("app", IMAGE)
    with_token(stub)
    assert client.manifest(f"{stub.host}/app:1") == remote(IMAGE)
    assert client.manifest(f"{stub.host}/app:1") == remote(IMAGE)
    assert [path for path in stub.asked if path.startswith("/token")] == [
        "/token?scope=repository%3Aapp%3Apull&service=registry.test"]


LOGIN = Login(user="ci", password="pl@nted/ü+=")


def test_a_login_is_sent_to_where_tokens_are_and_nowhere_else(stub: Stub) -> None:
    stub.serve("app", IMAGE)
    with_token(stub)
    heard: list[str] = []
    for path, answer in dict(stub.answers).items():
        def listening(headers: dict[str, str], answer: Any = answer, path: str = path) -> Answer:
            heard.append(f"{path} {headers.get('Authorization', '-').partition(' ')[0]}")
            if path == "/token" and headers.get("Authorization") != LOGIN.basic:
                return 401, {}, b"{}"
            return answer(headers) if callable(answer) else answer  # type: ignore[no-any-return]

        stub.answers[path] = listening
    with RegistryClient(timeout=2, login_of={stub.host: LOGIN}.get) as client:
        assert client.manifest(f"{stub.host}/app:1") == remote(IMAGE)
    assert {line for line in heard if line.endswith("Basic")} == {"/token Basic"}
    with RegistryClient(timeout=2, login_of={"other.example.com": LOGIN}.get) as client:
        assert refusal(client, f"{stub.host}/app:1").reason == "REGISTRY_DENIED"


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with closing(Registry(run_id="none", directory=tmp_path_factory.mktemp("private"), address="127.0.0.1",
                          port=free_port(), private=True)) as registry:
        registry.start()
        yield registry


def test_a_real_registry_lets_in_who_has_a_login_and_says_what_to_do_otherwise(private: Registry) -> None:
    private.put("app", "1", IMAGE)
    logins: dict[str, Login] = {}
    with RegistryClient(timeout=2, login_of=logins.get) as client:
        denied = refusal(client, f"{private.host}/app:1")
        assert denied.reason == "REGISTRY_DENIED"
        assert f"softops credential add {private.host}" in denied.text("en")
        logins[private.host] = Login(user=USER, password="other")
        assert refusal(client, f"{private.host}/app:1").reason == "REGISTRY_DENIED"
        logins[private.host] = Login(user=USER, password=PASSWORD)
        assert client.manifest(f"{private.host}/app:1") == remote(IMAGE)
        logins[private.host] = Login(user=USER, password="other")
        assert refusal(client, f"{private.host}/app:1").reason == "REGISTRY_DENIED"


def test_an_expired_token_is_fetched_again(stub: Stub, client: RegistryClient) -> None:
    stub.serve("app", IMAGE)
    with_token(stub)
    stub.answers["/token"] = (200, {}, b'{"access_token": "old"}')
    assert refusal(client, f"{stub.host}/app:1").reason == "REGISTRY_DENIED"
    stub.answers["/token"] = (200, {}, b'{"token": "t0ken"}')
    assert client.manifest(f"{stub.host}/app:1") == remote(IMAGE)


@pytest.mark.parametrize(("status", "headers", "reason"), [
    (401, {"WWW-Authenticate": 'Basic realm="login"'}, "REGISTRY_DENIED"),
    (401, {}, "REGISTRY_DENIED"),
    (401, {"WWW-Authenticate": 'Bearer realm="ftp://elsewhere/"'}, "REGISTRY_DENIED"),
    (403, {}, "REGISTRY_DENIED"),
    (404, {}, "REGISTRY_NO_IMAGE"),
    (429, {}, "REGISTRY_RATE_LIMIT"),
    (503, {}, "REGISTRY_FAILED"),
    (418, {}, "REGISTRY_BAD_ANSWER"),
])
def test_each_refusal_has_its_reason(stub: Stub, client: RegistryClient, status: int, headers: dict[str, str],
                                     reason: str) -> None:
    stub.answers["/v2/app/manifests/1"] = (status, headers, b"")
    assert refusal(client, f"{stub.host}/app:1").reason == reason


@pytest.mark.parametrize("body", [
    b"<html>", b"[]", b"{}", b'{"schemaVersion": 1}', b'{"schemaVersion": 2}', b"[" * 100_000,
    b'{"schemaVersion": 2, "config": {"digest": "../../etc"}, "layers": []}',
    b'{"schemaVersion": 2, "manifests": "x"}', b" " * (MAX_MANIFEST + 1)])
def test_what_is_no_manifest_is_a_bad_answer(stub: Stub, client: RegistryClient, body: bytes) -> None:
    stub.manifest("app", "1", MANIFEST, body)
    expected = "REGISTRY_NO_PLATFORM" if b"manifests" in body else "REGISTRY_BAD_ANSWER"
    assert refusal(client, f"{stub.host}/app:1").reason == expected


def test_a_manifest_with_another_digest_than_said_is_a_bad_answer(stub: Stub, client: RegistryClient) -> None:
    stub.serve("app", IMAGE)
    wrong = "sha256:" + "0" * 64
    stub.answers["/v2/app/manifests/1"] = (200, {"Docker-Content-Digest": wrong}, IMAGE.manifest.data)
    stub.manifest("app", wrong, MANIFEST, IMAGE.manifest.data)
    assert refusal(client, f"{stub.host}/app:1").reason == "REGISTRY_BAD_ANSWER"
    assert refusal(client, f"{stub.host}/app@{wrong}").reason == "REGISTRY_BAD_ANSWER"


def test_blobs_may_lie_elsewhere_and_the_token_stays_here(stub: Stub, client: RegistryClient) -> None:
    stub.serve("app", IMAGE)
    with_token(stub)
    with serving(Stub()) as store:
        seen: list[dict[str, str]] = []

        def blob(headers: dict[str, str]) -> Answer:
            seen.append(headers)
            return 200, {}, IMAGE.config.data

        store.answers["/blob"] = blob
        stub.answers[f"/v2/app/blobs/{IMAGE.config.digest}"] = (307, {"Location": f"http://{store.host}/blob"}, b"")
        assert client.manifest(f"{stub.host}/app:1") == remote(IMAGE)
    assert [headers.get("Authorization") for headers in seen] == [None]


def test_an_endless_redirect_is_a_bad_answer(stub: Stub, client: RegistryClient) -> None:
    stub.answers["/v2/app/manifests/1"] = (307, {"Location": "/v2/app/manifests/1"}, b"")
    assert refusal(client, f"{stub.host}/app:1").reason == "REGISTRY_BAD_ANSWER"


def test_layers_without_diff_ids_are_known_by_size_alone(stub: Stub, client: RegistryClient) -> None:
    config = b'{"architecture": "amd64"}'
    body = json.dumps({"schemaVersion": 2, "config": {"digest": sha(config)}, "layers": [
        {"digest": IMAGE.layers[0].digest, "size": 7}]}).encode()
    stub.manifest("app", "1", MANIFEST, body)
    stub.answers[f"/v2/app/blobs/{sha(config)}"] = (200, {}, config)
    assert client.manifest(f"{stub.host}/app:1") == RemoteImage(
        digest=sha(body), config_digest=sha(config), size=7,
        layers=(RemoteLayer(digest=IMAGE.layers[0].digest, size=7, diff_id=None),))


def test_plain_http_is_spoken_only_where_it_is_allowed(stub: Stub) -> None:
    stub.serve("app", IMAGE)
    # Leads to this machine like a loopback address, but is none by its looks.
    host = f"0.0.0.0:{stub.host.rpartition(':')[2]}"
    with RegistryClient(timeout=2) as careful, RegistryClient([host], timeout=2) as allowed:
        error = refusal(careful, f"{host}/app:1")
        assert (error.reason, error.code, error.params) == ("REGISTRY_PLAIN_HTTP", 1002, {"registry": host})
        assert "SOFTOPS_INSECURE_REGISTRIES" in error.text("zh")
        assert stub.asked == []
        assert allowed.manifest(f"{host}/app:1") == remote(IMAGE)


@pytest.fixture
def far(stub: Stub) -> Iterator[tuple[RegistryClient, str]]:
    """The stub as a registry that is on another machine by its looks and speaks plain HTTP, and who may ask it."""
    host = f"0.0.0.0:{stub.host.rpartition(':')[2]}"
    with RegistryClient([host], timeout=2) as client:
        yield client, host


@pytest.mark.parametrize("place", [
    "http://127.0.0.1:{port}/x", "http://169.254.169.254/latest/meta-data", "https://169.254.169.254/latest",
    "https://localhost:{port}/x", "https://[::ffff:127.0.0.1]:{port}/x", "http://elsewhere.test/x", "file:///etc/passwd"])
def test_a_registry_leads_nobody_to_what_only_this_machine_reaches(stub: Stub, far: tuple[RegistryClient, str],
                                                                   place: str) -> None:
    client, host = far
    with serving(Stub()) as other:
        url = place.format(port=other.host.rpartition(":")[2])
        stub.answers["/v2/app/manifests/1"] = (307, {"Location": url}, b"")
        assert refusal(client, f"{host}/app:1").reason in {"REGISTRY_BAD_ANSWER", "REGISTRY_UNREACHABLE"}
        stub.answers["/v2/app/manifests/1"] = (401, {"WWW-Authenticate": f'Bearer realm="{url}"'}, b"")
        assert refusal(client, f"{host}/app:1").reason == "REGISTRY_DENIED"
    assert other.asked == []


def test_a_registry_may_lead_to_its_own_host(stub: Stub, far: tuple[RegistryClient, str]) -> None:
    client, host = far
    stub.serve("app", IMAGE)
    path = f"/v2/app/blobs/{IMAGE.config.digest}"
    with serving(Stub()) as store:
        store.answers["/blob"] = stub.answers[path]
        stub.answers[path] = (307, {"Location": f"http://0.0.0.0:{store.host.rpartition(':')[2]}/blob"}, b"")
        assert client.manifest(f"{host}/app:1") == remote(IMAGE)
