"""params.py: what a catalog may declare, and the values that people give."""

from __future__ import annotations

import time
from typing import Any

import pytest

from softops.catalog import parse_catalog
from softops.errors import BadRequest, InternalError
from softops.params import check_given, check_parameters
from softops.secretparams import secret_names

GOOD = 'apiVersion: softops/v1\nname: app\nversions:\n  "1.0": {image: "app:1.0"}\n'


def told(text: str) -> list[str]:
    return [problem.text("en") for problem in parse_catalog([("app/software.yml", text.encode())]).problems]


@pytest.mark.parametrize(("param", "expected"), [
    ("{name: A, type: strng}", "app/software.yml:6:21: strng is not a type of parameter. Try: string."),
    ("{name: A, type: 5}", "app/software.yml:6:21: 5 is not a type of parameter. Try: bool, enum, int, port, secret, "
                           "string."),
    ("{name: A}", "app/software.yml:6:5: The key type is missing here. Add it."),
    ("A", "app/software.yml:6:5: A mapping is wanted here, not A. Write key: value."),
    ("{name: A, type: string, defualt: x}", "app/software.yml:6:29: There is no key defualt here. Try: default."),
    ("{name: A, type: string, default: 1.10}",
     'app/software.yml:6:38: 1.10 can be read as something else than text: quote it: "1.10".'),
    ("{name: A, type: int, default: '5'}",
     "app/software.yml:6:35: 5 is not a whole number. Write one in plain digits, without quotes."),
    ("{name: A, type: int, default: 1.5}",
     "app/software.yml:6:35: 1.5 is not a whole number. Write one in plain digits, without quotes."),
    ("{name: A, type: bool, default: on}",
     "app/software.yml:6:36: on is not true or false. Write true or false, without quotes."),
    ("{name: A, type: port, default: 70000}", "app/software.yml:6:36: The number has to be at most 65535."),
    ("{name: A, type: int, min: 5, max: 4}", "app/software.yml:6:31: min 5 is greater than max 4. Change one of them."),
    ("{name: A, type: int, min: 5, default: 4}", "app/software.yml:6:43: The parameter A has to be at least 5."),
    ("{name: A, type: string, max: 2, default: abc}", "app/software.yml:6:46: The parameter A may have at most 2 "
                                                      "characters."),
    ("{name: A, type: string, pattern: '[a-z]+', default: ab1}",
     "app/software.yml:6:57: The parameter A does not match [a-z]+. Change it."),
    ("{name: A, type: enum, choices: [a, b], default: c}", "app/software.yml:6:53: The parameter A has to be one of: "
                                                           "a, b."),
    ("{name: A, type: enum, choices: []}", "app/software.yml:6:36: At least 1 element is needed here. Add it."),
    ("{name: A, type: enum, choices: [1, 2]}", None),
    ("{name: A, type: secret, default: hunter2}",
     "app/software.yml:6:38: A secret has no default: git would show it. Write generate: 24, or leave it to be given."),
    ("{name: A, type: secret, generate: 2}", "app/software.yml:6:39: The number has to be at least 8."),
    ("{name: A, type: secret, generate: 24, pattern: x}",
     "app/software.yml:6:52: A generated secret can't follow a pattern. Keep pattern or generate."),
    ("{name: A, type: secret, generate: 24, max: 12}",
     "app/software.yml:6:39: The length to generate is outside of min and max. Change one of them."),
    ("{name: A, type: string, pattern: '('}", None),
    ("{name: A, type: string, pattern: 'a(?=b)'}", None),
    ("{name: COMPOSE_FILE, type: string}", None), ("{name: HOME, type: string}", None),
    ("{name: docker_host, type: string}", None),
    ("{name: 1A, type: string}", None),
    ("{name: A-B, type: string}", None),
    ("{name: A, type: string, required: 1}", None),
])
def test_parameters_are_checked(param: str, expected: str | None) -> None:
    found = told(f"{GOOD}params:\n  - {param}\n")
    assert len(found) == (2 if "choices: [1, 2]" in param else 1)
    assert expected is None or found == [expected]


@pytest.mark.parametrize("kind", ["string", "secret"])
def test_a_value_may_have_lines_where_the_author_says_so(kind: str) -> None:
    entry = {"params": [{"name": "A", "type": kind, "multiline": True, "max": 100_000}]}
    value = "-----BEGIN-----\r\n\tx\n" * 4000
    assert check_parameters(entry, {"A": value}) == {"A": value}
    for wrong, reason in (("a\0", "PARAMETER_CONTROL"), ("\x1b[m", "PARAMETER_CONTROL"),
                          ("x" * 100_001, "PARAMETER_TOO_LONG")):
        with pytest.raises(BadRequest) as refused:
            check_parameters(entry, {"A": wrong})
        assert refused.value.reason == reason


def test_a_parameter_is_declared_once() -> None:
    assert told(f"{GOOD}params:\n  - {{name: A, type: string}}\n  - {{name: A, type: int}}\n") == [
        "app/software.yml:7:12: The parameter A is declared twice. Remove one."]


EVIL = "{{ lookup('pipe', 'id') }} ${HOME} `id` \\ \"'"
ENTRY: dict[str, Any] = {"name": "app", "params": [
    {"name": "PORT", "type": "port", "default": 8080, "min": 1024},
    {"name": "TZ", "type": "string", "default": "UTC", "max": 5, "pattern": "[A-Za-z]+"},
    {"name": "COUNT", "type": "int", "min": -1, "max": 3, "required": False},
    {"name": "LOG", "type": "bool", "default": False},
    {"name": "LEVEL", "type": "enum", "choices": ["info", "warn"], "default": "warn"},
    {"name": "TOKEN", "type": "secret", "generate": 24},
    {"name": "MUST", "type": "string"},
]}


def test_defaults_hold_where_nothing_is_given() -> None:
    assert check_parameters(ENTRY, {"MUST": ""}) == {
        "PORT": 8080, "TZ": "UTC", "LOG": False, "LEVEL": "warn", "MUST": ""}


@pytest.mark.parametrize(("given", "read"), [
    ({"PORT": 9000}, {"PORT": 9000}), ({"PORT": "9000"}, {"PORT": 9000}), ({"COUNT": "-1"}, {"COUNT": -1}),
    ({"LOG": "true"}, {"LOG": True}), ({"LOG": True}, {"LOG": True}), ({"LEVEL": "info"}, {"LEVEL": "info"}),
    ({"TOKEN": "geheim"}, {"TOKEN": "geheim"}), ({"PORT": None}, {"PORT": 8080}),
    ({"MUST": EVIL}, {"MUST": EVIL}),
])
def test_values_are_read_in_their_types(given: dict[str, Any], read: dict[str, Any]) -> None:
    values = check_parameters(ENTRY, {"MUST": "x", **given})
    assert {name: values[name] for name in read} == read


@pytest.mark.parametrize(("given", "reason", "text"), [
    ({}, "PARAMETER_MISSING", "The parameter MUST has no default. Give a value."),
    ({"MUST": None}, "PARAMETER_MISSING", "The parameter MUST has no default. Give a value."),
    ({"PROT": 1}, "PARAMETER_UNKNOWN", "There is no parameter PROT. Try: PORT."),
    ({"PORT": 80}, "PARAMETER_TOO_SMALL", "The parameter PORT has to be at least 1024."),
    ({"PORT": 65536}, "PARAMETER_TOO_LARGE", "The parameter PORT has to be at most 65535."),
    ({"PORT": "80 "}, "PARAMETER_WANTS_INT", "The parameter PORT has to be a whole number. Write it in plain digits."),
    ({"PORT": 80.0}, "PARAMETER_WANTS_INT", "The parameter PORT has to be a whole number. Write it in plain digits."),
    ({"PORT": True}, "PARAMETER_WANTS_INT", "The parameter PORT has to be a whole number. Write it in plain digits."),
    ({"PORT": "9" * 5000}, "PARAMETER_WANTS_INT",
     "The parameter PORT has to be a whole number. Write it in plain digits."),
    ({"TZ": "a/b"}, "PARAMETER_PATTERN", "The parameter TZ does not match [A-Za-z]+. Change it."),
    ({"TZ": "UTC\n"}, "PARAMETER_CONTROL", "The parameter TZ has a line break or control character. Remove it."),
    ({"TZ": "Europe"}, "PARAMETER_TOO_LONG", "The parameter TZ may have at most 5 characters."),
    ({"TZ": 5}, "PARAMETER_WANTS_TEXT", "The parameter TZ has to be a text. Write it in quotes."),
    ({"TZ": ["UTC"]}, "PARAMETER_WANTS_TEXT", "The parameter TZ has to be a text. Write it in quotes."),
    ({"LOG": "yes"}, "PARAMETER_WANTS_BOOL", "The parameter LOG has to be true or false. Write one of them."),
    ({"LOG": 1}, "PARAMETER_WANTS_BOOL", "The parameter LOG has to be true or false. Write one of them."),
    ({"LEVEL": "debug"}, "PARAMETER_CHOICE", "The parameter LEVEL has to be one of: info, warn."),
    ({"LEVEL": {}}, "PARAMETER_CHOICE", "The parameter LEVEL has to be one of: info, warn."),
    ({"MUST": "x" * 4097}, "PARAMETER_TOO_LONG", "The parameter MUST may have at most 4096 characters."),
])
def test_a_value_that_does_not_fit_is_refused_by_name(given: dict[str, Any], reason: str, text: str) -> None:
    values = given if reason == "PARAMETER_MISSING" else {"MUST": "x", **given}
    with pytest.raises(BadRequest) as refused:
        check_parameters(ENTRY, values)
    assert (refused.value.reason, refused.value.text("en")) == (reason, text)


def test_a_refused_secret_is_not_repeated() -> None:
    entry = {"params": [{"name": "TOKEN", "type": "secret", "min": 20}]}
    with pytest.raises(BadRequest) as refused:
        check_parameters(entry, {"TOKEN": "geheim"})
    assert "geheim" not in str(refused.value.params)


def test_secrets_are_known_by_name() -> None:
    assert secret_names(ENTRY) == {"TOKEN"}


def test_an_entry_without_parameters_takes_none() -> None:
    assert check_parameters({"name": "app"}, {}) == {}
    with pytest.raises(BadRequest):
        check_parameters({"name": "app"}, {"A": 1})


def test_an_entry_of_another_version_of_softops_says_so() -> None:
    with pytest.raises(InternalError) as refused:
        check_parameters({"name": "app", "params": [{"name": "A", "type": "matrix"}]}, {})
    assert refused.value.reason == "ENTRY_OUTDATED"


def test_no_pattern_takes_long() -> None:
    entry = {"params": [{"name": "A", "type": "string", "pattern": "(a+)+(b|a)*c"}]}
    begin = time.process_time()
    with pytest.raises(BadRequest):
        check_parameters(entry, {"A": "a" * 4000})
    assert time.process_time() - begin < 1


def test_a_pattern_matches_the_whole_value() -> None:
    entry = {"params": [{"name": "A", "type": "string", "pattern": "a|b"}]}
    assert check_parameters(entry, {"A": "b"}) == {"A": "b"}
    for value in ("ab", "xb", "a x"):
        with pytest.raises(BadRequest):
            check_parameters(entry, {"A": value})


def test_an_installation_checks_only_what_is_given() -> None:
    entry = {"name": "db", "params": [{"name": "PORT", "type": "port", "default": 5432},
                                      {"name": "OWNER", "type": "string", "required": True}]}
    assert check_given(entry, {}) == {}
    assert check_given(entry, {"PORT": 5433}) == {"PORT": 5433}
    with pytest.raises(BadRequest, match="PRT"):
        check_given(entry, {"PRT": 1})
