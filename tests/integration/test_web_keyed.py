"""web/keyed.py and client.py: a request with a key makes one job, however often and whenever it comes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.client import Address, Client
from softops.entities import FinalState
from softops.errors import ServerUnavailable
from softops.service import Service
from softops.statuses import RecordStatus
from tests.integration.webserver import Served, served, still_service

INSTALL = {"name": "demo", "version": "1.0", "servers": ["web1"]}
KEY = {"Idempotency-Key": "8e03978e-40d5"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = still_service(tmp_path)
    settings = service.settings
    service.syncer.place(name="catalog", url=settings.catalog_url, ref=settings.catalog_ref,
                         path=settings.catalog_path, interval=0)
    service.syncer.sync(1)
    yield service
    service.database.close()


@pytest.fixture
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


def post(web: Served, path: str, body: object = None, **headers: str) -> httpx.Response:
    with web.client(**KEY | headers) as client:
        return client.post(path, json=body)


def jobs(web: Served) -> int:
    return web.service.records.job_page(page=1, size=10).total


def finish(web: Served, job_id: int, status: RecordStatus = RecordStatus.FAILED) -> None:
    records = web.service.records
    records.claim(job_id, owner="test", now=web.service.clock(), lease=web.service.clock() - web.service.clock())
    for record in records.start_records(job_id, web.service.clock()):
        records.finish_record(record.id, FinalState(status=status, reason="TASK_FAILED", code=500), web.service.clock(),
                              "en")
    records.finish_job(job_id, web.service.clock())


def test_the_same_request_is_answered_with_its_job_as_it_is_now(web: Served) -> None:
    first = post(web, "/install", INSTALL)
    assert (first.status_code, first.headers.get("idempotent-replayed")) == (202, None)
    job = first.json()["data"]
    finish(web, job["id"])
    again = post(web, "/install", INSTALL)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
    assert (again.json()["data"]["id"], again.json()["data"]["status"], jobs(web)) == (job["id"], "FAILED", 1)
    assert again.headers["location"] == first.headers["location"]


def test_another_request_with_the_key_is_refused_with_the_remedy(web: Served) -> None:
    job = post(web, "/install", INSTALL).json()["data"]["id"]
    for path, body in (("/install", INSTALL | {"version": "2.0"}), (f"/job/{job}/retry", {}), ("/pull/1", None)):
        refused = post(web, path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, 409)
        assert f"(job {job}). Send a new key" in refused.json()["message"]
    assert jobs(web) == 1


def test_twins_at_the_same_time_make_one_job(web: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(web, "/install", INSTALL), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert ({answer.json()["data"]["id"] for answer in answers}, jobs(web)) == ({1}, 1)


def test_a_refused_request_may_come_again(web: Served) -> None:
    blocker = post(web, "/install", INSTALL, **{"Idempotency-Key": "another"}).json()["data"]["id"]
    assert post(web, "/install", INSTALL).status_code == 409
    finish(web, blocker)
    again = post(web, "/install", INSTALL)
    assert (again.status_code, again.json()["data"]["id"], jobs(web)) == (202, blocker + 1, 2)


def test_a_retry_that_comes_twice_is_one_job(web: Served) -> None:
    job = post(web, "/install", INSTALL, **{"Idempotency-Key": "another"}).json()["data"]["id"]
    finish(web, job)
    made = [post(web, f"/job/{job}/retry", {}).json()["data"]["id"] for _ in range(2)]
    assert (made, jobs(web)) == ([job + 1, job + 1], 2)


def test_a_pull_that_comes_twice_is_one_job_and_waits_again(web: Served) -> None:
    asked = [post(web, "/pull/1?server=web1", prefer="respond-async") for _ in range(2)]
    assert [answer.status_code for answer in asked] == [202, 202]
    job = asked[0].json()["data"]["id"]
    finish(web, job, RecordStatus.SUCCESS)
    done = post(web, "/pull/1?server=web1")
    assert (done.status_code, done.json()["data"], jobs(web)) == (200, True, 1)


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_what_can_not_be_a_key_is_refused(web: Served, key: str) -> None:
    refused = post(web, "/install", INSTALL, **{"Idempotency-Key": key})
    assert (refused.status_code, jobs(web)) == (400, 0)
    assert "Send a fresh UUID" in refused.json()["message"]


def test_where_no_job_is_made_a_key_means_nothing(web: Served) -> None:
    for _ in range(2):
        assert post(web, "/repository/1/sync", {}).headers.get("idempotent-replayed") is None
    job = post(web, "/install", INSTALL).json()["data"]["id"]
    assert post(web, f"/job/{job}/cancel").json()["data"]["id"] == job


def test_every_endpoint_that_accepts_a_job_takes_a_key(web: Served) -> None:
    document = httpx.get(f"{web.url}/api/openapi.json", trust_env=False).json()
    makes = {path for path, methods in document["paths"].items()
             if "202" in methods.get("post", {}).get("responses", {}) and not path.endswith("{repository}")}
    keyed = {path for path, methods in document["paths"].items()
             if any(one["name"] == "Idempotency-Key" for one in methods.get("post", {}).get("parameters", ()))}
    api = "/api/system/soft"
    assert keyed == makes == {f"{api}/{verb}" for verb in (
        "install", "pull/{softId}", "start", "upgrade", "rollback", "stop", "restart", "remove", "job/{jobId}/retry",
        "apply", "report")}


@contextmanager
def losing_answers(web: Served, losses: int) -> Iterator[int]:
    """A port where the first answers get lost: the request is carried out and then the connection breaks."""
    left = [losses]

    def serve(line: socket.socket) -> None:
        with line, socket.create_connection(("127.0.0.1", web.port), timeout=30) as behind, suppress(OSError):
            request = line.recv(1 << 20)
            while not request.endswith(b"}"):
                request += line.recv(1 << 20)
            behind.sendall(request)
            answer = behind.recv(1 << 20)
            if left[0] > 0:
                left[0] -= 1
                return
            while answer:
                line.sendall(answer)
                answer = behind.recv(1 << 20)

    def accept() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                threading.Thread(target=serve, args=(line,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def made(port: int, body: Mapping[str, Any] = INSTALL) -> Any:
    client = Client(Address(url=f"http://127.0.0.1:{port}"), lang="en")
    try:
        return client.make("/install", body)
    finally:
        client.close()


def test_a_client_whose_answer_got_lost_gets_the_job_it_has_made(web: Served) -> None:
    with losing_answers(web, 2) as port:
        job = made(port)
    assert (job["id"], jobs(web)) == (1, 1)


def test_a_client_asks_for_another_job_the_next_time(web: Served) -> None:
    first = made(web.port)
    finish(web, first["id"])
    assert made(web.port)["id"] == first["id"] + 1


def test_where_nobody_is_a_client_says_so_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ServerUnavailable, match="No softops answers"):
        made(port)
