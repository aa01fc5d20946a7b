"""web/: work that is asked for over HTTP and watched over the live channel, through real SQL and ansible-playbook."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import connect

from softops.service import Service
from tests.fleet.registry import Registry
from tests.homes import commit, make_home
from tests.integration.webserver import Served, served
from tests.waiting import wait_until

SLEEP = "ansible.builtin.command: {argv: [sleep, '60']}"
FAIL_ON_WEB2 = "ansible.builtin.assert: {that: inventory_hostname != 'web2', fail_msg: broken by hand}"

MakeWeb = Callable[..., Served]


@pytest.fixture
def make_web(tmp_path: Path) -> Iterator[MakeWeb]:
    with ExitStack() as stack:
        def make(task: str = "ansible.builtin.ping:", **home: Any) -> Served:
            service = Service(make_home(tmp_path, task=task, **home))
            service.start()
            stack.callback(service.stop)
            web = stack.enter_context(served(service))
            post(web, "/repository/1/sync")
            return web

        yield make


def post(web: Served, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Code and data of an answer whose status agrees."""
    with web.client(**headers) as client:
        response = client.post(path, json=body) if body is not None else client.post(path)
    answer = response.json()
    assert response.status_code == {1001: 503, 1002: 502}.get(answer["code"], answer["code"])
    return answer["code"], answer["data"]


def get(web: Served, path: str) -> Any:
    with web.client() as client:
        return client.get(path).json()["data"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def soft_id(web: Served, version: str = "1.0") -> int:
    return web.service.images.find("demo", version).id


def job_ended(web: Served, job_id: int) -> Any:
    wait_until(lambda: get(web, f"/job/{job_id}")["endTime"] is not None, timeout=30)
    return get(web, f"/job/{job_id}")


def ends(job: Any) -> dict[str, tuple[str, str]]:
    return {record["systemSoftRecordServerName"]: (record["systemSoftRecordStatus"], record["systemSoftRecordRemark"])
            for record in job["records"]}


def test_a_pull_waits_and_answers_as_in_the_contract(make_web: MakeWeb) -> None:
    web = make_web()
    for headers, message in (({}, "Image pulled."), ({"accept-language": "zh-CN"}, "镜像拉取成功")):
        with web.client(**headers) as client:
            response = client.post(f"/pull/{soft_id(web)}")
        assert response.status_code == 200
        assert response.json() == {"code": 200, "message": message, "data": True}
    assert [row["systemSoftRecordOperation"] for row in get(web, "/record/page")["records"]] == ["pull"] * 4


def test_a_pull_that_fails_says_where_and_why_and_brings_the_job(make_web: MakeWeb) -> None:
    web = make_web(FAIL_ON_WEB2)
    with web.client() as client:
        response = client.post(f"/pull/{soft_id(web)}")
    answer = response.json()
    assert (response.status_code, answer["code"]) == (500, 500)
    assert answer["message"] == ("It failed on 1 of 2 servers: web2: The task 'Do the work.' failed: "
                                 "broken by hand")
    assert {name: end[0] for name, end in ends(answer["data"]).items()} == {"web1": "SUCCESS", "web2": "FAILED"}
    with web.client() as client:
        single = client.post(f"/pull/{soft_id(web)}?server=web2").json()
    assert single["message"] == "web2: The task 'Do the work.' failed: broken by hand"


def test_remarks_are_in_the_language_of_the_caller(make_web: MakeWeb) -> None:
    web = make_web(FAIL_ON_WEB2)
    post(web, f"/pull/{soft_id(web)}")
    for lang, why in (("en", "The task 'Do the work.' failed: broken by hand"),
                      ("zh-CN", "任务“Do the work.”失败：broken by hand")):
        with web.client(**{"accept-language": lang}) as client:
            rows = client.get("/record/page").json()["data"]["records"]
            job = client.get("/job/1").json()["data"]
        assert rows[0]["systemSoftRecordRemark"] == why
        assert job["remark"] == f"web2: {why}"


@pytest.mark.parametrize(("query", "servers"), [
    ("serverId=1", ["web1"]), ("serverId=1&serverId=2", ["web1", "web2"]), ("server=web3&serverId=1", ["web1", "web3"]),
    ("group=default", ["web1", "web2", "web3"]), ("", ["web1", "web2", "web3"])])
def test_a_pull_goes_to_the_servers_that_are_named(make_web: MakeWeb, query: str, servers: list[str]) -> None:
    web = make_web(hosts=("web1", "web2", "web3"))
    code, job = post(web, f"/pull/{soft_id(web)}?{query}", prefer="respond-async")
    assert (code, sorted(ends(job))) == (202, servers)
    job_ended(web, job["id"])


@pytest.mark.parametrize("query", ["serverId=99", "server=nobody", "group=nothing", "serverId=1&server=nobody"])
def test_a_server_that_is_not_there_is_404_and_nothing_is_done(make_web: MakeWeb, query: str) -> None:
    web = make_web()
    assert post(web, f"/pull/{soft_id(web)}?{query}")[0] == 404
    assert get(web, "/job/page")["total"] == 0


@pytest.mark.parametrize(("prefer", "applied", "slowest"), [
    ("respond-async", "respond-async", 1), ("wait=1", "wait=1", 3),
    ("respond-async, wait=1", "respond-async, wait=1", 3)])
def test_a_caller_that_prefers_not_to_wait_gets_the_job(
        make_web: MakeWeb, prefer: str, applied: str, slowest: float) -> None:
    web = make_web(SLEEP)
    began = time.monotonic()
    with web.client(prefer=prefer) as client:
        response = client.post(f"/pull/{soft_id(web)}")
    assert time.monotonic() - began < slowest
    answer = response.json()
    job = answer["data"]
    assert (response.status_code, answer["code"], answer["message"]) == (202, 202, f"Job {job['id']} was accepted.")
    assert response.headers["location"] == f"/api/system/soft/job/{job['id']}"
    assert response.headers["preference-applied"] == applied
    assert job["status"] in {"PENDING", "RUNNING"}
    post(web, f"/job/{job['id']}/cancel")


def test_a_caller_that_goes_away_does_not_end_the_job(make_web: MakeWeb) -> None:
    web = make_web("ansible.builtin.command: {argv: [sleep, '2']}")
    with socket.create_connection(("127.0.0.1", web.port)) as raw:
        raw.sendall(f"POST /api/system/soft/pull/{soft_id(web)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        wait_until(lambda: get(web, "/job/page")["total"] == 1)
    assert job_ended(web, 1)["status"] == "SUCCESS"


def test_a_cancelled_pull_is_409_for_who_waits_for_it(make_web: MakeWeb) -> None:
    web = make_web(SLEEP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, web, f"/pull/{soft_id(web)}")
        running(web, 1)
        code, job = post(web, "/job/1/cancel")
        assert (code, job["cancelRequested"]) == (200, True)
        code, job = waiting.result()
    assert (code, job["status"]) == (409, "CANCELLED")
    assert post(web, "/job/1/cancel")[0] == 409


def running(web: Served, job_id: int) -> None:
    """Wait until the job works on its servers."""
    def works() -> bool:
        jobs = get(web, "/job/page?status=RUNNING")["records"]
        return any(job["id"] == job_id and job["seq"] for job in jobs)

    wait_until(works)


def test_who_waits_is_told_when_the_server_ends(tmp_path: Path) -> None:
    service = Service(make_home(tmp_path, task=SLEEP))
    service.start()
    try:
        with ThreadPoolExecutor(1) as pool:
            # Whoever waits looks once a second whether the server ends.
            with served(service, grace=3) as web:
                post(web, "/repository/1/sync")
                waiting = pool.submit(post, web, f"/pull/{soft_id(web)}")
                wait_until(lambda: service.records.job_page(page=1, size=1).total == 1)
                began = time.monotonic()
            assert time.monotonic() - began < 5
            code, job = waiting.result()
        assert (code, job["id"]) == (503, 1)
    finally:
        service.stop()


@pytest.mark.parametrize(("body", "version", "servers"), [
    ({"softId": 1}, "1.0", ["web1", "web2"]), ({"name": "demo"}, "2.0", ["web1", "web2"]),
    ({"name": "demo", "version": "1.0", "repository": "catalog", "servers": [1]}, "1.0", ["web1"]),
    ({"softId": 2, "servers": ["web2", 1]}, "2.0", ["web1", "web2"]),
    ({"softId": 2, "groups": ["all"], "user": "Zoë"}, "2.0", ["web1", "web2"])])
def test_an_install_is_a_job_with_a_record_per_server(
        make_web: MakeWeb, body: dict[str, Any], version: str, servers: list[str]) -> None:
    web = make_web()
    with web.client() as client:
        response = client.post("/install", json=body)
    assert response.headers["location"] == "/api/system/soft/job/1"
    answer = response.json()
    assert (response.status_code, answer["code"], answer["message"]) == (202, 202, "Job 1 was accepted.")
    job = job_ended(web, answer["data"]["id"])
    assert (job["operation"], job["version"], job["user"]) == ("install", version, body.get("user", "api"))
    assert ends(job) == dict.fromkeys(servers, ("SUCCESS", "Installed."))
    assert job["records"] == sorted(get(web, "/record/page?jobId=1")["records"],
                                    key=lambda record: record["systemSoftRecordId"])


@pytest.mark.parametrize(("body", "code"), [
    ({"softId": 99}, 404), ({"name": "nothing"}, 404), ({"name": "demo", "version": "9"}, 404),
    ({"softId": 1, "servers": [99]}, 404), ({"softId": 1, "servers": ["nobody"]}, 404),
    ({"softId": 1, "groups": ["nothing"]}, 404), ({"name": "demo", "repository": "elsewhere"}, 404),
    ({"softId": 1, "parameters": {"NOPE": 1}}, 400)])
def test_what_can_not_be_installed_is_refused_before_anything_is_written(
        make_web: MakeWeb, body: dict[str, Any], code: int) -> None:
    web = make_web()
    assert post(web, "/install", body) == (code, None)
    assert get(web, "/job/page")["total"] == get(web, "/record/page")["total"] == 0


def test_a_busy_server_is_409_with_its_holder(make_web: MakeWeb) -> None:
    web = make_web(SLEEP)
    _, job = post(web, "/install", {"softId": 1, "servers": ["web1"]})
    with web.client() as client:
        answer = client.post("/install", json={"softId": 2}).json()
    assert answer["code"] == 409
    assert f"job {job['id']}, record 1" in answer["message"]
    post(web, f"/job/{job['id']}/cancel")


def test_one_record_is_cancelled_and_a_retry_is_for_those_that_did_not_succeed(make_web: MakeWeb) -> None:
    web = make_web(SLEEP)
    _, job = post(web, "/install", {"softId": 1})
    running(web, job["id"])
    for record in job["records"]:
        code, row = post(web, f"/record/{record['systemSoftRecordId']}/cancel")
        assert (code, row["systemSoftRecordCancelRequested"]) == (200, True)
    assert job_ended(web, job["id"])["status"] == "CANCELLED"
    assert post(web, f"/record/{job['records'][0]['systemSoftRecordId']}/cancel")[0] == 409
    code, again = post(web, f"/job/{job['id']}/retry", {"user": "Zoë"})
    assert (code, again["retryOf"], again["user"], len(again["records"])) == (202, job["id"], "Zoë", 2)
    assert post(web, f"/job/{again['id']}/retry")[0] == 409
    post(web, f"/job/{again['id']}/cancel")


def test_the_live_channel_tells_what_the_records_and_the_events_say(make_web: MakeWeb) -> None:
    web = make_web(FAIL_ON_WEB2)
    with connect(web.live, proxy=None) as everything:
        wait_until(lambda: web.app.live.watchers == 1)
        _, job = post(web, "/install", {"softId": 1})
        told = [json.loads(everything.recv(30)) for _ in range(5)]
    assert [(message["seq"], message["type"], message["serverName"]) for message in told] == [
        (1, "docker_start", "web1"), (2, "docker_start", "web2"), (3, "docker_complete", "web1"),
        (4, "docker_error", "web2"), (5, "docker_complete", "web2")]
    assert told[3]["error"] == "The task 'Do the work.' failed: broken by hand"
    with connect(f"{web.live}?job={job['id']}&after=0", proxy=None) as later:
        assert json.loads(later.recv(30))["type"] == "subscribed"
        assert [json.loads(later.recv(30)) for _ in range(5)] == told
    assert get(web, f"/job/{job['id']}/event") == {"events": told, "last": 5}


def test_a_server_is_looked_at(make_web: MakeWeb) -> None:
    web = make_web()
    code, server = post(web, "/server/1/check")
    assert (code, server["name"], bool(server["checkTime"])) == (200, "web1", True)
    assert get(web, "/server/1") == server


def test_a_sync_reports_what_changed_and_waits_for_a_confirmation(make_web: MakeWeb, tmp_path: Path) -> None:
    web = make_web()
    _, job = post(web, "/install", {"softId": soft_id(web), "servers": ["web1"]})
    job_ended(web, job["id"])
    catalog = tmp_path / "catalog"
    (catalog / "catalog/demo/software.yml").unlink()
    other = "apiVersion: softops/v1\nname: other\nversions:\n  1.10: {image: x}\n"
    sha = commit(catalog, {"catalog/other/software.yml": other})
    code, report = post(web, "/repository/1/sync")
    assert (code, report["status"], report["waiting"], report["retired"], report["commit"]) == (
        200, "WAITING", True, 2, sha)
    assert {(problem["file"], problem["line"]) for problem in report["problems"]} == {("other/software.yml", 4)}
    assert get(web, "/repository/1")["status"] == "WAITING"
    code, report = post(web, "/repository/1/sync", {"confirm": True})
    assert (code, report["status"], report["retired"]) == (200, "PARTIAL", 2)
    assert get(web, "/page?status=RETIRED")["total"] == 2
    code, report = post(web, "/repository/1/sync?confirm=true")
    assert (code, report["retired"], report["unchanged"]) == (200, 0, 0)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    port = free_port()
    running = Registry(run_id=f"web-{port}", directory=tmp_path / "registry", address="127.0.0.1", port=port)
    running.start()
    yield running
    running.close()


def test_one_software_is_synced_from_git_and_registry_as_in_the_contract(
        make_web: MakeWeb, registry: Registry, tmp_path: Path) -> None:
    image, gone = registry.image("demo", "1.0"), registry.image("demo", "2.0")
    digest = registry.push("demo", "1.0", layers=[100_000])
    versions = f'  "1.0": {{image: "{image}"}}\n  "2.0": {{image: "{gone}"}}\n'
    text = f"apiVersion: softops/v1\nname: demo\nversions:\n{versions}"
    web = make_web(catalog={"catalog/demo/software.yml": text})
    with web.client(**{"accept-language": "zh"}) as client:
        response = client.post(f"/sync/{soft_id(web)}")
        assert (response.status_code, response.json()) == (200, {"code": 200, "message": "镜像同步成功", "data": True})
        assert get(web, f"/{soft_id(web)}")["systemSoftImageDigest"] == digest
        answer = client.post(f"/sync/{soft_id(web, '2.0')}").json()
        assert (answer["code"], answer["data"], gone in answer["message"]) == (404, False, True)
        assert get(web, "/page?status=UNAVAILABLE")["total"] == 1
        commit(tmp_path / "catalog", {"catalog/demo/software.yml": text.replace('"1.0"', '"3.0"')})
        answer = client.post(f"/sync/{soft_id(web)}").json()
        assert (answer["code"], answer["data"], "demo 1.0" in answer["message"]) == (404, False, True)
