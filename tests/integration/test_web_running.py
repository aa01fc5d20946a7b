"""web/running.py: what is wrong is named before anything is stored or a server touched, and what is where is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.waves import Strategy
from tests.factories import COMMIT, DIGEST
from tests.integration.desk import GIVEN, Desk, open_desk
from tests.integration.webserver import served

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with open_desk(tmp_path, database_url) as opened:
        yield opened


@pytest.fixture
def api(desk: Desk) -> Iterator[httpx.Client]:
    with served(desk.service) as web, web.client(**ENGLISH) as client:
        yield client


def answer(response: httpx.Response) -> Any:
    """The data of an answer."""
    assert response.json()["code"] == response.status_code < 300, response.text
    return response.json()["data"]


SHOP = {"name": "shop", "version": "1.0", "servers": ["web1"]}


@pytest.mark.parametrize(("path", "body", "status", "named"), [
    ("start", {**SHOP, "parameters": {**GIVEN, "PORT": "many"}}, 400, "PORT"),
    ("start", {**SHOP, "parameters": {**GIVEN, "PORT": 70_000}}, 400, "PORT"),
    ("start", {**SHOP, "parameters": {**GIVEN, "PROT": 80}}, 400, "PROT"),
    ("start", {**SHOP, "parameters": {"HOST": "h"}}, 400, "PASSWORD"),
    ("start", {**SHOP, "parameters": {"PASSWORD": "p"}}, 400, "HOST"),
    ("start", {**SHOP, "parameters": [1]}, 400, "parameters"),
    ("start", {**SHOP, "parameter": {}}, 400, "parameters"),
    ("start", {**SHOP, "withRequired": "yes"}, 400, "withRequired"),
    ("start", {**SHOP, "acceptPermissions": "privileged"}, 400, "acceptPermissions"),
    ("start", {**SHOP, "parameters": GIVEN, "strategy": {"canary": -1}}, 400, "canary"),
    ("start", {**SHOP, "parameters": GIVEN, "strategy": {"batches": 1}}, 400, "batch"),
    ("start", {**SHOP, "parameters": GIVEN, "strategy": 3}, 400, "strategy"),
    ("start", {**SHOP, "servers": []}, 400, "servers"),
    ("start", {**SHOP, "servers": ["web7"]}, 404, "web7"),
    ("start", {"name": "shap", "servers": ["web1"]}, 404, "shop"),
    ("start", {"name": "front", "servers": ["web1"]}, 400, "cache, queue"),
    ("start", {"name": "tracer", "servers": ["web1"]}, 400, "host_network"),
    ("start", {"name": "sneaky", "servers": ["web1"], "acceptPermissions": ["privileged"]}, 400, "privileged"),
    ("upgrade", {**SHOP, "version": "2.0"}, 404, "web1"),
    ("rollback", {"name": "shop", "servers": ["web1"]}, 404, "web1"),
    ("rollback", {"name": "shop", "servers": ["web1"], "revision": 0}, 400, "revision"),
    ("rollback", {"servers": ["web1"]}, 400, "name"),
    ("stop", {"name": "shop", "servers": ["web1"]}, 404, "shop"),
    ("restart", {"name": "shop", "servers": ["web1"], "removeVolumes": True}, 400, "removeVolumes"),
    ("remove", {"name": "shop", "servers": ["web1"], "removeVolumes": "yes"}, 400, "removeVolumes"),
    ("job/99/approve", {}, 404, "99"),
])
def test_what_is_wrong_is_named_before_anything_is_stored(
        desk: Desk, api: httpx.Client, path: str, body: Mapping[str, Any], status: int, named: str) -> None:
    before = desk.rows()
    response = api.post(f"/{path}", json=body) if body else api.post(f"/{path}")
    assert (response.status_code, response.json()["code"]) == (status, status)
    assert named in response.json()["message"]
    assert desk.rows() == before


def test_a_start_is_accepted_and_shows_no_secret_anywhere(desk: Desk, api: httpx.Client) -> None:
    response = api.post("/start", json={**SHOP, "parameters": {**GIVEN, "PORT": 81}, "user": "Zoë",
                                        "strategy": {"canary": 1}})
    job = answer(response)
    assert (response.status_code, response.headers["location"]) == (202, f"/api/system/soft/job/{job['id']}")
    assert (job["operation"], job["parameters"], job["waves"], job["user"], len(job["records"])) == (
        "start", {"PORT": 81, "HOST": "shop.example.com"}, 1, "Zoë", 1)
    desk.end(desk.service.records.job(job["id"]))
    shown = [response.text, *(api.get(path).text for path in (
        f"/job/{job['id']}", "/job/page", "/record/page", "/app/page", "/app/revision/page?name=shop&serverId=1"))]
    assert "hunter2" not in "".join(shown)


def test_without_a_version_it_is_the_one_that_is_there_or_else_the_newest(desk: Desk, api: httpx.Client) -> None:
    def version(path: str = "start", **body: Any) -> str:
        return str(answer(api.post(f"/{path}", json={"name": "shop", "parameters": GIVEN, **body}))["version"])

    desk.run("shop:1.0", "web1", parameters=GIVEN)
    assert version(servers=["web1"]) == "1.0"
    assert version(servers=["web2"]) == "2.0"
    for job in desk.service.records.pending_jobs():
        desk.end(desk.service.records.job(job))
    assert version(servers=["web1", "web2"]) == "2.0"


def test_without_a_server_it_is_the_only_one_that_has_the_software(desk: Desk, api: httpx.Client) -> None:
    desk.run("shop:1.0", "web2", parameters=GIVEN)
    for path, body in (("stop", {}), ("restart", {}), ("upgrade", {"version": "2.0"}), ("rollback", {}),
                       ("remove", {"removeVolumes": True})):
        job = answer(api.post(f"/{path}", json={"name": "shop", **body}))
        assert [record["systemSoftRecordServerName"] for record in job["records"]] == ["web2"]
        desk.end(desk.service.records.job(job["id"]))
    assert job["options"] == {"removeVolumes": True}
    for server in ("web1", "web2"):
        desk.run("shop:1.0", server, parameters=GIVEN)
    response = api.post("/stop", json={"name": "shop"})
    assert (response.status_code, "web1, web2" in response.json()["message"]) == (400, True)


def test_what_is_where_is_shown(desk: Desk, api: httpx.Client) -> None:
    desk.run("shop:1.0", "web1", "web2", parameters=GIVEN)
    desk.run("cache:1.0", "web2")
    rows = answer(api.get("/app/page"))["records"]
    assert [(row["systemSoftAppServerName"], row["systemSoftAppName"]) for row in rows] == [
        ("web1", "shop"), ("web2", "cache"), ("web2", "shop")]
    ended = desk.service.records.record(1).end_time
    assert ended is not None
    assert answer(api.get("/app/page", params={"name": "shop", "serverId": 1})) == {
        "records": [{
            "systemSoftAppServerId": 1, "systemSoftAppServerName": "web1", "systemSoftAppName": "shop",
            "systemSoftAppState": "RUNNING", "systemSoftAppSoftId": desk.images["shop:1.0"].id,
            "systemSoftAppVersion": "1.0", "systemSoftAppDockerImage": "shop:1.0", "systemSoftAppDigest": DIGEST,
            "systemSoftAppCommit": COMMIT, "systemSoftAppParameters": {"PORT": 8080, "HOST": "shop.example.com"},
            "systemSoftAppRevision": 1, "systemSoftAppManaged": False, "systemSoftAppRecordId": 1,
            "systemSoftAppUpdateTime": ended.isoformat()}],
        "total": 1, "size": 10, "current": 1, "pages": 1}


def test_the_revisions_of_a_software_are_shown_newest_first_and_only_those_that_worked(
        desk: Desk, api: httpx.Client) -> None:
    desk.run("shop:1.0", parameters=GIVEN)
    desk.start("shop:1.0", "web2", parameters=GIVEN)
    desk.run("shop:2.0")
    found = answer(api.get("/app/revision/page", params={"name": "shop", "serverId": 1}))
    assert [(row["systemSoftRevisionNumber"], row["systemSoftRevisionVersion"]) for row in found["records"]] == [
        (2, "2.0"), (1, "1.0")]
    last = found["records"][1]
    assert (last["systemSoftRevisionImages"], last["systemSoftRevisionParameters"]) == (
        [f"shop:1.0@{DIGEST}"], {"PORT": 8080, "HOST": "shop.example.com"})
    assert "secrets" not in str(last).lower()
    assert answer(api.get("/app/revision/page", params={"name": "shop", "serverId": 2}))["total"] == 0
    assert api.get("/app/revision/page", params={"name": "shop", "serverId": 99}).status_code == 404
    assert api.get("/app/revision/page", params={"serverId": 1}).status_code == 400


def test_a_wave_is_allowed_once_the_job_waits_for_it(desk: Desk, api: httpx.Client) -> None:
    job = desk.start("cache:1.0", "web1", "web2", strategy=Strategy(batch=1, approval=True))
    refused = api.post(f"/job/{job.id}/approve")
    assert (refused.status_code, refused.json()["message"]) == (409, f"Job {job.id} does not wait for an approval.")
    records = desk.service.records
    records.claim(job.id, owner="me", now=desk.service.clock(), lease=desk.lease)
    records.set_wave(job.id, wave=2, waiting="approval")
    shown = answer(api.get(f"/job/{job.id}"))
    assert (shown["status"], shown["wave"], shown["waves"], shown["waiting"]) == ("RUNNING", 2, 2, "approval")
    response = api.post(f"/job/{job.id}/approve")
    assert (answer(response)["id"], response.json()["message"]) == (job.id, f"Wave 2 of job {job.id} may begin.")
    assert records.job(job.id).approved_wave == 2


def test_a_busy_server_is_a_conflict_that_names_the_job(desk: Desk, api: httpx.Client) -> None:
    holder = desk.start("cache:1.0", "web2")
    response = api.post("/start", json={"name": "front", "servers": ["web1", "web2"], "withRequired": True})
    assert (response.status_code, f"job {holder.id}" in response.json()["message"]) == (409, True)
    assert answer(api.get("/job/page"))["total"] == 1
