"""web/: the lists of the API on both databases, as the contract has them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.entities import FinalState, Job, Record
from softops.service import Service
from softops.statuses import ServerStatus
from tests.factories import (
    COMMIT,
    DIGEST,
    FAILED,
    NOW,
    SUCCESS,
    a_draft,
    a_job,
    an_event,
    an_item,
    create_job,
    later,
    some_images,
    some_servers,
)
from tests.integration.webserver import served, still_service

CHINESE = {"accept-language": "zh-CN"}


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    service = still_service(tmp_path, database_url)
    yield service
    service.database.close()


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    with served(service) as web, web.client() as client:
        yield client


def data_of(response: httpx.Response) -> Any:
    answer = response.json()
    assert list(answer) == ["code", "message", "data"]
    assert (response.status_code, answer["code"], answer["message"]) == (200, 200, "success")
    return answer["data"]


def names(response: httpx.Response) -> list[tuple[str, str]]:
    return [(row["systemSoftImageName"], row["systemSoftImageVersion"]) for row in data_of(response)["records"]]


def test_software_is_listed_as_in_the_contract(api: httpx.Client, service: Service) -> None:
    (image,) = some_images(service.database, an_item(digest=DIGEST))
    response = api.get("/page")
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert data_of(response) == {
        "records": [{
            "systemSoftImageId": image.id, "systemSoftImageName": "nginx", "systemSoftImageVersion": "1.21.0",
            "systemSoftImageDockerImage": "nginx:1.21.0", "systemSoftImageDescription": "高性能Web服务器",
            "systemSoftImageStatus": "AVAILABLE", "systemSoftImageCreateTime": "2024-01-01T10:00:00",
            "systemSoftImageUpdateTime": "2024-01-01T10:00:00", "systemSoftImageRepositoryId": image.repository_id,
            "systemSoftImageCommit": COMMIT, "systemSoftImageDigest": DIGEST, "systemSoftImageSize": None}],
        "total": 1, "size": 10, "current": 1, "pages": 1}
    assert list(data_of(response)["records"][0])[:8] == [
        f"systemSoftImage{name}" for name in ("Id", "Name", "Version", "DockerImage", "Description", "Status",
                                              "CreateTime", "UpdateTime")]


def test_software_is_described_in_the_language_of_the_caller_where_the_catalog_has_it(
        api: httpx.Client, service: Service) -> None:
    both = {"name": "nginx", "description": {"en": "Web server", "zh": "高性能Web服务器"}, "version": {}}
    some_images(service.database, an_item(entry=both), an_item("redis", "7.0"))
    for lang, words in (("en", "Web server"), ("zh", "高性能Web服务器")):
        headers = {"accept-language": lang}
        rows = data_of(api.get("/page", headers=headers))["records"]
        assert [row["systemSoftImageDescription"] for row in rows] == [words, "高性能Web服务器"]
        one = data_of(api.get(f"/{rows[0]['systemSoftImageId']}", headers=headers))
        assert one["systemSoftImageDescription"] == words


def test_an_empty_list_has_no_pages(api: httpx.Client) -> None:
    for path in ("/page", "/record/page", "/job/page", "/repository/page"):
        assert data_of(api.get(path)) == {"records": [], "total": 0, "size": 10, "current": 1, "pages": 0}


def test_past_the_end_is_empty_and_the_counts_stay_right(api: httpx.Client, service: Service) -> None:
    some_images(service.database, *(an_item(f"soft{number:02}") for number in range(25)))
    assert len(data_of(api.get("/page"))["records"]) == 10
    assert [row[0] for row in names(api.get("/page", params={"page": 3}))] == [f"soft{n}" for n in range(20, 25)]
    for page in (4, 2**53):
        assert data_of(api.get("/page", params={"page": page, "size": 10})) == {
            "records": [], "total": 25, "size": 10, "current": page, "pages": 3}
    assert len(names(api.get("/page", params={"size": 1000}))) == 25


@pytest.mark.parametrize(("name", "found"), [
    ("50%", ["50%off"]), ("_", ["a_b"]), ("\\", ["back\\slash"]), ("'", []), ("OFF", ["50%off"]), ("", None),
    ("x" * 255, []), ("☃", [])])
def test_a_name_is_searched_for_literally(
        api: httpx.Client, service: Service, name: str, found: list[str] | None) -> None:
    every = ["50%off", "a_b", "axb", "back\\slash"]
    some_images(service.database, *(an_item(one) for one in every))
    rows = names(api.get("/page", params={"name": name}))
    assert sorted(row[0] for row in rows) == (every if found is None else found)


def test_software_is_filtered_by_its_status(api: httpx.Client, service: Service) -> None:
    some_images(service.database, an_item())
    assert len(names(api.get("/page", params={"status": "AVAILABLE"}))) == 1
    assert names(api.get("/page", params={"status": "RETIRED"})) == []


def ended(service: Service, job: Job, **finals: FinalState) -> tuple[Record, ...]:
    """Take a job through to its end, each server by its name; the others stay as they are."""
    service.records.claim(job.id, owner="me", now=NOW, lease=timedelta(minutes=1))
    for record in service.records.start_records(job.id, NOW):
        if record.server_name in finals:
            service.records.finish_record(record.id, finals[record.server_name], later(300), "zh")
    service.records.finish_job(job.id, later(300))
    return service.records.job_records(job.id)


def test_records_are_listed_as_in_the_contract(api: httpx.Client, service: Service) -> None:
    job, _ = a_job(service.database, "web1", "web2")
    failed, running = ended(service, job, web1=FAILED)
    first, second = data_of(api.get("/record/page", headers=CHINESE))["records"]
    assert second == {
        "systemSoftRecordId": failed.id, "systemSoftRecordSoftId": job.soft_id,
        "systemSoftRecordServerId": failed.server_id, "systemSoftRecordStatus": "FAILED",
        "systemSoftRecordStartTime": "2024-01-01T10:00:00", "systemSoftRecordEndTime": "2024-01-01T10:05:00",
        "systemSoftRecordRemark": "任务“Pull”失败：网络连接超时", "systemSoftRecordJobId": job.id,
        "systemSoftRecordOperation": "install", "systemSoftRecordSoftName": "nginx",
        "systemSoftRecordVersion": "1.21.0", "systemSoftRecordDockerImage": "nginx:1.21.0",
        "systemSoftRecordServerName": "web1", "systemSoftRecordUser": "admin", "systemSoftRecordDigest": None,
        "systemSoftRecordCommit": COMMIT, "systemSoftRecordCode": 1002, "systemSoftRecordReason": "TASK_FAILED",
        "systemSoftRecordCancelRequested": False, "systemSoftRecordLog": None, "systemSoftRecordChanged": None,
        "systemSoftRecordWave": None, "systemSoftRecordRevision": None}
    assert list(second)[:7] == [f"systemSoftRecord{name}" for name in (
        "Id", "SoftId", "ServerId", "Status", "StartTime", "EndTime", "Remark")]
    assert (first["systemSoftRecordId"], first["systemSoftRecordStatus"], first["systemSoftRecordEndTime"]) == (
        running.id, "RUNNING", None)
    assert data_of(api.get(f"/record/{failed.id}", headers=CHINESE)) == second


def test_records_are_filtered_by_all_that_is_given(api: httpx.Client, service: Service) -> None:
    job, _ = a_job(service.database, "web1", "web2")
    first, second = ended(service, job, web1=SUCCESS, web2=FAILED)

    def found(**query: Any) -> list[int]:
        rows = data_of(api.get("/record/page", params=query))["records"]
        return [row["systemSoftRecordId"] for row in rows]

    assert found() == found(softId=job.soft_id) == found(jobId=job.id) == [second.id, first.id]
    assert found(serverId=first.server_id) == found(status="SUCCESS") == [first.id]
    assert found(status="FAILED", serverId=first.server_id) == found(softId=999) == found(serverId=2**63 - 1) == []
    assert found(status="", softId="", serverId="") == [second.id, first.id]


def test_a_job_is_shown_with_its_records(api: httpx.Client, service: Service) -> None:
    job, _ = a_job(service.database, "web1")
    (record,) = ended(service, job, web1=SUCCESS)
    shown = data_of(api.get(f"/job/{job.id}", headers=CHINESE))
    assert shown == {
        "id": job.id, "operation": "install", "status": "SUCCESS", "softId": job.soft_id, "softName": "nginx",
        "version": "1.21.0", "dockerImage": "nginx:1.21.0", "digest": None, "commit": COMMIT, "user": "admin",
        "retryOf": None, "seq": 0, "cancelRequested": False, "command": "", "remark": f"web1: {record.remark}",
        "options": {}, "strategy": None, "wave": None, "waves": None, "waiting": None, "parentId": None,
        "createTime": "2024-01-01T10:00:00", "startTime": "2024-01-01T10:00:00", "endTime": "2024-01-01T10:05:00",
        "parameters": {"HTTP_PORT": 8080, "GREETING": "{{ 你好 }}"},
        "records": [data_of(api.get(f"/record/{record.id}", headers=CHINESE))]}
    (row,) = data_of(api.get("/job/page", params={"status": "SUCCESS"}, headers=CHINESE))["records"]
    assert row == {key: value for key, value in shown.items() if key not in {"parameters", "records"}}
    (row,) = data_of(api.get("/job/page", headers={"accept-language": "en"}))["records"]
    assert row["remark"] == "web1: Installed."


def test_secrets_in_parameters_are_hidden(api: httpx.Client, service: Service) -> None:
    item = an_item("db", entry={"name": "db", "params": [{"name": "PASSWORD", "type": "secret"},
                                                         {"name": "TZ", "type": "string"}], "version": {"image": "db"}})
    (image,) = some_images(service.database, item)
    job, _ = create_job(service.records, a_draft(image, parameters={"PASSWORD": "s3cret", "TZ": "UTC"}),
                                        some_servers(service.database), NOW)
    answer = api.get(f"/job/{job.id}")
    assert data_of(answer)["parameters"] == {"PASSWORD": "***", "TZ": "UTC"}
    assert "s3cret" not in answer.text


def test_milestones_of_a_job_can_be_read_from_any_number_on(api: httpx.Client, service: Service) -> None:
    job, (record,) = a_job(service.database, "web1")
    stored = [event.payload for event in service.records.append_events(job.id, [an_event(record)] * 3)]
    assert data_of(api.get(f"/job/{job.id}/event")) == {"events": stored, "last": 3}
    assert data_of(api.get(f"/job/{job.id}/event", params={"after": 1, "limit": 1})) == {
        "events": stored[1:2], "last": 2}
    assert data_of(api.get(f"/job/{job.id}/event", params={"after": 9})) == {"events": [], "last": 9}


def test_servers_are_listed_with_what_the_last_look_found(api: httpx.Client, service: Service) -> None:
    first, second = some_servers(service.database, "web1", "web2")
    service.servers.save_check(first.id, status=ServerStatus.ONLINE, engine_version="27.1", architecture="x86_64",
                               free_bytes=5 * 10**12, message=None, now=NOW)
    one = {"id": first.id, "name": "web1", "address": "web1", "groups": ["web"], "present": True, "status": "ONLINE",
           "engineVersion": "27.1", "architecture": "x86_64", "freeBytes": 5 * 10**12,
           "checkTime": "2024-01-01T10:00:00", "message": None}
    other = {**one, "id": second.id, "name": "web2", "address": "web2", "status": "UNKNOWN", "engineVersion": None,
             "architecture": None, "freeBytes": None, "checkTime": None}
    assert data_of(api.get("/server/page"))["records"] == [one, other]
    assert data_of(api.get("/server/page", params={"name": "B2", "group": "web"}))["records"] == [other]
    assert data_of(api.get("/server/page", params={"status": "ONLINE"}))["records"] == [one]
    assert data_of(api.get("/server/page", params={"group": "nowhere"}))["records"] == []
    assert data_of(api.get(f"/server/{first.id}")) == one


def test_repositories_are_added_changed_and_listed_without_their_passwords(api: httpx.Client) -> None:
    wish = {"name": "more", "url": "https://robot:t0ken@git.example.com/more.git", "ref": "main", "interval": 0}
    added = data_of(api.post("/repository", json=wish))
    assert added == {"id": added["id"], "name": "more", "url": "https://git.example.com/more.git", "ref": "main",
                     "path": "", "interval": 0, "status": "NEVER", "commit": None, "syncTime": None, "report": {},
                     "webhook": False}
    changed = data_of(api.post("/repository", json={**wish, "url": "ssh://git@git.example.com/more.git"}))
    assert (changed["id"], changed["url"]) == (added["id"], "ssh://git@git.example.com/more.git")
    assert data_of(api.get("/repository/page"))["records"] == [changed]
    assert data_of(api.get(f"/repository/{added['id']}")) == changed


@pytest.mark.parametrize(("name", "value"), [("url", "ext::sh -c id"), ("url", "--upload-pack=x"), ("ref", "-x"),
                                             ("path", "../up")])
def test_what_git_can_not_be_sent_to_is_refused_at_once(api: httpx.Client, name: str, value: str) -> None:
    response = api.post("/repository", json={"name": "more", "url": "/srv/more", name: value})
    assert (response.status_code, response.json()["code"], response.json()["data"]) == (400, 400, None)
    assert data_of(api.get("/repository/page"))["records"] == []


def test_the_repository_of_the_settings_is_not_changed_behind_their_back(api: httpx.Client, service: Service) -> None:
    response = api.post("/repository", json={"name": "catalog", "url": "/srv/other"})
    assert (response.status_code, "SOFTOPS_CATALOG" in response.json()["message"]) == (409, True)
    own = service.settings
    same = {"name": "catalog", "url": own.catalog_url, "ref": own.catalog_ref, "path": own.catalog_path,
            "interval": own.sync_interval}
    assert data_of(api.post("/repository", json=same))["status"] == "NEVER"


def test_a_removed_repository_is_listed_no_more(api: httpx.Client, service: Service) -> None:
    some_images(service.database, an_item(), an_item("redis", "7"))
    [row] = data_of(api.get("/repository/page"))["records"]
    response = api.delete(f"/repository/{row['id']}", headers={"accept-language": "en"})
    assert response.json() == {
        "code": 200, "data": {**row, "status": "REMOVED"},
        "message": "The repository catalog is removed and 2 versions are retired. What is on servers stays as it is."}
    assert data_of(api.get("/repository/page"))["records"] == []
    assert api.delete("/repository/99").status_code == 404
    assert api.post(f"/repository/{row['id']}/sync").status_code == 409
    assert {one["systemSoftImageStatus"] for one in data_of(api.get("/page"))["records"]} == {"RETIRED"}
