"""desired.py: what the variables softops_apps* say, and everything that can be wrong with them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from softops.desired import HostDesire, Misfit, Wanted, Wish, app_variables, desire_of
from softops.texts import TEXTS


def wishes(**variables: Any) -> tuple[Wish, ...]:
    found = desire_of("web1", variables)
    assert found.problems == ()
    return found.wishes


def problems(**variables: Any) -> list[tuple[str, str]]:
    found = desire_of("web1", variables)
    assert found.managed is True
    for problem in found.problems:
        assert problem.reason in TEXTS
        assert re.search(r"\{[a-z_]+\}", problem.text("en") + problem.text("zh")) is None
    return [(problem.variable, problem.reason) for problem in found.problems]


def test_a_host_without_the_variable_is_not_managed() -> None:
    assert desire_of("web1", {}) == HostDesire(host="web1", managed=False)


def test_an_empty_mapping_means_that_nothing_shall_run() -> None:
    assert desire_of("web1", {"softops_apps": {}}) == HostDesire(host="web1", managed=True)


def test_everything_that_a_software_can_say() -> None:
    assert wishes(softops_apps={
        "redis": {"version": "7.2"},
        "nginx": {"version": "1.27.0", "parameters": {"HTTP_PORT": 8080}, "state": "stopped", "repository": "own",
                  "acceptPermissions": ["host_network"]},
        "old": {"state": "absent"},
    }) == (
        Wish(name="nginx", version="1.27.0", parameters={"HTTP_PORT": 8080}, state=Wanted.STOPPED, repository="own",
             accept_permissions=("host_network",)),
        Wish(name="old", version="", state=Wanted.ABSENT),
        Wish(name="redis", version="7.2"))


def test_a_list_says_the_same_as_a_mapping() -> None:
    assert wishes(softops_apps=[{"name": "nginx", "version": "1.27.0"}]) == wishes(
        softops_apps={"nginx": {"version": "1.27.0"}})


def test_variables_of_several_groups_are_merged() -> None:
    assert wishes(softops_apps={"nginx": {"version": "1"}}, softops_apps_db={"postgres": {"version": "16"}}) == (
        Wish(name="nginx", version="1"), Wish(name="postgres", version="16", variable="softops_apps_db"))


def test_the_same_in_two_variables_is_no_problem_and_something_else_is() -> None:
    same = {"nginx": {"version": "1"}}
    assert [wish.name for wish in wishes(softops_apps=same, softops_apps_web=same)] == ["nginx"]
    found = desire_of("web1", {"softops_apps": same, "softops_apps_web": {"nginx": {"version": "2"}}})
    assert found.problems == (Misfit(
        host="web1", variable="softops_apps_web.nginx", reason="DESIRED_TWICE",
        params={"software": "nginx", "other": "softops_apps"}),)


def test_what_softops_wrote_for_the_host_wins() -> None:
    assert wishes(softops_apps={"nginx": {"version": "1"}}, softops_apps_local={"nginx": {"version": "2"}},
                  softops_apps_zz={"nginx": {"version": "1"}}) == (
        Wish(name="nginx", version="2", variable="softops_apps_local"),)


def test_settings_that_begin_alike_are_no_software() -> None:
    assert app_variables({"softops_apps": 1, "softops_apps_x": 2, "softops_apps_dir": "/opt", "softops_url": 3,
                          "softops_appsx": 4}) == {"softops_apps": 1, "softops_apps_x": 2}


def test_templates_and_unsafe_values_stay_literal() -> None:
    (wish,) = wishes(softops_apps={"nginx": {"version": {"__ansible_unsafe": "1.0"}, "parameters": {
        "A": "{{ lookup('pipe', 'id') }}", "B": {"__ansible_unsafe": "{{ raw }}"}, "C": "héé中"}}})
    assert (wish.version, wish.parameters) == (
        "1.0", {"A": "{{ lookup('pipe', 'id') }}", "B": "{{ raw }}", "C": "héé中"})


VAULT = {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n6162"}


@pytest.mark.parametrize(("value", "where", "reason"), [
    (None, "softops_apps", "DESIRED_NO_MAPPING"),
    ("{{ other }}", "softops_apps", "DESIRED_NO_MAPPING"),
    ({"__ansible_unsafe": "x"}, "softops_apps", "DESIRED_NO_MAPPING"),
    (VAULT, "softops_apps", "DESIRED_NO_MAPPING"),
    ({f"a{number}": {"version": "1"} for number in range(501)}, "softops_apps", "DESIRED_TOO_MANY"),
    ([{"version": "1"}], "softops_apps[0]", "DESIRED_NO_NAME"),
    (["nginx"], "softops_apps[0]", "DESIRED_NO_NAME"),
    ([{"name": 5}], "softops_apps[0]", "DESIRED_NO_NAME"),
    ([{"name": "a", "version": "1"}, {"name": "a", "version": "1"}], "softops_apps[1]", "DESIRED_LISTED_TWICE"),
    ({"../etc": {"version": "1"}}, "softops_apps.../etc", "DESIRED_NAME"),
    ({"Nginx": {"version": "1"}}, "softops_apps.Nginx", "DESIRED_NAME"),
    ({"软件": {"version": "1"}}, "softops_apps.软件", "DESIRED_NAME"),
    ({"a\x1b[2J": {"version": "1"}}, "softops_apps.a\\x1b[2J", "DESIRED_NAME"),
    ({"nginx": "1.27.0"}, "softops_apps.nginx", "DESIRED_FORM"),
    ({"nginx": None}, "softops_apps.nginx", "DESIRED_FORM"),
    ({"nginx": VAULT}, "softops_apps.nginx", "DESIRED_FORM"),
    ({"nginx": {}}, "softops_apps.nginx.version", "DESIRED_NO_VERSION"),
    ({"nginx": {"version": None}}, "softops_apps.nginx.version", "DESIRED_NO_VERSION"),
    ({"nginx": {"version": 1.1}}, "softops_apps.nginx.version", "DESIRED_VERSION_NUMBER"),
    ({"nginx": {"version": 16}}, "softops_apps.nginx.version", "DESIRED_VERSION_NUMBER"),
    ({"nginx": {"version": True}}, "softops_apps.nginx.version", "DESIRED_VERSION_NUMBER"),
    ({"nginx": {"version": "../1"}}, "softops_apps.nginx.version", "DESIRED_VERSION"),
    ({"nginx": {"version": "{{ v }}"}}, "softops_apps.nginx.version", "DESIRED_VERSION"),
    ({"nginx": {"version": ["1"]}}, "softops_apps.nginx.version", "DESIRED_VERSION"),
    ({"nginx": {"version": VAULT}}, "softops_apps.nginx.version", "DESIRED_VAULT"),
    ({"nginx": {"version": "1", "state": False}}, "softops_apps.nginx.state", "DESIRED_STATE"),
    ({"nginx": {"version": "1", "state": {}}}, "softops_apps.nginx.state", "DESIRED_STATE"),
    ({"nginx": {"version": "1", "params": {}}}, "softops_apps.nginx.params", "DESIRED_KEY"),
    ({"nginx": {"version": "1", "parameters": [1]}}, "softops_apps.nginx.parameters", "DESIRED_PARAMETERS"),
    ({"nginx": {"version": "1", "parameters": {"A": VAULT}}}, "softops_apps.nginx.parameters.A", "DESIRED_VAULT"),
    ({"nginx": {"version": "1", "repository": 5}}, "softops_apps.nginx.repository", "DESIRED_REPOSITORY"),
    ({"nginx": {"version": "1", "acceptPermissions": "x"}}, "softops_apps.nginx.acceptPermissions",
     "DESIRED_PERMISSIONS"),
    ({"nginx": {"version": "1", "acceptPermissions": [{}]}}, "softops_apps.nginx.acceptPermissions",
     "DESIRED_PERMISSIONS"),
])
def test_what_is_wrong_is_named_with_its_place(value: Any, where: str, reason: str) -> None:
    found = problems(softops_apps=value)
    assert (where, reason) in found
    if reason != "DESIRED_VAULT":
        assert len(found) == 1


def test_all_problems_of_a_host_are_told_at_once() -> None:
    assert problems(softops_apps={"A": {}, "b": {"version": 1, "state": "on"}}, softops_apps_x=7) == [
        ("softops_apps_x", "DESIRED_NO_MAPPING"), ("softops_apps.A", "DESIRED_NAME"),
        ("softops_apps.b.state", "DESIRED_STATE"), ("softops_apps.b.version", "DESIRED_VERSION_NUMBER")]


def test_what_can_be_read_beside_a_problem_is_there_to_be_judged() -> None:
    found = desire_of("web1", {"softops_apps": {
        "a": {"version": "1", "parameters": [1]}, "b": {"version": 1}, "c": {"state": "absent", "x": 1}, "D": {},
        "e": {"version": "2"}}})
    assert found.wishes == (Wish(name="a", version="1"), Wish(name="c", version="", state=Wanted.ABSENT),
                            Wish(name="e", version="2"))
    assert len(found.problems) == 4


def test_the_nearest_right_key_is_offered() -> None:
    (found,) = desire_of("web1", {"softops_apps": {"a": {"version": "1", "paramters": {}}}}).problems
    assert found.text("en") == "There is no key paramters here. Did you mean parameters?"


def test_a_name_of_a_megabyte_stays_out_of_the_sentence() -> None:
    (found,) = desire_of("web1", {"softops_apps": {"x" * 1_000_000: {"version": "1"}}}).problems
    assert len(found.text("en")) < 300
    assert len(found.variable) < 300
