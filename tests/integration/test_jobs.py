"""jobs.py and records.py: jobs of several software, in waves, all or nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from softops.db import Database
from softops.entities import FinalState, Job, Record, Server
from softops.errors import Conflict, NotFound
from softops.jobs import RecordDraft, RevisionDraft, in_waves
from softops.records import Records
from softops.statuses import RecordStatus
from softops.waves import Strategy
from tests.factories import NOW, a_draft, later, some_servers

LEASE = timedelta(seconds=30)
DONE = FinalState(status=RecordStatus.SUCCESS, reason="START_SUCCESS", changed=True, log=None)
BROKEN = FinalState(status=RecordStatus.FAILED, reason="CONTAINER_EXITED", code=1003, changed=True,
                    reason_params={"service": "web", "exit": 1}, log="x" * 100_000 + "\nlast line")


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


def drafts(servers: tuple[Server, ...], *software: str) -> list[RecordDraft]:
    return [RecordDraft(server=server, soft_id=None, soft_name=name, version="1.0", docker_image=f"{name}:1.0",
                        operation="start", parameters={"of": name}, revision=RevisionDraft(
                            repository="catalog", entry={"name": name}, images=(f"{name}:1.0",), compose="services: {}",
                            secrets=f"sealed {name}"))
            for server in servers for name in software]


def a_start(records: Records, wanted: list[RecordDraft], strategy: Strategy | None = None) -> tuple[Job, list[Record]]:
    placed = in_waves(wanted, strategy)
    draft = a_draft(None, operation="start", waves=max(one.wave or 1 for one in placed))
    job, made = records.create(draft, placed, NOW)
    return job, list(made)


def test_each_record_of_a_job_has_its_own_software_and_the_state_it_is_to_bring_about(
        database: Database, records: Records) -> None:
    job, made = a_start(records, drafts(some_servers(database, "web1", "web2"), "redis", "shop"))
    assert [(one.server_name, one.soft_name, one.operation, one.parameters) for one in made] == [
        ("web1", "redis", "start", {"of": "redis"}), ("web1", "shop", "start", {"of": "shop"}),
        ("web2", "redis", "start", {"of": "redis"}), ("web2", "shop", "start", {"of": "shop"})]
    found = records.revisions_of(job.id)
    assert [(found[one.id].name, found[one.id].server_id, found[one.id].secrets, found[one.id].number)
            for one in made] == [(one.soft_name, one.server_id, f"sealed {one.soft_name}", None) for one in made]


def test_one_busy_software_refuses_all_of_a_job(database: Database, records: Records) -> None:
    servers = some_servers(database, "web1", "web2")
    holder, [held] = a_start(records, drafts(servers[1:], "shop"))
    with pytest.raises(Conflict) as refused:
        a_start(records, drafts(servers, "redis", "shop"))
    assert (refused.value.reason, refused.value.params) == ("SERVER_BUSY", {
        "server": "web2", "software": "shop", "job": holder.id, "record": held.id})
    assert records.page(page=1, size=10).total == records.job_page(page=1, size=10).total == 1
    a_start(records, drafts(servers, "redis"))


def test_of_jobs_at_once_with_several_software_in_any_order_one_gets_all(database: Database, records: Records) -> None:
    servers = some_servers(database, "web1", "web2")
    wanted = drafts(servers, "redis", "queue", "shop")
    barrier = threading.Barrier(6)

    def ask(number: int) -> str:
        barrier.wait()
        try:
            a_start(records, wanted[::-1] if number % 2 else wanted)
        except Conflict as exc:
            return exc.reason
        return "made"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, range(6))) == ["SERVER_BUSY"] * 5 + ["made"]
    assert records.page(page=1, size=10).total == 6


def test_a_wave_is_started_alone(database: Database, records: Records) -> None:
    job, _ = a_start(records, drafts(some_servers(database, "web1", "web2"), "redis", "shop"), Strategy(batch=1))
    assert [[one.server_name for one in records.start_records(job.id, NOW, wave=wave)] for wave in (2, 1, 1)] == [
        ["web2", "web2"], ["web1", "web1"], []]


def test_a_wave_can_be_allowed_only_while_the_job_waits_for_that(database: Database, records: Records) -> None:
    job, made = a_start(records, drafts(some_servers(database, "web1", "web2"), "shop"), Strategy(batch=1))

    def refusal() -> str:
        with pytest.raises(Conflict) as refused:
            records.approve_wave(job.id)
        return refused.value.reason

    assert refusal() == "NOTHING_TO_APPROVE"
    records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    records.set_wave(job.id, wave=2, waiting="settle")
    assert refusal() == "NOTHING_TO_APPROVE"
    records.set_wave(job.id, wave=2, waiting="approval")
    assert (records.approve_wave(job.id).approved_wave, records.approve_wave(job.id).approved_wave) == (2, 2)
    records.start_records(job.id, NOW)
    for record in made:
        records.finish_record(record.id, DONE, later(60), "en")
    final = records.finish_job(job.id, later(60))
    assert (final.status, final.waiting, final.wave, final.waves) == (RecordStatus.SUCCESS, None, 2, 2)
    assert refusal() == "NOTHING_TO_APPROVE"
    with pytest.raises(NotFound):
        records.approve_wave(99)


def test_a_record_keeps_what_a_container_said_last_and_whether_the_server_was_changed(
        database: Database, records: Records) -> None:
    job, [record] = a_start(records, drafts(some_servers(database), "shop"))
    records.start_records(job.id, NOW)
    ended = records.finish_record(record.id, BROKEN, later(60), "en")
    assert ended is not None
    assert (ended.changed, ended.code, ended.revision, (ended.log or "")[-11:]) == (True, 1003, None, "x\nlast line")
    assert ended == records.record(record.id)


def test_only_what_worked_gets_a_number_and_numbers_are_counted_for_each_server_and_software(
        database: Database, records: Records) -> None:
    servers = some_servers(database, "web1", "web2")
    numbers = []
    for final in (DONE, BROKEN, DONE):
        job, made = a_start(records, drafts(servers, "redis", "shop") if final is DONE else drafts(servers[:1], "shop"))
        records.start_records(job.id, NOW)
        ends = [records.finish_record(one.id, final, later(60), "en") for one in made]
        numbers.append([one.revision for one in ends if one])
    assert numbers == [[1, 1, 1, 1], [None], [2, 2, 2, 2]]
