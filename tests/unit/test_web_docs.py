"""docs/api.md: every endpoint is in it, and what it shows is what the API takes and answers."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import TypeAdapter

from softops.config import PROJECT
from softops.errors import HTTP_STATUS
from softops.web.audit import AuditView
from softops.web.endpoint import Endpoint
from softops.web.openapi import enveloped_type
from softops.web.table import ENDPOINTS
from softops.web.validation import names_of, read_json

MANUAL = (PROJECT / "docs/api.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `([A-Z]+ [^`]+)`\n(.*?)(?=^##|\Z)", MANUAL, re.MULTILINE | re.DOTALL))
EVERY = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")


def section(endpoint: Endpoint) -> str:
    return SECTIONS[f"{endpoint.method} {endpoint.path}"]


def blocks(endpoint: Endpoint, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", section(endpoint), re.MULTILINE | re.DOTALL)


def test_every_endpoint_has_its_section() -> None:
    assert SECTIONS.keys() == {f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS}


@EVERY
def test_the_answer_that_is_shown_is_one_that_the_endpoint_can_give(endpoint: Endpoint) -> None:
    (shown,) = blocks(endpoint, "json")
    if endpoint.lines:
        assert [AuditView.model_validate_json(line) for line in shown.splitlines()]
        return
    TypeAdapter(enveloped_type(endpoint)).validate_json(shown)
    assert json.loads(shown)["code"] in endpoint.codes


@EVERY
def test_the_command_that_is_shown_asks_for_it(endpoint: Endpoint) -> None:
    for command in blocks(endpoint, "sh"):
        url = urlsplit(re.findall(r"http://[^\s']+", command)[0])
        assert re.fullmatch(re.sub(r"\{\w+\}", r"\\d+", endpoint.path), url.path)
        assert ("-X POST" in command) == (endpoint.method == "POST")
        assert parse_qs(url.query).keys() <= set(names_of(endpoint.query) if endpoint.query else ())
        body = re.search(r"-d '(.*)'", command)
        assert body is None or (endpoint.body and read_json(endpoint.body, body[1].encode()))


@EVERY
def test_every_parameter_is_explained(endpoint: Endpoint) -> None:
    wanted = [name for model in (endpoint.query, endpoint.body) if model for name in names_of(model)]
    assert [name for name in wanted if f"`{name}`" not in section(endpoint)] == []


def test_every_code_is_explained() -> None:
    listed = {int(code): int(status) for code, status in re.findall(r"^\| (\d+) \| (\d+) \|", MANUAL, re.MULTILINE)}
    assert listed == HTTP_STATUS
