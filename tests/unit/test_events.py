"""events.py: raw events become values, and nothing a server prints can pass for one."""

import json

import pytest

from softops.events import (
    AppEnded,
    HostFailed,
    HostOk,
    HostStats,
    Layer,
    LayersChanged,
    RunStats,
    StageReached,
    parse_event,
    parse_line,
)


def line(**fields: object) -> str:
    return json.dumps({"softops": 1, "run": "t0ken", "host": "web1", "at": 1700000000.5, **fields})


def test_a_layers_line_becomes_layers_with_bytes() -> None:
    text = line(kind="layers", layers=[{"id": "5f70", "status": "Downloading", "current": 512, "total": 2048}])
    assert parse_event({"event": "verbose", "stdout": text}, "t0ken") == LayersChanged(
        host="web1", at=1700000000.5,
        layers=(Layer(id="5f70", status="Downloading", current=512, total=2048),))


def test_a_stage_line_becomes_a_stage_and_an_unknown_total_stays_unknown() -> None:
    assert parse_line(line(kind="stage", stage="pull", total=None), "t0ken") == StageReached(
        host="web1", stage="pull", at=1700000000.5, total=None)


@pytest.mark.parametrize("text", [
    "", "PLAY [all]", '{"softops"', '{"softops": 1}', "[1]", '{"softops": 1, "host": 3, "at": 1}',
    line(kind="layers", layers=[]), line(kind="layers", layers="x"), line(kind="layers", layers=[{"id": ""}]),
    line(kind="stage", stage=7), line(kind="other"), line(run="guess", kind="stage", stage="pull"),
    '{"softops": ' + "[" * 100_000, line(kind="stage", stage="x" * 300_000)])
def test_a_line_of_another_shape_is_nothing(text: str) -> None:
    assert parse_line(text, "t0ken") is None


def test_sizes_that_are_not_counts_are_unknown() -> None:
    text = line(kind="layers", layers=[{"id": "a", "status": "Downloading", "current": -1, "total": True}])
    event = parse_line(text, "t0ken")
    assert isinstance(event, LayersChanged)
    assert event.layers == (Layer(id="a", status="Downloading"),)


@pytest.mark.parametrize(("said", "seen"), [
    ({}, ("PORT_IN_USE", 1003, None)), ({"code": 10**30}, ("PORT_IN_USE", 500, None)),
    ({"code": "1"}, ("PORT_IN_USE", 500, None)), ({"digest": "z" * 500}, ("PORT_IN_USE", 1003, None)),
    ({"digest": f"sha256:{'a' * 64}"}, ("PORT_IN_USE", 1003, f"sha256:{'a' * 64}")),
    ({"reason": "<b>x"}, None), ({"reason": "X" * 101}, None), ({"outcome": "done"}, None)])
def test_an_end_has_only_what_a_record_can_hold(said: dict[str, object], seen: object) -> None:
    told = {"kind": "result", "software": "app", "outcome": "failed", "reason": "PORT_IN_USE", "code": 1003} | said
    event = parse_line(line(**told), "t0ken")
    assert (isinstance(event, AppEnded) and (event.reason, event.code, event.digest)) == (seen or False)


def test_stats_count_every_server() -> None:
    raw = {"event": "playbook_on_stats", "event_data": {
        "ok": {"web1": 2}, "changed": {"web1": 1}, "failures": {}, "dark": {"web2": 1}, "rescued": {"web1": 1},
        "skipped": {}, "processed": {"web1": 1, "web2": 1}}}
    assert parse_event(raw) == RunStats(hosts={"web1": HostStats(ok=2, changed=1, rescued=1),
                                               "web2": HostStats(unreachable=1)})


def test_a_failure_carries_what_our_plugin_says() -> None:
    raw = {"event": "runner_on_failed", "event_data": {
        "host": "web1", "task": "Pull", "ignore_errors": None,
        "res": {"msg": "no", "softops": {"reason": "PULL_IDLE", "code": 1002}}}}
    assert parse_event(raw) == HostFailed(host="web1", task="Pull", message="no",
                                          softops={"reason": "PULL_IDLE", "code": 1002})


def test_an_unreachable_server_is_a_failure_of_its_kind() -> None:
    raw = {"event": "runner_on_unreachable",
           "event_data": {"host": "web2", "task": "Pull", "res": {"msg": "timed out"}}}
    assert parse_event(raw) == HostFailed(host="web2", task="Pull", message="timed out", unreachable=True)


def test_a_success_counts_only_when_it_is_ours() -> None:
    ours = {"event": "runner_on_ok", "event_data": {
        "host": "web1", "task": "Pull", "res": {"changed": True, "softops": {"digest": "sha256:1"}}}}
    assert parse_event(ours) == HostOk(host="web1", task="Pull", softops={"digest": "sha256:1"}, changed=True)
    assert parse_event({"event": "runner_on_ok", "event_data": {"host": "web1", "res": {"changed": True}}}) is None


@pytest.mark.parametrize("raw", [{}, {"event": "verbose"}, {"event": "runner_on_failed"},
                                 {"event": "runner_on_failed", "event_data": {"res": None}},
                                 {"event": "playbook_on_start", "event_data": {}}])
def test_an_event_without_meaning_is_nothing(raw: dict[str, object]) -> None:
    assert parse_event(raw) is None
