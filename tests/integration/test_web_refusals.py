"""web/: whatever comes in, the answer is an envelope with the right code and a sentence that helps."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from softops import __version__
from softops.errors import HTTP_STATUS
from softops.service import Service
from tests.integration.webserver import Served, served, still_service

TOO_BIG = 1024 * 1024 + 1


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = still_service(tmp_path_factory.mktemp("refusals"))
    yield service
    service.database.close()


@pytest.fixture(scope="module")
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


@pytest.fixture(scope="module")
def api(web: Served) -> Iterator[httpx.Client]:
    with web.client() as client:
        yield client


def refusal(response: httpx.Response) -> tuple[int, str]:
    """Code and sentence of an answer that has to be a refusal in its envelope."""
    answer = response.json()
    assert list(answer) == ["code", "message", "data"]
    assert answer["data"] is None
    assert response.status_code == HTTP_STATUS[answer["code"]]
    assert response.headers["x-request-id"]
    return answer["code"], answer["message"]


@pytest.mark.parametrize(("query", "said"), [
    ("page=0", "page has to be a whole number from 1"), ("page=-1", "page"), ("page=1.5", "page"), ("page=x", "page"),
    ("page=%31%30x", "page"), ("page=１", "page"), ("page=99999999999999999999", "page"), ("page=1&page=2", "page"),
    ("size=0", "size has to be a whole number from 1 to 1000"), ("size=1001", "to 1000"), ("size=1000000", "to 1000"),
    ("size=x", "size"), ("status=available", "status has to be one of: AVAILABLE, UNAVAILABLE or RETIRED"),
    ("name=" + "x" * 256, "name may have at most 255"), ("name=%00", "name"), ("name=%ff", "UTF-8"),
    ("nmae=x", "There is no nmae here. Meant: name?"), ("name=" + "x" * 60_000, "name")])
def test_a_query_that_does_not_fit_is_400_and_names_the_parameter(api: httpx.Client, query: str, said: str) -> None:
    code, message = refusal(api.get(f"/page?{query}"))
    assert code == 400
    assert said in message


@pytest.mark.parametrize("query", ["softId=x", "softId=0", "softId=9223372036854775808", "serverId=1.0", "status=NOPE",
                                   "jobId=-1"])
def test_filters_of_records_are_checked_as_well(api: httpx.Client, query: str) -> None:
    code, message = refusal(api.get(f"/record/page?{query}"))
    assert code == 400
    assert message.startswith(query.partition("=")[0])


@pytest.mark.parametrize("path", ["/{}", "/record/{}", "/job/{}", "/job/{}/event", "/server/{}", "/repository/{}"])
def test_an_id_that_does_not_exist_is_404_and_one_that_is_none_is_400(api: httpx.Client, path: str) -> None:
    code, message = refusal(api.get(path.format(987654)))
    assert (code, "987654" in message) == (404, True)
    for wrong in ("x", "0", "-1", "1.0", "1e3", str(2**63), "9" * 500, "%00", quote("１"), "true"):
        code, message = refusal(api.get(path.format(wrong)))
        assert (code, "whole number" in message) == (400, True)
    assert refusal(api.get(path.format(2**63 - 1)))[0] == 404


@pytest.mark.parametrize("path", ["/sync/{}", "/pull/{}", "/job/{}/cancel", "/job/{}/retry", "/record/{}/cancel",
                                  "/server/{}/check", "/repository/{}/sync"])
def test_nothing_is_done_to_what_does_not_exist(api: httpx.Client, path: str) -> None:
    assert refusal(api.post(path.format(987654)))[0] == 404
    assert refusal(api.post(path.format("x")))[0] == 400


@pytest.mark.parametrize(("body", "said"), [
    (b"", "softId"), (b"{}", "softId"), (b"{", "not JSON"), (b"[]", "object"), (b"1", "object"), (b"null", "object"),
    (b"\xff", "not JSON"), (b"[" * 100_000, "not JSON"), (b'{"softId": "x"}', "softId"),
    (b'{"softId": true}', "softId"), (b'{"softId": 1.5}', "softId"), (b'{"softId": 1, "name": "x"}', "not both"),
    (b'{"name": "x", "verison": "1"}', "There is no verison here. Meant: version?"),
    (b'{"name": ""}', "name is empty"), (b'{"name": 7}', "name has to be a text"),
    (b'{"name": "a\\u0000b"}', "name"),
    (b'{"softId": 1, "servers": []}', "servers is an empty list"), (b'{"softId": 1, "groups": []}', "groups"),
    (b'{"softId": 1, "servers": "web1"}', "servers has to be a list"),
    (b'{"softId": 1, "servers": [true]}', "servers.0"),
    (b'{"softId": 1, "servers": [1.5]}', "servers.0"), (b'{"softId": 1, "servers": [{}]}', "servers.0"),
    (b'{"softId": 1, "servers": ["web\\u001b[2J"]}', "servers.0"),
    (b'{"softId": 1, "servers": [99999999999999999999]}', "servers.0"),
    (b'{"softId": 1, "parameters": []}', "parameters has to be an object"), (b'{"softId": 1, "user": ""}', "user")])
def test_a_body_that_does_not_fit_is_400_and_names_the_field(api: httpx.Client, body: bytes, said: str) -> None:
    code, message = refusal(api.post("/install", content=body))
    assert code == 400
    assert said in message


def test_a_body_where_none_is_read_is_refused_instead_of_ignored(api: httpx.Client) -> None:
    code, message = refusal(api.post("/pull/1", json={"serverIds": [1]}))
    assert code == 400
    assert "serverId, server, group" in message
    for nothing in (b"", b"{}", b" null "):
        assert refusal(api.post("/pull/1", content=nothing))[0] == 404


def test_an_empty_choice_of_servers_is_not_the_default(api: httpx.Client) -> None:
    assert refusal(api.post("/pull/1?serverId="))[1] == "serverId is empty. Give a value or leave it out."


@pytest.mark.parametrize("how", ["declared", "streamed"])
def test_a_body_over_the_limit_is_413_without_being_read_to_its_end(web: Served, how: str) -> None:
    headers = f"Content-Length: {TOO_BIG * 100}" if how == "declared" else "Transfer-Encoding: chunked"
    with socket.create_connection(("127.0.0.1", web.port), timeout=20) as raw:
        raw.sendall(f"POST /api/system/soft/install HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode())
        chunk = b"x" * TOO_BIG
        raw.sendall(chunk if how == "declared" else b"%x\r\n%s\r\n" % (len(chunk), chunk))
        assert raw.recv(12) == b"HTTP/1.1 413"


def test_a_path_that_is_not_there_is_404(api: httpx.Client, web: Served) -> None:
    for path in ("/", "/nothing", "/api", "/api/system/soft/", "/api/system/soft/page/", "/%00", "/" + "x" * 5000,
                 "/api/system/soft/../../../etc/passwd", "/socket.io/more"):
        code, message = refusal(api.get(f"{web.url}{path}"))
        assert (code, "/api/openapi.json" in message) == (404, True)


def test_a_method_that_is_not_there_is_405_and_says_which_are(api: httpx.Client) -> None:
    for method, path, allowed in (("PUT", "/page", "GET, HEAD"), ("GET", "/pull/1", "POST"),
                                  ("DELETE", "/1", "GET, HEAD"), ("OPTIONS", "/page", "GET, HEAD"),
                                  ("GET", "/repository/1/sync", "POST")):
        response = api.request(method, path)
        code, message = refusal(response)
        assert (code, allowed in message) == (405, True)
        assert sorted(response.headers["allow"].split(", ")) == allowed.split(", ")


def test_head_is_get_without_a_body(api: httpx.Client) -> None:
    response = api.head("/page")
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 0


@pytest.mark.parametrize(("accept", "said"), [
    ("en", "There is no job 9."), ("zh", "没有任务 9"), ("zh-CN,zh;q=0.9,en;q=0.8", "没有任务 9"),
    ("fr", "There is no job 9."),
    ("en;q=0.2, zh;q=0.7", "没有任务 9"), ("*", "There is no job 9."), ("en;q=x,zh;q=0.1", "没有任务 9")])
def test_the_sentence_is_in_the_language_of_the_caller(api: httpx.Client, accept: str, said: str) -> None:
    assert refusal(api.get("/job/9", headers={"Accept-Language": accept}))[1].startswith(said)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[", "192.0.2.1:80", "localhost@evil"])
def test_another_host_name_is_refused(api: httpx.Client, host: str) -> None:
    assert refusal(api.get("/page", headers={"Host": host}))[0] == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8080"])
def test_the_names_of_this_machine_are_its_own(api: httpx.Client, host: str) -> None:
    assert api.get("/page", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1", "file://", "http://[", ""])
def test_a_page_of_another_origin_changes_nothing(api: httpx.Client, origin: str) -> None:
    assert refusal(api.post("/pull/1", headers={"Origin": origin}))[0] == 403
    assert api.get("/page", headers={"Origin": origin}).status_code == 200


def test_an_own_page_may_do_everything(api: httpx.Client, web: Served) -> None:
    assert refusal(api.post("/pull/1", headers={"Origin": web.url}))[0] == 404
    assert refusal(api.post("/pull/1", headers={"Origin": "http://localhost", "Host": "localhost:80"}))[0] == 404


def test_a_database_that_does_not_answer_makes_the_server_unhealthy(tmp_path: Path) -> None:
    service = still_service(tmp_path)
    with served(service) as web, web.client() as client:
        assert client.get(f"{web.url}/healthz").json()["data"] == {"status": "ok", "version": __version__}
        service.database.close()
        for file in service.settings.var_dir.glob("softops.db*"):
            file.unlink()
        assert refusal(client.get(f"{web.url}/healthz"))[0] == 503
    service.database.close()


def test_a_name_for_the_request_that_could_harm_a_log_is_replaced(api: httpx.Client) -> None:
    for name in ("a b", "x" * 65, "a\tb", "<script>"):
        assert api.get("/page", headers={"X-Request-Id": name}).headers["x-request-id"] != name
