"""web/versions.py: what there is, what runs where, and what differs, on both databases."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.entities import FinalState, Server, SoftImage
from softops.jobs import RecordDraft, RevisionDraft
from softops.service import Service
from softops.statuses import ImageStatus, RecordStatus
from tests.factories import COMMIT, DIGEST, NOW, a_draft, an_item, some_images, some_servers
from tests.integration.webserver import served, still_service

OTHER = "sha256:" + "b" * 64
PORT = {"name": "HTTP_PORT", "type": "port", "default": 8080}
TEMPLATE = "services:\n  web:\n    image: {{ image }}\n    ports: ['{{ params.HTTP_PORT }}:80']\n"


@pytest.fixture
def service(tmp_path: Path, database_url: str) -> Iterator[Service]:
    service = still_service(tmp_path, database_url)
    yield service
    service.database.close()


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    with served(service) as web, web.client() as client:
        yield client


def nginx(version: str, **entry: Any) -> Any:
    """A version of nginx in the catalog."""
    whole = {"name": "nginx", "params": [PORT], "service": {"ports": ["${HTTP_PORT}:80"]}, "requires": [],
             "version": {"image": f"nginx:{version}"}, **entry}
    return an_item(version=version, entry={key: value for key, value in whole.items() if value is not None})


def bring(service: Service, image: SoftImage, server: Server, operation: str = "install", **parameters: Any) -> None:
    """A record that has brought `image` to `server`."""
    draft = a_draft(image, operation=operation, parameters=parameters)
    revision = RevisionDraft(repository="catalog", entry=image.entry, images=(image.docker_image,), compose="")
    job, records = service.records.create(draft, [RecordDraft(
        server=server, soft_id=image.id, soft_name=image.name, version=image.version, docker_image=image.docker_image,
        commit=COMMIT, operation=operation, parameters=parameters,
        revision=revision if operation == "start" else None)], NOW)
    service.records.claim(job.id, owner="me", now=NOW, lease=timedelta(minutes=1))
    service.records.start_records(job.id, NOW)
    final = FinalState(status=RecordStatus.SUCCESS, reason="INSTALL_SUCCESS", digest=DIGEST)
    assert service.records.finish_record(records[0].id, final, NOW, "en")
    service.records.finish_job(job.id, NOW)


def data_of(response: httpx.Response) -> Any:
    answer = response.json()
    assert (response.status_code, answer["message"]) == (200, "success"), answer
    return answer["data"]


def refusal(response: httpx.Response) -> tuple[int, str]:
    answer = response.json()
    assert answer["data"] is None
    return answer["code"], answer["message"]


def diff(api: httpx.Client, before: str, after: str, **query: object) -> Mapping[str, Any]:
    found: Mapping[str, Any] = data_of(api.get("/diff", params={"name": "nginx", "from": before, "to": after, **query}))
    return found


def change(name: str, kind: str, before: object, after: object, service: str | None = None) -> Mapping[str, Any]:
    return {"name": name, "kind": kind, "before": before, "after": after, "service": service}


def test_versions_come_newest_first_with_the_servers_that_have_them(api: httpx.Client, service: Service) -> None:
    old, new = some_images(service.database, nginx("1.9"), nginx("1.10"))
    service.images.refresh(new.id, status=ImageStatus.UNAVAILABLE, digest=DIGEST, size=1234, now=NOW)
    first, second = some_servers(service.database, "web1", "web2")
    bring(service, old, first)
    bring(service, old, second, "start", HTTP_PORT=81)
    data = data_of(api.get("/versions", params={"name": "nginx"}))
    place = {"version": "1.9", "digest": DIGEST, "commit": COMMIT, "updateTime": "2024-01-01T10:00:00"}
    assert data == {"name": "nginx", "unlisted": [], "versions": [
        {"softId": new.id, "version": "1.10", "status": "UNAVAILABLE", "dockerImage": "nginx:1.10", "digest": DIGEST,
         "size": 1234, "commit": COMMIT, "repository": "catalog", "updateTime": "2024-01-01T10:00:00", "servers": []},
        {"softId": old.id, "version": "1.9", "status": "AVAILABLE", "dockerImage": "nginx:1.9", "digest": None,
         "size": None, "commit": COMMIT, "repository": "catalog", "updateTime": "2024-01-01T10:00:00", "servers": [
             {"serverId": first.id, "serverName": "web1", "state": "INSTALLED", "revision": None, **place},
             {"serverId": second.id, "serverName": "web2", "state": "RUNNING", "revision": 1, **place}]}]}


def test_versions_of_several_repositories_are_told_apart(api: httpx.Client, service: Service) -> None:
    some_images(service.database, nginx("1.9"), repository="one")
    some_images(service.database, nginx("1.9"), repository="two")
    both = data_of(api.get("/versions", params={"name": "nginx"}))["versions"]
    assert sorted(row["repository"] for row in both) == ["one", "two"]
    (row,) = data_of(api.get("/versions", params={"name": "nginx", "repository": "two"}))["versions"]
    assert row["repository"] == "two"


def test_a_difference_is_told_whole(api: httpx.Client, service: Service) -> None:
    old, new = some_images(
        service.database, nginx("1.9"),
        nginx("1.10", params=[PORT | {"default": 80}, {"name": "TZ", "type": "string", "default": "100%s {{ x }}"}],
              service={"ports": ["${HTTP_PORT}:80"], "env": {"TZ": "${TZ}"}}, requires=["redis"]))
    for image, digest, size in ((old, DIGEST, 1000), (new, OTHER, 900)):
        service.images.refresh(image.id, status=ImageStatus.AVAILABLE, digest=digest, size=size, now=NOW)
    found = dict(diff(api, "1.9", "1.10"))
    compose = found.pop("composeDiff")
    port = {"type": "port", "default": 8080, "required": False}
    assert found == {
        "name": "nginx", "order": "newer", "hint": None, "same": False, "sizeDelta": -100,
        "from": {"softId": old.id, "version": "1.9", "dockerImage": "nginx:1.9", "digest": DIGEST, "size": 1000,
                 "commit": COMMIT},
        "to": {"softId": new.id, "version": "1.10", "dockerImage": "nginx:1.10", "digest": OTHER, "size": 900,
               "commit": COMMIT},
        "image": change("image", "changed", "nginx:1.9", "nginx:1.10"),
        "digest": change("digest", "changed", DIGEST, OTHER),
        "services": [], "ports": [], "volumes": [], "resources": [], "settings": [], "permissions": [],
        "env": [change("TZ", "added", None, "${TZ}")], "requires": [change("redis", "added", None, "redis")],
        "parameters": [
            {"name": "HTTP_PORT", "kind": "changed", "before": port, "after": port | {"default": 80},
             "fields": ["default"]},
            {"name": "TZ", "kind": "added", "before": None, "fields": [],
             "after": {"type": "string", "default": "100%s {{ x }}", "required": False}}],
        "server": None, "composeCut": False, "composeProblem": None}
    assert compose.startswith("--- nginx 1.9/compose.yml\n+++ nginx 1.10/compose.yml\n@@ ")
    assert {f"-    image: nginx:1.9@{DIGEST}", f"+    image: nginx:1.10@{OTHER}", "+      TZ: ${TZ}"} <= set(
        compose.splitlines())


def test_an_older_version_comes_with_a_warning(api: httpx.Client, service: Service) -> None:
    some_images(service.database, nginx("1.9"), nginx("1.10"))
    found = diff(api, "1.10", "1.9")
    assert found["order"] == "older"
    assert found["hint"].startswith("1.9 is older than 1.10.")
    chinese = api.get("/diff", params={"name": "nginx", "from": "1.10", "to": "1.9"},
                      headers={"accept-language": "zh-CN"})
    assert data_of(chinese)["hint"].startswith("1.9 比 1.10 旧。")


def test_templates_are_rendered_without_any_values(api: httpx.Client, service: Service) -> None:
    params = [PORT, {"name": "PASSWORD", "type": "secret", "generate": 24}, {"name": "HOST", "type": "string"}]
    manner = {"service": None, "compose": "compose.yml.j2", "params": params}
    some_images(service.database, nginx("1.9", **manner, composeTemplate=TEMPLATE), nginx(
        "1.10", **manner, composeTemplate=TEMPLATE.replace(":80'", ":8080'")
        + "    environment: {P: '{{ params.PASSWORD }}', H: '{{ params.HOST }}', WHEN: 2024-01-01}\n"))
    found = diff(api, "1.9", "1.10")
    assert found["composeProblem"] is None
    assert {"-    - ${HTTP_PORT}:80", "+    - ${HTTP_PORT}:8080"} <= set(found["composeDiff"].splitlines())
    assert found["services"] == [change("web", "changed", "nginx:1.9", "nginx:1.10")]
    assert found["ports"] == [change("80/tcp", "removed", "${HTTP_PORT}:80", None, "web"),
                              change("8080/tcp", "added", None, "${HTTP_PORT}:8080", "web")]
    assert found["env"] == [change("P", "added", None, "${PASSWORD}", "web"),
                            change("H", "added", None, "${HOST}", "web"),
                            change("WHEN", "added", None, "2024-01-01", "web")]


@pytest.mark.parametrize("template", [
    "services: [", "services: 5\n", "- a\n", "services: {web: {image: '{{ params.NOPE }}'}}\n",
    "services:\n  web: {image: x}\n# {% for a in range(999999999) %}{{ a }}{% endfor %}\n"])
def test_a_template_that_can_not_be_rendered_is_said_and_the_rest_is_told(
        api: httpx.Client, service: Service, template: str) -> None:
    some_images(service.database, nginx("1.9"), nginx("1.10", service=None, compose="compose.yml.j2",
                                                      composeTemplate=template))
    found = diff(api, "1.9", "1.10")
    assert (found["composeDiff"], found["composeCut"], found["ports"]) == (None, False, [])
    assert found["composeProblem"]
    assert found["image"]


def test_a_compose_file_of_a_megabyte_is_cut_and_said_to_be(api: httpx.Client, service: Service) -> None:
    some_images(service.database, nginx("1.9"), nginx("1.10", service={"env": {
        f"V{number}": "x" * 10_000 for number in range(100)}}))
    response = api.get("/diff", params={"name": "nginx", "from": "1.9", "to": "1.10"})
    found = data_of(response)
    assert (found["composeCut"], len(found["env"])) == (True, 100)
    assert len(found["composeDiff"]) < 200_000


def test_what_runs_on_a_server_is_compared_as_it_runs(api: httpx.Client, service: Service) -> None:
    params = [PORT, {"name": "OLD", "type": "string", "default": "x"}, {"name": "PASSWORD", "type": "secret"}]
    (image,) = some_images(service.database, nginx("1.9", params=params))
    (server,) = some_servers(service.database, "web1")
    bring(service, image, server, "start", HTTP_PORT=81, OLD="mine")
    # The catalog says something else of the same version today.
    some_images(service.database, nginx("1.9", params=[]), nginx("1.10", params=[
        PORT | {"min": 1024}, {"name": "HOST", "type": "string"}, {"name": "PASSWORD", "type": "secret"}]))
    found = data_of(api.get("/diff", params={"name": "nginx", "serverId": server.id}))
    assert found["server"] == {
        "serverId": server.id, "serverName": "web1", "version": "1.9", "state": "RUNNING", "revision": 1,
        "digest": DIGEST, "commit": COMMIT, "updateTime": "2024-01-01T10:00:00", "vanishing": ["OLD"],
        "missing": ["HOST"],
        "misfits": [{"name": "HTTP_PORT", "problem": "The parameter HTTP_PORT has to be at least 1024."}]}
    assert [(row["name"], row["kind"]) for row in found["parameters"]] == [
        ("HTTP_PORT", "changed"), ("OLD", "removed"), ("HOST", "added")]
    assert (found["from"]["version"], found["to"]["version"]) == ("1.9", "1.10")
    same = data_of(api.get("/diff", params={"name": "nginx", "serverId": server.id, "to": "1.9"}))
    assert (same["order"], same["same"]) == ("same", False)


@pytest.mark.parametrize(("query", "code", "said"), [
    ({"name": "nginx"}, 400, "from"), ({"name": "nginx", "from": "1.9"}, 400, "to=VERSION"),
    ({"from": "1.9", "to": "1.10"}, 400, "name"),
    ({"name": "nginx", "from": "1.9", "serverId": 1, "to": "1.10"}, 400, "not both"),
    ({"name": "nginx", "from": "1.9", "to": "1.9"}, 400, "there is also: 1.10"),
    ({"name": "nginx", "from": "1.9", "to": "1.11"}, 404, "1.10"),
    ({"name": "nginx", "from": "7%s", "to": "1.9"}, 404, "nginx has no version 7%s"),
    ({"name": "ngnix", "from": "1.9", "to": "1.10"}, 404, "There is: nginx"),
    ({"name": "nginx", "from": "1.9", "to": "1.10", "repository": "x"}, 404, "catalog"),
    ({"name": "nginx", "serverId": 999}, 404, "999"),
    ({"name": "nginx", "from": "1.9\n", "to": "1.10"}, 400, "from")])
def test_what_can_not_be_compared_is_refused_with_what_there_is(
        api: httpx.Client, service: Service, query: Mapping[str, object], code: int, said: str) -> None:
    some_images(service.database, nginx("1.9"), nginx("1.10"))
    found = refusal(api.get("/diff", params=dict(query)))  # type: ignore[arg-type]
    assert found[0] == code
    assert said in found[1]


def test_a_server_without_the_software_is_refused_with_those_that_have_it(api: httpx.Client, service: Service) -> None:
    (image,) = some_images(service.database, nginx("1.9"))
    first, second = some_servers(service.database, "web1", "web2")
    bring(service, image, first)
    assert refusal(api.get("/diff", params={"name": "nginx", "serverId": second.id})) == (
        404, "The server web2 does not have nginx. Servers that do: web1.")
    assert refusal(api.get("/versions", params={"name": "nginx1"})) == (
        404, "There is no software nginx1. There is: nginx.")
