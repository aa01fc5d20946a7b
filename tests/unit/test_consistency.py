"""consistency.py: what is told about uses of parameters where their declaration is missing or misspelt."""

from __future__ import annotations

import pytest

from softops.catalog import parse_catalog
from softops.problems import Problem

GOOD = """\
apiVersion: softops/v1
name: app
versions:
  "1.0": {image: "app:1.0"}
"""


def problems(text: str, **beside: str) -> tuple[Problem, ...]:
    files = {"app/software.yml": text, **{f"app/{name}.j2": content for name, content in beside.items()}}
    return parse_catalog((path, content.encode()) for path, content in files.items()).problems


def told(text: str, **beside: str) -> list[str]:
    return [problem.text("en") for problem in problems(text, **beside)]


def places(text: str) -> list[tuple[int, int, str]]:
    return [(problem.line, problem.column, problem.reason) for problem in problems(text)]


def test_where_no_parameter_is_declared_none_is_offered() -> None:
    assert told(f"{GOOD}service:\n  env: {{A: '${{B}}'}}\n") == [
        "app/software.yml:6:12: There is no parameter B; none is declared here. Declare it under params."]


@pytest.mark.parametrize("key", ["parmas", "Params", "parameters", "param"])
def test_uses_of_parameters_are_not_told_where_the_key_params_is_misspelt(key: str) -> None:
    params = "[{name: PORT, type: port, default: 80}]"
    text = f"{GOOD}{key}: {params}\nservice: {{ports: ['${{PORT}}:80'], env: {{A: '${{B}}'}}}}\n"
    assert told(text) == [f"app/software.yml:5:1: There is no key {key} here. Try: params."]
    template = told(f"{GOOD}{key}: {params}\ncompose: c.j2\n", c="services: {a: {image: x, ports: ['${PORT}:80']}}")
    assert template == [f"app/software.yml:5:1: There is no key {key} here. Try: params."]


def test_a_version_that_misspells_params_says_nothing_of_its_uses_and_another_one_does() -> None:
    versions = "  '1.0': {image: 'app:1.0', parmas: []}\n  '2.0': {image: 'app:2.0'}\n"
    text = f"apiVersion: softops/v1\nname: app\nversions:\n{versions}"
    assert places(text) == [(4, 29, "ENTRY_UNKNOWN")]
    assert places(f"{text}service: {{env: {{A: '${{B}}'}}}}\n") == [
        (4, 29, "ENTRY_UNKNOWN"), (6, 20, "ENTRY_NO_PARAMS")]
