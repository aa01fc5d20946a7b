"""What servers, engines and containers say is shown, and nothing obeys it: no terminal, no page, no record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softops.containerlogs import LONGEST_LINE, LogReader
from softops.containerstates import ContainerState, container_state
from softops.entities import FinalState
from softops.masking import Masker
from softops.refusals import quoted
from softops.serverfiles import found_in
from softops.statuses import RecordStatus
from tests.factories import NOW, an_item, some_images
from tests.integration.test_cli_running import Shell
from tests.integration.webserver import Served, Story, served, still_service

STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe\u2028<script>alert(1)</script>[bold]b[/bold]\r\x08\x00{{ 7*7 }}"
TEXT = st.text(max_size=30) | st.just(EVIL) | st.just("x" * 100_000)
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
                    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXT, inside, max_size=3),
                    max_leaves=6)
LABELS = st.dictionaries(
    st.sampled_from(["io.softops.name", "io.softops.version", "com.docker.compose.service"]), TEXT)
SAID = st.fixed_dictionaries({"Id": TEXT | st.just("4a63")}, optional={
    "Name": TEXT | JSON, "RestartCount": JSON,
    "Config": st.fixed_dictionaries({"Labels": LABELS | JSON}, optional={"Image": TEXT | JSON}) | JSON,
    "State": st.dictionaries(st.sampled_from(["Status", "ExitCode", "OOMKilled", "StartedAt", "Health"]), TEXT | JSON),
    "NetworkSettings": st.fixed_dictionaries({"Ports": st.dictionaries(st.just("80/tcp") | TEXT, JSON) | JSON}) | JSON})


@settings(max_examples=200)
@given(said=SAID)
def test_a_container_is_what_fits_into_its_row(said: dict[str, Any]) -> None:
    state = container_state(said)
    if state is None:
        return
    told = json.dumps([str(value) for value in (state.engine_id, state.name, state.soft_name, state.service,
                                                state.version, state.docker_image, state.state)], ensure_ascii=False)
    assert not STEERING.search(told)
    assert len(told) < 4000
    assert state.start_time is None or isinstance(state.start_time, datetime)


@settings(max_examples=100)
@given(text=TEXT | st.binary(max_size=80).map(lambda data: data.decode("latin-1")))
def test_words_of_a_server_are_one_line_and_a_log_is_plain_text(text: str) -> None:
    assert not STEERING.search(quoted(text))
    assert len(quoted(text)) < 2000
    log = Masker(["secret"]).log(text)
    assert not STEERING.search(log.replace("\t", ""))
    assert len(log) <= 16 * 1024


@settings(max_examples=100)
@given(output=TEXT | st.builds(lambda name, rest: f"softops-app {name} - - - + + {rest}\n",
                               TEXT, TEXT | JSON.map(json.dumps)))
def test_files_that_a_server_claims_to_have_are_never_code(output: str) -> None:
    for found in found_in(output).values():
        assert all(re.fullmatch(r"\w+", name) for name in found.secrets)


@settings(max_examples=100)
@given(parts=st.lists(st.binary(max_size=60) | st.just(b"\x01\0\0\0\xff\xff\xff\xff") | st.just(b"x" * 200_000),
                      max_size=6),
       tty=st.booleans())
def test_any_log_stream_has_lines_or_none(parts: list[bytes], tty: bool) -> None:
    reader = LogReader(tty=tty)
    lines = [line for part in parts for line in reader.feed(part)] + reader.rest()
    assert all(len(line.text.encode()) <= 4 * LONGEST_LINE for line in lines)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose every text comes from somebody hostile."""
    service = still_service(tmp_path_factory.mktemp("hostile"))
    some_images(service.database, an_item("demo", "1.0", description=EVIL))
    story = Story(service)
    story.milestone("docker_error", error=EVIL)
    service.records.start_records(story.job.id, NOW)
    service.records.finish_record(story.records[0].id, FinalState(
        status=RecordStatus.FAILED, reason="TASK_FAILED", code=1002, log=EVIL,
        reason_params={"task": EVIL, "message": EVIL}), NOW, "en")
    service.records.finish_job(story.job.id, NOW)
    service.containers.save(story.records[0].server_id, [ContainerState(
        engine_id="4a63", name=EVIL, soft_name=EVIL, service=EVIL, version=EVIL, docker_image=EVIL, state="running",
        health=None, exit_code=None, oom_killed=False, restarts=0, ports=(), start_time=None)], (), NOW)
    with served(service) as running:
        yield running
    service.database.close()


@pytest.mark.parametrize("words", [("list",), ("records",), ("jobs",), ("ps",)])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nothing_that_is_shown_steers_a_terminal(web: Served, words: tuple[str, ...], form: tuple[str, ...]) -> None:
    code, out, err = Shell(url=web.url)(*words, *form)
    assert (code, STEERING.search(out + err)) == (0, None)
    if form:
        json.loads(out)
    if words[0] != "jobs":
        assert "<script>alert(1)</script>[bold]b[/bold]" in out


def test_no_browser_takes_an_answer_for_a_page(web: Served) -> None:
    with web.client() as client:
        for path in ("/page", "/record/page", "/container/page", "/job/1/event", "/nothing<script>", "/%3Cscript%3E"):
            answer = client.get(path)
            assert answer.headers["content-type"] == "application/json; charset=utf-8"
            assert answer.headers["x-content-type-options"] == "nosniff"
