"""composing.py: an entry and its parameters become the files of an app."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from softops.composing import (
    MAX_VALUE,
    AppVersion,
    env_file,
    env_of,
    finished,
    labels_of,
    project_name,
    single_container,
    values_in_force,
    written,
)
from softops.documents import load_document
from softops.errors import BadRequest
from tests.factories import COMMIT, DIGEST

PARAMS = [{"name": "PORT", "type": "port"}, {"name": "NOTE", "type": "string", "required": False},
          {"name": "PASSWORD", "type": "secret", "generate": 24}]
GIVEN = {"PORT": 80, "PASSWORD": "x"}


def an_app(**changes: Any) -> AppVersion:
    values = {"name": "web.app", "version": "1.10", "image": "app:1.10", "digest": DIGEST, "commit": COMMIT,
              "entry": {"service": {}, "params": PARAMS}}
    return AppVersion(**{**values, **changes})


def test_the_image_is_exact_where_the_digest_is_known() -> None:
    assert [an_app().exact_image, an_app(digest=None).exact_image, an_app(image=f"app@{DIGEST}").exact_image] == [
        f"app:1.10@{DIGEST}", "app:1.10", f"app@{DIGEST}"]


def test_a_project_has_no_dots_and_labels_say_where_it_comes_from() -> None:
    assert project_name("web.app") == "web_app"
    assert labels_of(an_app()) == {
        "io.softops.name": "web.app", "io.softops.version": "1.10", "io.softops.commit": COMMIT}
    assert labels_of(an_app(commit=None)) == {"io.softops.name": "web.app", "io.softops.version": "1.10"}


def test_every_key_of_a_service_has_its_word_in_compose() -> None:
    service = {
        "command": ["a", "${PORT}"], "entrypoint": "b", "user": "0", "workdir": "/w", "hostname": "h",
        "ports": ["${PORT}:80"], "env": {"A": "1.10"}, "tmpfs": ["/t"], "labels": {"team": "web"},
        "volumes": ["data:/data", "d:/one", "r:/ro:ro", "./sub:/sub", "/srv:/srv", "${NOTE}:/n"],
        "healthcheck": {"test": ["CMD", "x"]}, "resources": {"memory": "1g", "cpus": 1.5}, "restart": "always",
        "init": True, "read_only": False, "cap_add": ["CHOWN"], "cap_drop": ["ALL"], "shm_size": "1m",
        "stop_grace_period": "1s"}
    app = an_app(entry={"service": service})
    assert finished(app, single_container(app)) == {
        "name": "web_app",
        "services": {"web.app": {
            "image": f"app:1.10@{DIGEST}", "command": ["a", "${PORT}"], "entrypoint": "b", "user": "0",
            "working_dir": "/w", "hostname": "h", "ports": ["${PORT}:80"], "environment": {"A": "1.10"},
            "volumes": ["data:/data", {"type": "volume", "source": "d", "target": "/one"},
                        {"type": "volume", "source": "r", "target": "/ro", "read_only": True},
                        "./sub:/sub", "/srv:/srv", "${NOTE}:/n"],
            "tmpfs": ["/t"], "healthcheck": {"test": ["CMD", "x"]}, "restart": "always", "init": True,
            "read_only": False, "cap_add": ["CHOWN"], "cap_drop": ["ALL"], "shm_size": "1m", "stop_grace_period": "1s",
            "mem_limit": "1g", "cpus": 1.5, "labels": {"team": "web", **labels_of(app)}, "pull_policy": "never"}},
        "volumes": {name: {"labels": {"io.softops.name": "web.app"}} for name in ("data", "d", "r")}}


def test_softops_sets_only_what_it_has_to() -> None:
    app = an_app(commit="a$b")
    given = {"name": "other", "version": "3", "x-log": 1,
             "services": {"a": {"image": "i", "labels": ["team=web"], "pull_policy": "always"}}}
    assert finished(app, given) == {"name": "web_app", "x-log": 1, "services": {"a": {
        "image": "i", "pull_policy": "never", "labels": [
            "team=web", "io.softops.name=web.app", "io.softops.version=1.10", "io.softops.commit=a$$b"]}}}


def test_labels_of_a_wrong_kind_are_left_for_compose_to_refuse() -> None:
    app = an_app()
    assert finished(app, {"services": {"a": {"labels": 3}}})["services"]["a"]["labels"] == 3
    assert finished(app, {"services": {"a": {"labels": None}}})["services"]["a"]["labels"] == labels_of(app)


def test_values_stand_in_env_between_quotes() -> None:
    assert env_file({"B": "$x \"y\" \\n 'z' #\n\r", "A": True, "N": 3, "NOTHING": None}) == (
        'A="true"\nB="\\$x \\"y\\" \\\\n \'z\' #\\n\\r"\nN="3"\nNOTHING=""\n')


def test_an_env_file_has_a_line_for_every_parameter() -> None:
    app = an_app()
    assert env_of(app.entry, GIVEN) == env_file(values_in_force(app, GIVEN)) == 'NOTE=""\nPASSWORD="x"\nPORT="80"\n'


def test_parameters_left_out_are_known_as_such() -> None:
    assert values_in_force(an_app(), GIVEN) == {"PORT": 80, "NOTE": None, "PASSWORD": "x"}


@pytest.mark.parametrize(("given", "reason"), [
    ({**GIVEN, "OTHER": 1}, "PARAMETER_UNKNOWN"),
    ({"PASSWORD": "x"}, "PARAMETER_MISSING"),
    ({"PORT": 80}, "PARAMETER_MISSING"),
    ({**GIVEN, "NOTE": "a\0b"}, "PARAMETER_NUL"),
    ({**GIVEN, "NOTE": "\ud800"}, "PARAMETER_NOT_TEXT"),
    ({**GIVEN, "NOTE": "ä" * (MAX_VALUE // 2) + "x"}, "PARAMETER_OVERSIZED"),
])
def test_a_value_that_no_container_can_have_is_named(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRequest) as caught:
        values_in_force(an_app(), given)
    assert caught.value.reason == reason
    assert any(caught.value.params["name"] == name for name in ("OTHER", "PORT", "PASSWORD", "NOTE"))


@pytest.mark.parametrize("text", [
    "yes", "22:22", "1e3", "0o14", "0x10", "2024-01-01", "1.10", "~", "", "null", "<<", "=", "- a", "a: b", "a # b",
    " lead", "trail ", "{{ x }}", "&a", "*a", "!t", "%", "@", "`", "a\nb\n", "\n  a\nb", "a\n\n\n", "tab\there",
    "\x85", "\u2028", "'\"\\", "${X}", "é中", "x" * 3000, ".inf", "1_000", "-", "?", "on"])
def test_text_stays_text_when_written(text: str) -> None:
    model = {text or "key": [text], "other": text}
    document = written(model)
    assert yaml.safe_load(document) == model
    if not {"\t", "\x85"} & set(document):
        assert load_document("x", document.encode()).data == model


def test_what_readers_disagree_about_is_written_as_it_was() -> None:
    read = load_document("x", b"a: [22:22, 0123, yes, 1e3, 2024-01-01, 7, 1.5, true, null]\n").data
    assert read is not None
    assert written(read).split("\n")[1:-1] == [
        "a:", "- 22:22", "- 0123", "- yes", "- 1e3", "- 2024-01-01", "- 7", "- 1.5", "- true", "- null"]


@pytest.mark.parametrize(("volume", "expected"), [
    (None, {"labels": {"io.softops.name": "web.app"}}),
    ({"labels": ["a=b"]}, {"labels": ["a=b", "io.softops.name=web.app"]}),
    ({"labels": {"a": "b"}}, {"labels": {"a": "b", "io.softops.name": "web.app"}}),
    ({"external": True}, {"external": True}), ("nonsense", "nonsense")])
def test_a_volume_of_the_app_says_whose_it_is(volume: Any, expected: Any) -> None:
    data = {"services": {"web": {"image": "web:1"}}, "volumes": {"data": volume}}
    assert finished(an_app(), data)["volumes"] == {"data": expected}
