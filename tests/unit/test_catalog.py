"""catalog.py: files of a catalog become items; everything wrong is reported with its place."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from softops.catalog import Catalog, CatalogItem, parse_catalog
from softops.problems import Problem

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/catalog.md").read_text(encoding="utf-8"), re.DOTALL)

GOOD = """\
apiVersion: softops/v1
name: app
versions:
  "1.0": {image: "app:1.0"}
"""


def read(text: str, *, folder: str = "app", **beside: str) -> Catalog:
    files = {f"{folder}/software.yml": text, **{f"{folder}/{name}.j2": content for name, content in beside.items()}}
    return parse_catalog((path, content.encode()) for path, content in files.items())


def told(text: str, **beside: str) -> list[str]:
    return [problem.text("en") for problem in read(text, **beside).problems]


def places(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in read(text).problems]


def item(text: str, version: str = "1.0", **beside: str) -> CatalogItem:
    catalog = read(text, **beside)
    assert [problem.text("en") for problem in catalog.problems] == []
    return catalog.items["app", version]


def with_service(service: str, params: str = "") -> str:
    return f"{GOOD}service:\n  {service}\n" + (f"params:\n  - {params}\n" if params else "")


def test_the_documented_example_is_valid_and_reads_as_documented() -> None:
    catalog = parse_catalog([("nginx/software.yml", EXAMPLES[0].encode())])
    assert catalog.problems == ()
    plain, pinned, changed = catalog.entries[0].items
    assert (plain.name, plain.version, plain.docker_image, plain.digest, plain.description) == (
        "nginx", "1.21.0", "nginx:1.21.0", None, "高性能Web服务器")
    assert (pinned.docker_image, pinned.digest) == (
        "registry.example.com:5000/web/nginx:1.22.1",
        "sha256:fc5f5fb7574755c306aaf88456ebfbe0b006420a184d52b923d2f0197108f6b7")
    assert plain.entry["service"]["healthcheck"]["test"][1] == "wget"
    assert changed.entry["service"]["healthcheck"] == {"test": ["CMD", "curl", "-fsS", "http://127.0.0.1/"]}
    assert changed.entry["service"]["ports"] == plain.entry["service"]["ports"] == ["${HTTP_PORT}:80"]
    assert (plain.entry["requires"], changed.entry["requires"]) == (["redis"], [])
    defaults = {param["name"]: param.get("default") for param in changed.entry["params"]}
    assert defaults == {"HTTP_PORT": 8080, "TZ": "Asia/Shanghai", "WORKERS": 2, "ACCESS_LOG": True,
                        "LOG_LEVEL": "warn", "ADMIN_PASSWORD": None, "CONTACT": None, "TLS_KEY": None}


def test_the_documented_example_with_several_containers_is_valid() -> None:
    catalog = parse_catalog([("wiki/software.yml", EXAMPLES[1].encode()),
                             ("wiki/compose.yml.j2", EXAMPLES[2].encode())])
    assert catalog.problems == ()
    entry = catalog.items["wiki", "2.5"].entry
    assert (entry["compose"], entry["composeTemplate"]) == ("compose.yml.j2", EXAMPLES[2])


def test_the_shipped_catalog_is_valid() -> None:
    folder = ROOT / "catalog"
    catalog = parse_catalog((path.relative_to(folder).as_posix(), path.read_bytes())
                            for path in folder.rglob("*") if path.is_file())
    assert (catalog.problems, catalog.broken) == ((), frozenset())
    assert len({name for name, _ in catalog.items}) >= 8


def test_the_smallest_entry() -> None:
    found = item(GOOD)
    assert found == CatalogItem(
        name="app", version="1.0", docker_image="app:1.0", digest=None, description="",
        entry={"apiVersion": "softops/v1", "name": "app", "version": {"image": "app:1.0"}, "params": [],
               "requires": []},
        entry_hash=found.entry_hash)


def test_entries_can_be_stored_as_json() -> None:
    catalog = parse_catalog([("nginx/software.yml", EXAMPLES[0].encode())])
    for one in catalog.items.values():
        assert json.loads(json.dumps(one.entry, allow_nan=False)) == one.entry


@pytest.mark.parametrize(("title", "description", "shown"), [
    ("", "description: plain", "plain"),
    ("", "description: {en: English, zh: 中文}", "中文"),
    ("", "description: {en: English}", "English"),
    ("title: {zh: 标题}", "", "标题"),
    ("title: Title", "description: plain", "plain"),
])
def test_the_description_that_is_shown(title: str, description: str, shown: str) -> None:
    assert item(f"{GOOD}{title}\n{description}\n").description == shown


A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(("version", "image", "digest"), [
    ("{image: 'app:1'}", "app:1", None),
    (f"{{image: 'app:1', digest: 'sha256:{A}'}}", "app:1", f"sha256:{A}"),
    (f"{{image: 'app:1@sha256:{A}'}}", "app:1", f"sha256:{A}"),
    (f"{{image: 'app@sha256:{A}'}}", f"app@sha256:{A}", f"sha256:{A}"),
    (f"{{image: app, digest: 'sha256:{A}'}}", f"app@sha256:{A}", f"sha256:{A}"),
    ("{image: 'r.example:5000/a/b_c/d--e:V1.0_x'}", "r.example:5000/a/b_c/d--e:V1.0_x", None),
    ("{image: '10.0.0.1:5000/app:1'}", "10.0.0.1:5000/app:1", None),
    ("{image: 'localhost/app:1'}", "localhost/app:1", None),
])
def test_images_and_digests(version: str, image: str, digest: str | None) -> None:
    found = item(f"apiVersion: softops/v1\nname: app\nversions:\n  '1.0': {version}\n")
    assert (found.docker_image, found.digest, found.entry["version"].get("digest")) == (image, digest, digest)


@pytest.mark.parametrize("image", [
    "--privileged", "-v:1", "app :1", "app:1 x", "App:1", "app:-1", "app:", ":1", "app@sha256:12", "a//b:1", "/app:1",
    "app:1:2", "http://x/app:1", "app:" + "x" * 129, "x" * 300 + ":1", "app:1\\nx", "${IMAGE}:1", "app_:1"])
def test_an_image_that_no_engine_would_take_is_refused(image: str) -> None:
    assert places(GOOD.replace('"app:1.0"', f'"{image}"')) == [(4, 18, "ENTRY_IMAGE")]


def test_an_image_needs_a_tag_or_digest_and_only_one_digest() -> None:
    text = (f"apiVersion: softops/v1\nname: app\nversions:\n  a: {{image: app}}\n"
            f"  b: {{image: 'app:1@sha256:{A}', digest: 'sha256:{B}'}}\n"
            f"  c: {{image: 'app:1', digest: 'sha256:{B}c'}}\n")
    assert [reason for _, _, reason in places(text)] == ["ENTRY_IMAGE_TAG", "ENTRY_TWO_DIGESTS", "ENTRY_DIGEST"]


@pytest.mark.parametrize(("text", "expected"), [
    (GOOD.replace('"1.0"', "1.10"),
     'app/software.yml:4:3: The key 1.10 can be read as something else than text: quote it: "1.10".'),
    (GOOD.replace("name: app", "name: app\nenvironment: {}"),
     "app/software.yml:3:1: There is no key environment here. Try: apiVersion, compose, description, name, params, "
     "permissions, requires, service, title, versions."),
    (GOOD.replace("versions:", "version:"), None),
    (GOOD.replace("image:", "imgae:"), None),
    (with_service("environment: {A: b}"), "app/software.yml:6:3: There is no key environment here. Try: env."),
    (with_service("helthcheck: {test: x}"), "app/software.yml:6:3: There is no key helthcheck here. Try: healthcheck."),
    (with_service("healthcheck: {test: x, intervall: 5s}"),
     "app/software.yml:6:26: There is no key intervall here. Try: interval."),
    (with_service("mem_limit: 5m"), "app/software.yml:6:3: There is no key mem_limit here. Try: resources."),
    (with_service("resources: {cpu: 1}"), "app/software.yml:6:15: There is no key cpu here. Try: cpus."),
    (with_service("env: {A: 5}"),
     'app/software.yml:6:12: 5 can be read as something else than text: quote it: "5".'),
    (with_service("env: {A: yes}"),
     'app/software.yml:6:12: yes can be read as something else than text: quote it: "yes".'),
    (with_service("env: {A: }"), "app/software.yml:6:12: The value is missing. Write it or remove the key."),
    (with_service("env: [A=b]"), "app/software.yml:6:8: A mapping is wanted here, not [...]. Write key: value."),
    (with_service("ports: 8080:80"), "app/software.yml:6:10: A list is wanted here, not 8080:80. Write [a, b], or each "
                                     "element in a line after a dash."),
    (with_service("ports: [22:22]"),
     'app/software.yml:6:11: 22:22 can be read as something else than text: quote it: "22:22".'),
    (with_service("ports: [8080]"),
     'app/software.yml:6:11: 8080 can be read as something else than text: quote it: "8080".'),
    (with_service("restart: no"),
     'app/software.yml:6:12: no can be read as something else than text: quote it: "no".'),
    (with_service("init: yes"),
     "app/software.yml:6:9: yes is not true or false. Write true or false, without quotes."),
    (with_service('init: "true"'),
     "app/software.yml:6:9: true is not true or false. Write true or false, without quotes."),
    (with_service("healthcheck: {test: x, retries: 010}"),
     "app/software.yml:6:35: 010 is not a whole number. Write one in plain digits, without quotes."),
    (with_service("healthcheck: {test: x, retries: 0}"), "app/software.yml:6:35: The number has to be at least 1."),
    (with_service("healthcheck: {test: [wget]}"),
     "app/software.yml:6:23: A list under test begins with CMD, CMD-SHELL or NONE. Add it."),
    (with_service("healthcheck: {interval: 5s}"), "app/software.yml:6:16: The key test is missing here. Add it."),
    (with_service("command: {a: b}"), "app/software.yml:6:12: A text is wanted here, not {...}. Write one."),
    (f"{GOOD}title: {{fr: x}}\n", "app/software.yml:5:9: There is no key fr here. Try: en, zh."),
    (f"{GOOD}title: {{}}\n", "app/software.yml:5:8: There is no text. Write en, zh or both."),
    (f"{GOOD}title: {{en: 5}}\n", 'app/software.yml:5:13: 5 can be read as something else than text: quote it: "5".'),
    (f"{GOOD}title: [x]\n", "app/software.yml:5:8: A text is wanted here, not [...]. Write one."),
    (f"{GOOD}description:\n", "app/software.yml:5:13: The value is missing. Write it or remove the key."),
    (f"{GOOD}requires: [App]\n", None),
    (f"{GOOD}requires: [db, db]\n", "app/software.yml:5:11: db stands here twice. Remove one."),
    (f"{GOOD}requires: [app]\n", "app/software.yml:5:12: The software requires itself. Remove it from requires."),
    (GOOD.replace("softops/v1", "softops/v2"),
     "app/software.yml:1:13: softops/v2 is not known here. Write softops/v1."),
    (GOOD.replace("name: app", "name: web"),
     "app/software.yml:2:7: The name is web, but the folder is app. Make them equal."),
    (GOOD.replace('"1.0": {image: "app:1.0"}', "{}"),
     "app/software.yml:4:3: At least 1 element is needed here. Add it."),
    (GOOD.replace('"1.0"', '"1.0 beta"'),
     "app/software.yml:4:3: 1.0 beta can't be a version. Use letters, digits, dots, dashes, underscores and plus "
     "signs, at most 100."),
])
def test_a_wrong_value_is_named_with_its_place_and_remedy(text: str, expected: str | None) -> None:
    found = told(text)
    assert len(found) >= 1
    assert expected is None or found == [expected]


@pytest.mark.parametrize(("service", "reason"), [
    ('ports: ["80:"]', "ENTRY_PORT"), ('ports: ["0:80"]', "ENTRY_PORT"), ('ports: ["70000:80"]', "ENTRY_PORT"),
    ('ports: ["a:b"]', "ENTRY_PORT"), ('ports: ["80:80/http"]', "ENTRY_PORT"),
    ('volumes: ["/data"]', "ENTRY_VOLUME"), ('volumes: ["../x:/y"]', "ENTRY_VOLUME"),
    ('volumes: ["/a/../b:/y"]', "ENTRY_VOLUME"), ('volumes: ["data:relative"]', "ENTRY_VOLUME"),
    ('volumes: ["data:/x:rwx"]', "ENTRY_VOLUME"), ('resources: {memory: "256"}', "ENTRY_SIZE"),
    ("resources: {cpus: 0}", "ENTRY_CPUS"), ("resources: {cpus: true}", "ENTRY_CPUS"),
    ("resources: {cpus: 0x2}", "ENTRY_CPUS"), ("healthcheck: {test: x, interval: 5 minutes}", "ENTRY_DURATION"),
    ('restart: "sometimes"', "ENTRY_RESTART"), ("cap_add: [net_admin]", "ENTRY_CAPABILITY"),
    ("workdir: relative", "ENTRY_ABSOLUTE"), ("user: a b", "ENTRY_USER"), ("hostname: a_b", "ENTRY_HOSTNAME"),
    ("env: {A B: c}", "ENTRY_ENV_NAME"), ("env: {'': c}", "ENTRY_ENV_NAME"), ("labels: {a=b: c}", "ENTRY_LABEL_NAME"),
    ("env: {A: $HOME}", "ENTRY_DOLLAR"), ("env: {A: '${A:-b}'}", "ENTRY_DOLLAR"), ("command: cost $5", "ENTRY_DOLLAR"),
])
def test_values_of_a_service_are_checked(service: str, reason: str) -> None:
    assert [found for _, _, found in places(with_service(service))] == [reason]


@pytest.mark.parametrize("service", [
    'ports: ["80", "8080:80", "8000-8010:8000-8010/udp", "127.0.0.1:8080:80", "[::1]:80:80", "127.0.0.1::80"]',
    'ports: ["${P}:80", "${P}:${P}:80/tcp"]',
    'volumes: ["data:/data", "/srv/x:/x:ro", "./conf:/etc/app:ro,z", "${P}:/x"]',
    "resources: {memory: 1.5g, cpus: 0.5}", 'resources: {cpus: "1.5"}', "resources: {cpus: '${P}', memory: '${P}'}",
    "healthcheck: {test: curl -f http://x, interval: 1m30s, start_period: 500ms}", "healthcheck: {test: [NONE]}",
    'restart: "no"', "restart: on-failure:5", "entrypoint: [sh, -c, 'echo $$HOME']", "user: '1000:${P}'",
    "env: {discovery.type: single-node, EMPTY: '', LINES: \"a\\nb\"}", "tmpfs: ['/tmp:size=64m']", "command: []"])
def test_what_a_compose_author_writes_is_taken(service: str) -> None:
    assert told(with_service(service, "{name: P, type: string, default: x}")) == []


def test_a_use_of_a_parameter_that_is_not_declared_is_named_with_the_nearest() -> None:
    text = with_service('ports: ["${HTTP_PROT}:80"]\n  env: {A: "x${B}"}', "{name: HTTP_PORT, type: port, default: 80}")
    assert told(text) == [
        "app/software.yml:6:11: There is no parameter HTTP_PROT. Declare it under params or use: HTTP_PORT.",
        "app/software.yml:7:12: There is no parameter B. Declare it under params or use: HTTP_PORT."]


def test_the_same_problem_seen_from_many_versions_is_told_once() -> None:
    versions = "".join(f"  'v{number}': {{image: 'app:{number}', params: []}}\n" for number in range(30))
    text = f"apiVersion: softops/v1\nname: app\nversions:\n{versions}service: {{env: {{A: '${{B}}'}}}}\n"
    assert [problem.reason for problem in read(text).problems] == ["ENTRY_NO_PARAMS"]


OVERRIDES = """\
apiVersion: softops/v1
name: app
versions:
  "1": {image: "app:1"}
  "2": {image: "app:2", service: {env: {B: "${NEW}"}}, params: [{name: NEW, type: string, default: x}], requires: [db]}
  "3": {image: "app:3", compose: many.j2}
service: {command: run, env: {A: "${OLD}"}}
params:
  - {name: OLD, type: string, default: x}
"""


def test_a_version_replaces_parts() -> None:
    catalog = read(OVERRIDES, many="services: {web: {image: '{{ image }}'}}\n")
    assert catalog.problems == ()
    entries = {version: dict(found.entry) for (_, version), found in catalog.items.items()}
    assert [(entry.get("service"), [param["name"] for param in entry["params"]], entry["requires"],
             entry.get("compose")) for entry in entries.values()] == [
        ({"command": "run", "env": {"A": "${OLD}"}}, ["OLD"], [], None),
        ({"command": "run", "env": {"B": "${NEW}"}}, ["OLD", "NEW"], ["db"], None),
        (None, ["OLD"], [], "many.j2")]


def test_a_version_without_a_parameter_that_another_has_is_told() -> None:
    text = OVERRIDES.replace('"${OLD}"', '"${NEW}"').replace(', compose: many.j2', "")
    assert told(text) == [
        "app/software.yml:7:34: There is no parameter NEW. Declare it under params or use: OLD."]


def test_service_and_compose_exclude_each_other() -> None:
    assert told(with_service("command: x\ncompose: c.j2"), c="services: {}\n") == [
        "app/software.yml:7:10: There are both service and compose. Keep service for one container or compose for "
        "several."]


@pytest.mark.parametrize(("path", "reason"), [
    ("compose.yml", "ENTRY_COMPOSE_PATH"), ("../other/c.j2", "ENTRY_COMPOSE_PATH"),
    ("/etc/c.j2", "ENTRY_COMPOSE_PATH"), ("a/../c.j2", "ENTRY_COMPOSE_PATH"), (".hidden.j2", "ENTRY_COMPOSE_PATH"),
    ("composed.j2", "ENTRY_COMPOSE_MISSING")])
def test_a_template_lies_in_the_folder(path: str, reason: str) -> None:
    assert [found.reason for found in read(f"{GOOD}compose: {path}\n", compose="x").problems] == [reason]


def test_the_problems_of_a_template_stand_in_the_template() -> None:
    text = f"{GOOD}compose: c.j2\nparams: [{{name: PORT, type: port, default: 80}}]\n"
    template = "services:\n  web:\n    image: {{ imag }}\n    ports: ['${PROT}:80', '{{ params.PORTS }}:81']\n"
    assert told(text, c=template) == [
        "app/c.j2:3:1: There is no variable imag. Try: image. Parameters are params.NAME.",
        "app/c.j2:4:1: There is no parameter PORTS. Declare it under params or use: PORT.",
        "app/c.j2:4:14: There is no parameter PROT. Declare it under params or use: PORT."]


def test_all_problems_of_all_files_are_reported_and_the_good_ones_are_used() -> None:
    catalog = parse_catalog([
        ("bad/software.yml", b"apiVersion: softops/v2\nname: bad\nversion: {}\n"),
        ("app/software.yml", GOOD.encode()),
        ("torn/software.yml", b"a: [\n"),
        ("other/software.yml", GOOD.encode())])
    assert list(catalog.items) == [("app", "1.0")]
    assert [problem.text("zh") for problem in catalog.problems] == [
        "bad/software.yml:1:1: 此处缺少键 versions，请补充。",
        "bad/software.yml:1:13: 此处不支持 softops/v2。请写 softops/v1。",
        "bad/software.yml:3:1: 此处没有键 version。可用：versions。",
        "other/software.yml:2:7: 名称 app 属于文件夹 app。请将此软件命名为 other，与其文件夹一致。",
        "torn/software.yml:2:1: 此处不是合法的 YAML：while parsing a flow node, did not find expected node content。"
        "请修正此处或稍前的内容。"]
    assert catalog.broken == {"bad", "torn", "other"}


def test_a_renamed_folder_keeps_the_software_that_it_still_names() -> None:
    assert read(GOOD, folder="renamed").broken == {"renamed", "app"}


@pytest.mark.parametrize(("path", "reason", "broken"), [
    ("app/software.yaml", "CATALOG_FILE_NAME", {"app"}),
    ("app/Software.yml", "CATALOG_FILE_NAME", {"app"}),
    ("app/sofware.yml", "CATALOG_FILE_NAME", {"app"}),
    ("web/app/software.yml", "CATALOG_MISPLACED", {"app"}),
    ("software.yml", "CATALOG_MISPLACED", {"software.yml"}),
])
def test_a_file_that_is_looked_for_elsewhere_is_a_problem(path: str, reason: str, broken: set[str]) -> None:
    catalog = parse_catalog([(path, GOOD.encode())])
    assert ([problem.reason for problem in catalog.problems], dict(catalog.items), set(catalog.broken)) == (
        [reason], {}, broken)


def test_two_files_for_one_software_are_a_problem_and_neither_is_used() -> None:
    catalog = parse_catalog([("app/software.yml", GOOD.encode()), ("app/software.yaml", GOOD.encode())])
    assert ([problem.text("en") for problem in catalog.problems], dict(catalog.items), set(catalog.broken)) == (
        ["app/software.yaml: The file of a software is called software.yml. Rename it, or remove it if there is one "
         "already."], {}, {"app"})


def test_other_files_and_folders_are_nobody_s_business() -> None:
    catalog = parse_catalog([("README.md", b"\xff"), ("docs/x.yml", b"- a"), ("app/software.yml", GOOD.encode()),
                             ("app/notes.txt", b"\0")])
    assert (catalog.problems, list(catalog.items)) == ((), [("app", "1.0")])


def test_problems_of_reading_the_files_break_their_software_unless_it_works_without() -> None:
    found = [Problem(path="app/software.yml", reason="GIT_LINK_OUTSIDE", params={"target": "/x"}),
             Problem(path="web/logo.png", reason="GIT_LFS", warning=True),
             Problem(path="gone", reason="GIT_SUBMODULE", warning=True)]
    catalog = parse_catalog([("web/software.yml", GOOD.replace("name: app", "name: web").encode())], found)
    assert (list(catalog.items), set(catalog.broken)) == ([("web", "1.0")], {"app", "gone"})
    assert [problem.path for problem in catalog.problems] == ["app/software.yml", "gone", "web/logo.png"]


@pytest.mark.parametrize("reason", ["GIT_LFS", "GIT_FILE_TOO_LARGE"])
def test_a_software_whose_own_file_was_not_read_is_more_than_a_warning(reason: str) -> None:
    params: dict[str, str | int] = {"limit": 1024} if reason == "GIT_FILE_TOO_LARGE" else {}
    problem = Problem(path="app/software.yml", reason=reason, params=params, warning=True)
    catalog = parse_catalog([], [problem])
    assert (catalog.problems, set(catalog.broken)) == ((replace(problem, warning=False),), {"app"})


def hashes(text: str, **beside: str) -> list[str]:
    return [found.entry_hash for found in read(text, **beside).items.values()]


def test_the_hash_changes_with_the_content_and_only_with_it() -> None:
    text = f"{GOOD}compose: c.j2\n"
    first = hashes(text, c="a")
    assert first == hashes(f"# comment\n{text}", c="a")
    assert first == hashes(text.replace("name: app\n", "").replace("versions:", "name: app\nversions:"), c="a")
    changed = [hashes(text, c="b"), hashes(text.replace('"1.0"', '"1.1"'), c="a"), hashes(f"{text}title: x\n", c="a"),
               hashes(text.replace("app:1.0", "app:1.1"), c="a"), hashes(f"{text}requires: [db]\n", c="a")]
    assert len({one for [one] in [first, *changed]}) == 6


def test_a_new_version_leaves_the_others_unchanged() -> None:
    more = GOOD + '  "2.0": {image: "app:2.0"}\n'
    assert hashes(more)[0] == hashes(GOOD)[0]


def test_a_value_is_never_evaluated() -> None:
    evil = "{{ lookup('pipe', 'touch MARKER') }} %s {0} `id` $$(id)"
    found: Any = item(with_service(f'env: {{A: "{evil}"}}')).entry
    assert found["service"]["env"]["A"] == evil


def test_no_value_keeps_the_reader_busy() -> None:
    begin = time.process_time()
    assert [reason for *_, reason in places(GOOD + f"service: {{user: '{'a' * 60}!'}}\n")] == ["ENTRY_USER"]
    assert time.process_time() - begin < 1
