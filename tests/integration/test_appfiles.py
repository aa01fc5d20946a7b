"""appfiles.py with the real Docker Compose: values are data, and hostile templates end in a sentence."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from softops.appfiles import AppFiles, app_files
from softops.catalog import parse_catalog
from softops.composer import rendered_model
from softops.composing import AppVersion
from softops.errors import BadRequest
from tests.factories import DIGEST

IMAGE = f"app:1.0@{DIGEST}"
TEXT = {"name": "TEXT", "type": "string"}
HOSTILE = ["$", "$$", "${TEXT}", "$TEXT", "${HOME:-x}", "{{ 7 * 7 }}", "{% if %}", "{# #}", '"', "'", "\\", "\\n", "\n",
           "a\nb: c\n", "\r\n", "\t", " lead and trail ", "#", "a # b", ": ", "- a", "&a", "*a", "!!str", "%", "@",
           "`ls`", "$(ls)", ";", "|", ">", "yes", "null", "~", "1e3", "", "é中\U0001f600", "\x85\u2028",
           "\x01\x1b[31m\x7f",
           "=", "A=B", "'\"\\${\n", "#" * 100_000, "$" * 100_000, "\n" * 100_000]


def an_app(template: str | None = None, *, params: Collection[Mapping[str, Any]] = (TEXT,), **entry: Any) -> AppVersion:
    own = {} if template is None else {"compose": "compose.yml.j2", "composeTemplate": template}
    return AppVersion(name="my.app", version="1.0", image="app:1.0", digest=DIGEST, commit="4f2c",
                      entry={"name": "my.app", "params": list(params), **own, **entry})


def service_of(app: AppVersion, files: AppFiles) -> Mapping[str, Any]:
    """What the container of the first service gets, `$$` read as Compose does."""
    model, _ = rendered_model(files.compose, files.env, software=app.name)
    found: Mapping[str, Any] = json.loads(json.dumps(next(iter(model["services"].values()))).replace("$$", "$"))
    return found


def refusal(template: str, *, accepted: Collection[str] = (), values: Mapping[str, Any] | None = None,
            **entry: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        app_files(an_app(template, **entry), values if values is not None else {"TEXT": "x"}, accepted=accepted)
    return str(caught.value)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:30])
def test_a_value_is_literal_in_a_container(value: str) -> None:
    single = an_app(service={"env": {"A": "${TEXT}"}, "command": ["run", "x${TEXT}y"],
                             "healthcheck": {"test": ["CMD", "${TEXT}"]}, "labels": {"team": "${TEXT}"}})
    several = an_app("""
services:
  web:
    image: {{ image }}
    environment: {A: "{{ params.TEXT }}"}
    command: [run, "x{{ params.TEXT }}y"]
    healthcheck: {test: [CMD, "${TEXT}"]}
    labels: ["team={{ params.TEXT }}"]
""")
    for app in (single, several):
        files = app_files(app, {"TEXT": value})
        service = service_of(app, files)
        assert (service["environment"], service["command"], service["healthcheck"], service["labels"]["team"]) == (
            {"A": value}, ["run", f"x{value}y"], {"test": ["CMD", value]}, value)
        assert value not in files.compose or len(value) < 10


def test_compose_escapes_what_it_would_interpolate_again() -> None:
    app = an_app(service={"command": ["${TEXT}", "$$AUTHOR"]})
    files = app_files(app, {"TEXT": "a$b"})
    model, _ = rendered_model(files.compose, files.env, software="my.app")
    assert model["services"]["my.app"]["command"] == ["a$$b", "$$AUTHOR"]


def test_one_container_becomes_two_files() -> None:
    params = [{"name": "PORT", "type": "port", "default": 80}, {"name": "PASSWORD", "type": "secret", "generate": 16},
              {"name": "NOTE", "type": "string", "required": False}]
    app = an_app(params=params, service={
        "ports": ["${PORT}:80"], "env": {"PW": "${PASSWORD}", "NOTE": "${NOTE}"}, "volumes": ["data:/data", "d:/d"]})
    assert app_files(app, {"PORT": 8080, "PASSWORD": "geheim"}) == AppFiles(
        compose=f"""\
# Written by softops; changes are overwritten at the next start. The values are in .env.
name: my_app
services:
  my.app:
    image: {IMAGE}
    ports:
    - ${{PORT}}:80
    environment:
      PW: ${{PASSWORD}}
      NOTE: ${{NOTE}}
    volumes:
    - data:/data
    - type: volume
      source: d
      target: /d
    pull_policy: never
    labels:
      io.softops.name: my.app
      io.softops.version: "1.0"
      io.softops.commit: 4f2c
volumes:
  data:
    labels:
      io.softops.name: my.app
  d:
    labels:
      io.softops.name: my.app
""", env='NOTE=""\nPASSWORD="geheim"\nPORT="8080"\n', images=(IMAGE,), permissions=())


def test_several_containers_keep_what_the_author_wrote() -> None:
    app = an_app("""
services:
  db: {image: "postgres:17.11", ports: [22:22], restart: unless-stopped}
  web:
    image: {{ image }}
    depends_on: [db]
    {% if params.TLS %}
    environment: {MODE: "{{ 'tls' if params.SIZE == 'big' else 'plain' }}", WORKERS: "{{ params.N * 2 }}"}
    {% endif %}
""", params=[{"name": "TLS", "type": "bool"}, {"name": "SIZE", "type": "enum", "choices": ["big"]},
             {"name": "N", "type": "int"}])
    files = app_files(app, {"TLS": True, "SIZE": "big", "N": 4})
    model, _ = rendered_model(files.compose, files.env, software="my.app")
    assert (files.images, model["name"]) == ((IMAGE, "postgres:17.11"), "my_app")
    assert model["services"]["web"]["environment"] == {"MODE": "tls", "WORKERS": "8"}
    assert model["services"]["db"]["ports"] == [
        {"mode": "ingress", "protocol": "tcp", "published": "22", "target": 22}]
    assert [service["labels"]["io.softops.version"] for service in model["services"].values()] == ["1.0", "1.0"]
    assert [service["pull_policy"] for service in model["services"].values()] == ["never", "never"]


def test_an_entry_without_service_and_compose_can_not_start() -> None:
    with pytest.raises(BadRequest, match=re.escape(
            "my.app 1.0 is only an image: its catalog entry has neither service nor compose, so nothing can be "
            "started. Add one of them to its software.yml.")):
        app_files(an_app(), {"TEXT": "x"})


@pytest.mark.parametrize(("template", "expected"), [
    ("services: {web: {image: {{ image }}, privileged: true}}", "privileged"),
    ("services: {web: {image: {{ image }}, privileged: '{{ params.TEXT }}'}}", "privileged"),
    ("x-all: &all {image: {{ image }}, pid: host}\nservices: {web: *all}", "host_pid"),
    ("services: {web: {image: {{ image }}, volumes: ['/var/run/docker.sock:/s']}}", "docker_socket"),
    ("services: {web: {image: {{ image }}, volumes: ['${TEXT}:/s']}}", "docker_socket"),
    ("services: {web: {image: {{ image }}, volumes: [{type: bind, source: '{{ params.TEXT }}', target: /s}]}}",
     "docker_socket"),
    ("services: {web: {image: {{ image }}, volumes: ['v2:/s']}}\n"
     "volumes: {v2: {driver_opts: {type: none, o: bind, device: '${TEXT}'}}}", "docker_socket"),
    ("services: {web: {image: {{ image }}, volumes: ['./../x:/s']}}", "host_path:/"),
    ("services: {web: {image: {{ image }}, devices: ['/dev/kvm']}}", "device:/dev/kvm"),
    ("services: {web: {image: {{ image }}, cap_add: [SYS_ADMIN]}}", "capability:SYS_ADMIN"),
    ("services: {web: {image: {{ image }}, network_mode: host}}", "host_network"),
    ("services: {web: {image: {{ image }}, networks: [n]}}\nnetworks: {n: {external: true, name: other}}",
     "external_network:other"),
    ("services: {web: {image: {{ image }}, volumes: ['vv:/s']}}\nvolumes: {vv: {name: other}}",
     "external_volume:other"),
])
def test_a_template_gets_no_permission_by_itself(template: str, expected: str) -> None:
    value = "true" if "privileged" in template else "/var/run/docker.sock"
    told = refusal(template, values={"TEXT": value})
    assert told.startswith("my.app: the service ")
    assert f'add to its software.yml: permissions: ["{expected}' in told


@pytest.mark.parametrize(("template", "expected"), [
    ("services: {web: {image: {{ image }}, build: .}}", "my.app: build of the service web would use other files"),
    ("services: {web: {image: {{ image }}, env_file: /etc/passwd}}", "my.app: env_file of the service web would use"),
    ("services: {web: {image: {{ image }}, label_file: /etc/passwd}}", "my.app: label_file of the service web would"),
    ("services: {web: {extends: {file: /etc/x.yml, service: a}}}", "my.app: extends of the service web would use"),
    ("include: [oci://registry/x]\nservices: {web: {image: {{ image }}}}", "my.app: the key include is not allowed"),
    ("services: {web: {image: {{ image }}, network_mode: 'container:x'}}", "my.app asks for something that can't be"),
    ("services: {web: {image: {{ image }}, volumes: ['~/x:/y']}}", "my.app asks for something that can't be permitted"),
    ("services: {web: {image: {{ image }}, volumes: ['.:/y']}}", "my.app asks for something that can't be permitted"),
    ("services: {web: {image: {{ image }}, volumes: ['d:/y:ro']}}", "my.app asks for something that can't be"),
    ("services: {web: {image: {{ image }}, runtime: x}}", "my.app: the key runtime is not allowed (service web)"),
    ("services: {web: {image: {{ image }}, post_start: [{command: x}]}}", "my.app: the key post_start is not allowed"),
    ("services: {web: {image: {{ image }}, volumes_from: ['container:x']}}", "my.app: the key volumes_from is not"),
    ("services: {web: {image: {{ image }}, use_api_socket: true}}", "my.app: the key use_api_socket is not allowed"),
    ("services: {web: {image: {{ image }}, labels: ['io.softops.${TEXT}=y']}}", "my.app asks for something that can't"),
    ("services: {web: {image: {{ image }}, command: $HOME}}", "my.app: the template uses the variable HOME"),
    ("services: {web: {image: nginx}}", "my.app: no service of the template runs the version's image app:1.0@sha256:"),
    ("services: {web: {image: {{ image }}, ports: ['a:b']}}",
     "Docker Compose does not accept what my.app would be started with: invalid containerPort: b. Mend its catalog "
     "entry or the parameters."),
    ("services: {web: {image: {{ image }}, colour: red}}",
     "Docker Compose does not accept what my.app would be started with: services.web additional properties 'colour' "
     "not allowed. Mend its catalog entry or the parameters."),
    ("services: {web: {image: {{ image }}, depends_on: [db]}}",
     "Docker Compose does not accept what my.app would be started with: service \"web\" depends on undefined service"),
    ("services: {web: {image: {{ image }}, command: !!python/object x}}",
     "my.app: what the template renders is not usable YAML (places are of the rendered text): compose.yml.j2:1:"),
    ("services: {web: &a {image: x, x-a: *a}}", "my.app: what the template renders is not usable YAML"),
    ("services: {web: {image: a, image: b}}", "my.app: what the template renders is not usable YAML"),
    ("{{ '[' * 50000 }}", "my.app: what the template renders is not usable YAML"),
    ("- a", "my.app: what the template renders is not usable YAML"),
    ("", "my.app: what the template renders is not usable YAML"),
    ("\n\n{{ params.OTHER }}", "my.app: the template compose.yml.j2 failed in line 3: 'dict object' has no attribute"),
    ("{{ ''.__class__.__mro__ }}", "my.app: the template compose.yml.j2 failed in line 1: access to attribute"),
    ("{{ 'x' * 300000 }}", "my.app: the template compose.yml.j2 makes more than 256 KiB. Make it smaller."),
])
def test_a_hostile_template_is_refused_with_its_sentence(template: str, expected: str) -> None:
    assert refusal(template)[:len(expected)] == expected


def test_declared_and_accepted_permissions_are_told() -> None:
    app = an_app(service={"volumes": ["/srv/conf:/conf:ro", "./data:/data"], "cap_add": ["NET_ADMIN", "CHOWN"]},
                 permissions=["host_path:/srv", "capability:NET_ADMIN"])
    with pytest.raises(BadRequest, match="needs permissions that nobody accepted"):
        app_files(app, {"TEXT": "x"})
    files = app_files(app, {"TEXT": "x"}, accepted=["host_path:/srv/conf", "capability:NET_ADMIN"])
    assert sorted(files.permissions) == ["capability:NET_ADMIN", "host_path:/srv/conf"]


def test_no_error_shows_a_secret() -> None:
    told = refusal("services: {web: {image: {{ image }}, ports: ['${PW}:80']}}", values={"PW": "hunter2\"x"},
                   params=[{"name": "PW", "type": "secret"}])
    assert "hunter2" not in told
    assert "***" in told


def test_no_error_shows_where_compose_was_asked() -> None:
    assert "/tmp/" not in refusal("services: {web: {image: {{ image }}, volumes: ['.:/y']}}")


def test_a_catalog_carries_its_permissions_here() -> None:
    catalog = parse_catalog([("app/software.yml", b"""\
apiVersion: softops/v1
name: app
versions:
  "1": {image: "app:1"}
  "2": {image: "app:2", permissions: []}
service: {volumes: ["${DIR}:/data"]}
permissions: ["host_path:${DIR}"]
params: [{name: DIR, type: string}]
""")])
    assert catalog.problems == ()
    app = [AppVersion(name="app", version=item.version, image=item.docker_image, digest=None, commit=None,
                      entry=item.entry) for item in catalog.items.values()]
    accepted = ["host_path:/srv/x"]
    assert app_files(app[0], {"DIR": "/srv/x"}, accepted=accepted).permissions == ("host_path:/srv/x",)
    with pytest.raises(BadRequest, match="does not declare"):
        app_files(app[1], {"DIR": "/srv/x"}, accepted=accepted)


def test_the_same_files_are_judged_once() -> None:
    template = "services: {web: {image: {{ image }}, command: '{{ params.TEXT }}', privileged: true}}"
    app = an_app(template, permissions=["privileged"])
    first = app_files(app, {"TEXT": "the same"}, accepted=["privileged"])
    begin = time.monotonic()
    assert [app_files(app, {"TEXT": "the same"}, accepted=["privileged"]) for _ in range(100)] == [first] * 100
    assert time.monotonic() - begin < 1
    with pytest.raises(BadRequest, match="nobody accepted"):
        app_files(app, {"TEXT": "the same"})


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app_files(an_app(service={}), {"TEXT": "left behind?"})
    refusal("services: {web: {image: {{ image }}, colour: red}}")
    assert list(tmp_path.iterdir()) == []
