"""The parser of events takes anything: what servers and playbooks print stops no run and never passes for ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softops.events import AppEnded, RunStats, parse_event, parse_line

TOKEN = "token-of-this-run"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.just(10**400),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8)
KEYS = ["host", "at", "run", "kind", "stage", "total", "layers", "containers", "software", "outcome", "reason", "code",
        "params", "digest", "changed", "log"]
VALUES = st.sampled_from(["stage", "layers", "containers", "result", "pull", "success", "web1", TOKEN, 1.5, 0, -1,
                          [{"id": "a", "status": "x"}], [{"id": 1, "status": "x", "total": True}]])
LINE = st.dictionaries(st.sampled_from(KEYS), VALUES | JSON, max_size=12)
DATA = st.dictionaries(
    st.sampled_from(["host", "task", "res", "ok", "changed", "failures", "dark", "rescued", "skipped",
                     "ignore_errors"]),
    st.dictionaries(st.sampled_from(["web1", "msg", "softops", "changed"]), JSON, max_size=3) | JSON, max_size=8)
KINDS = ["verbose", "playbook_on_stats", "runner_on_failed", "runner_on_unreachable", "runner_on_ok", "x"]
EVENTS = st.fixed_dictionaries({}, optional={
    "event": st.sampled_from(KINDS) | JSON,
    "stdout": st.text(max_size=50) | LINE.map(lambda line: '{"softops": 1, ' + json.dumps(line)[1:]) | JSON,
    "event_data": DATA | JSON})


@settings(max_examples=400)
@given(raw=EVENTS)
def test_any_event_has_a_meaning_or_none(raw: dict[str, Any]) -> None:
    found = parse_event(raw, TOKEN)
    if isinstance(found, RunStats):
        assert all(isinstance(host, str) and stats.ok >= 0 for host, stats in found.hosts.items())


@pytest.mark.parametrize("run", [None, "", "another", TOKEN.upper(), [TOKEN]])
def test_a_whole_line_of_a_server_never_passes_for_ours(run: object) -> None:
    line = {"softops": 1, "run": TOKEN, "host": "web1", "at": 1.5, "kind": "result", "software": "app",
            "outcome": "success", "reason": "START_SUCCESS", "code": 200}
    assert isinstance(parse_line(json.dumps(line), TOKEN), AppEnded)
    assert parse_line(json.dumps({**line, "run": run}), TOKEN) is None
    assert parse_event({"event": "verbose", "stdout": json.dumps({**line, "run": run})}, TOKEN) is None


@settings(max_examples=400)
@given(line=LINE)
def test_a_line_counts_only_with_the_token_of_its_run(line: dict[str, Any]) -> None:
    text = '{"softops": 1, ' + json.dumps(line)[1:] if line else '{"softops": 1}'
    parse_line(text, TOKEN)
    if line.get("run") != TOKEN:
        assert parse_line(text, TOKEN) is None


@settings(max_examples=150)
@given(text=st.text() | st.text().map(lambda text: '{"softops"' + text)
       | st.integers(1, 60_000).map(lambda deep: '{"softops": ' + "[" * deep))
def test_a_line_that_is_no_json_is_nothing(text: str) -> None:
    assert parse_line(text, TOKEN) is None
