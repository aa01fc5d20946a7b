"""jobs.py, records.py, journal.py: states move one way, one holder per server and software, numbers without gaps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from softops.db import Database
from softops.entities import Event, EventDraft, FinalState, Job, Record
from softops.errors import Conflict, IllegalTransition, NotFound
from softops.models import AppRow
from softops.records import Records
from softops.statuses import RecordStatus
from tests.factories import (
    CANCELLED,
    COMMIT,
    DIGEST,
    FAILED,
    NOW,
    SUCCESS,
    a_draft,
    a_job,
    an_event,
    an_item,
    create_job,
    later,
    some_images,
    some_servers,
)

LEASE = timedelta(seconds=30)


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database)


def run(records: Records, job: Job, final: FinalState = SUCCESS) -> tuple[Record, ...]:
    """Take a job through to its end."""
    records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    started = records.start_records(job.id, NOW)
    for record in started:
        records.finish_record(record.id, final, later(60), "zh")
    records.finish_job(job.id, later(60))
    return records.job_records(job.id)


def at_once(count: int, action: Callable[[int], object]) -> list[object]:
    """What `action` returns or raises in as many threads that start together."""
    barrier = threading.Barrier(count)

    def go(number: int) -> object:
        barrier.wait()
        try:
            return action(number)
        except Conflict as exc:
            return exc

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(go, range(count)))


def test_a_new_job_waits_with_one_record_per_server(database: Database, records: Records) -> None:
    image = some_images(database)[0]
    servers = some_servers(database, "web2", "web1")
    job, made = create_job(records, a_draft(image, digest=DIGEST), servers, NOW)
    assert job == Job(
        id=1, operation="install", status=RecordStatus.PENDING, soft_id=image.id, soft_name="nginx", version="1.21.0",
        docker_image="nginx:1.21.0", digest=DIGEST, commit=COMMIT, user="admin",
        parameters={"HTTP_PORT": 8080, "GREETING": "{{ 你好 }}"}, create_time=NOW)
    expected = Record(
        id=1, job_id=job.id, soft_id=image.id, server_id=servers[0].id, status=RecordStatus.PENDING,
        operation="install", soft_name="nginx", version="1.21.0", docker_image="nginx:1.21.0", server_name="web2",
        user="admin", commit=COMMIT, parameters={"HTTP_PORT": 8080, "GREETING": "{{ 你好 }}"})
    assert made == (expected, replace(expected, id=2, server_id=servers[1].id, server_name="web1"))
    assert (records.job(1), records.job_records(1), records.record(2)) == (job, made, made[1])


def test_the_same_server_named_twice_is_worked_on_once(database: Database, records: Records) -> None:
    server = some_servers(database)[0]
    _, made = create_job(records, a_draft(), [server, server], NOW)
    assert [record.server_name for record in made] == ["web1"]


def test_a_busy_server_refuses_the_whole_job_and_names_the_holder(database: Database, records: Records) -> None:
    servers = some_servers(database, "web1", "web2", "web3")
    job, made = create_job(records, a_draft(), servers[1:2], NOW)
    with pytest.raises(Conflict) as refused:
        create_job(records, a_draft(version="1.22.1", operation="pull"), servers, NOW)
    assert (refused.value.reason, refused.value.params) == ("SERVER_BUSY", {
        "server": "web2", "software": "nginx", "job": job.id, "record": made[0].id})
    assert records.page(page=1, size=10).total == 1


def test_other_software_may_work_on_a_busy_server(database: Database, records: Records) -> None:
    servers = some_servers(database)
    create_job(records, a_draft(), servers, NOW)
    create_job(records, a_draft(soft_name="Nginx"), servers, NOW)
    assert records.pending_jobs() == (1, 2)


def test_a_server_is_free_again_after_the_end(database: Database, records: Records) -> None:
    servers = some_servers(database)
    for final in (SUCCESS, FAILED, CANCELLED):
        job, _ = create_job(records, a_draft(), servers, NOW)
        run(records, job, final)
    assert [record.status.value for record in records.page(page=1, size=10).records] == [
        "CANCELLED", "FAILED", "SUCCESS"]


def test_of_many_jobs_at_once_exactly_one_gets_the_server(database: Database, records: Records) -> None:
    servers = some_servers(database, "web1", "web2")
    ends = at_once(10, lambda number: create_job(records, a_draft(), servers[::-1] if number % 2 else servers, NOW))
    refused = [end.reason for end in ends if isinstance(end, Conflict)]
    assert refused == ["SERVER_BUSY"] * 9
    assert records.page(page=1, size=10).total == 2


def test_only_one_claim_gets_the_job(database: Database, records: Records) -> None:
    job, _ = a_job(database)
    ends = at_once(8, lambda number: records.claim(job.id, owner=f"w{number}", now=NOW, lease=LEASE))
    winners = [end for end in ends if end is not None]
    assert winners == [replace(job, status=RecordStatus.RUNNING, lease_owner=records.job(job.id).lease_owner,
                               lease_until=later(30), start_time=NOW)]
    assert (records.pending_jobs(), records.claim(99, owner="me", now=NOW, lease=LEASE)) == ((), None)


def test_starting_leaves_what_is_final_alone(database: Database, records: Records) -> None:
    job, made = a_job(database, "web1", "web2")
    ended = records.finish_record(made[0].id, CANCELLED, NOW, "zh")
    records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    running = replace(made[1], status=RecordStatus.RUNNING, start_time=later(1))
    assert records.start_records(job.id, later(1)) == (running,)
    assert records.start_records(job.id, later(2)) == ()
    assert records.job_records(job.id) == (ended, running)


def test_a_final_state_says_everything_and_is_written_once(database: Database, records: Records) -> None:
    job, made = a_job(database, "web1", "web2")
    records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    records.start_records(job.id, NOW)
    failed = replace(made[0], status=RecordStatus.FAILED, start_time=NOW, end_time=later(300), code=1002,
                     reason="TASK_FAILED", reason_params={"task": "Pull", "message": "网络连接超时"},
                     remark="任务“Pull”失败：网络连接超时")
    assert records.finish_record(made[0].id, FAILED, later(300), "zh") == failed
    assert records.finish_record(made[0].id, SUCCESS, later(301), "zh") is None
    done = records.finish_record(made[1].id, SUCCESS, later(300), "en")
    assert done == replace(made[1], status=RecordStatus.SUCCESS, start_time=NOW, end_time=later(300), digest=DIGEST,
                           reason="INSTALL_SUCCESS", remark="Installed.")
    assert records.job_records(job.id) == (failed, done)


def test_of_many_ends_at_once_exactly_one_is_written(database: Database, records: Records) -> None:
    job, made = a_job(database)
    records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    records.start_records(job.id, NOW)
    finals = [SUCCESS, FAILED, CANCELLED] * 3
    ends = at_once(9, lambda number: records.finish_record(made[0].id, finals[number], NOW, "zh"))
    assert [end for end in ends if end is not None] == [records.record(made[0].id)]


def test_success_needs_a_start(database: Database, records: Records) -> None:
    _, made = a_job(database)
    with pytest.raises(IllegalTransition):
        records.finish_record(made[0].id, SUCCESS, NOW, "zh")
    assert records.record(made[0].id) == made[0]


def test_a_remark_of_any_length_fits(database: Database, records: Records) -> None:
    _, made = a_job(database)
    long = FinalState(status=RecordStatus.FAILED, reason="TASK_FAILED",
                      reason_params={"task": "Pull", "message": "😀" * 100_000})
    done = records.finish_record(made[0].id, long, NOW, "zh")
    assert done is not None
    assert (len(done.remark or ""), records.record(done.id)) == (16_000, done)


@pytest.mark.parametrize(("finals", "status", "remark"), [
    ((SUCCESS, SUCCESS), "SUCCESS", "web1: 安装成功"),
    ((SUCCESS, FAILED), "FAILED", "web2: 任务“Pull”失败：网络连接超时"),
    ((CANCELLED, SUCCESS), "CANCELLED", "web1: 已取消"),
    ((CANCELLED, FAILED), "FAILED", "web2: 任务“Pull”失败：网络连接超时"),
])
def test_a_job_ends_as_its_records_do(database: Database, records: Records, finals: tuple[FinalState, FinalState],
                                      status: str, remark: str) -> None:
    job, made = a_job(database, "web1", "web2")
    records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    records.start_records(job.id, NOW)
    records.finish_record(made[0].id, finals[0], NOW, "zh")
    assert records.finish_job(job.id, NOW).status is RecordStatus.RUNNING
    records.finish_record(made[1].id, finals[1], NOW, "zh")
    done = records.finish_job(job.id, later(9))
    assert (done.status.value, done.end_time, done.lease_until, done.remark) == (status, later(9), None, remark)
    assert records.finish_job(job.id, later(10)) == done == records.job(job.id)


def test_a_lease_is_prolonged_by_its_owner_only(database: Database, records: Records) -> None:
    job, _ = a_job(database)
    claimed = records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    assert claimed is not None
    assert records.heartbeat(job.id, owner="me", now=NOW, lease=LEASE) == claimed
    assert records.heartbeat(job.id, owner="me", now=later(5), lease=LEASE) == replace(claimed, lease_until=later(35))
    with pytest.raises(Conflict) as refused:
        records.heartbeat(job.id, owner="you", now=later(5), lease=LEASE)
    assert refused.value.reason == "LEASE_LOST"


def test_jobs_whose_lease_ran_out_are_found(database: Database, records: Records) -> None:
    job, _ = a_job(database)
    assert records.expired_jobs(later(10**6)) == ()
    claimed = records.claim(job.id, owner="me", now=NOW, lease=LEASE)
    assert (records.expired_jobs(later(30)), records.expired_jobs(later(31))) == ((), (claimed,))


def test_a_cancelled_job_marks_its_active_records(database: Database, records: Records) -> None:
    job, made = a_job(database, "web1", "web2")
    records.finish_record(made[0].id, FAILED, NOW, "zh")
    for _ in range(2):
        assert records.request_cancel_job(job.id) == replace(job, cancel_requested=True)
    assert records.cancelled_records(job.id) == (replace(made[1], cancel_requested=True),)
    run(records, job, CANCELLED)
    with pytest.raises(Conflict) as refused:
        records.request_cancel_job(job.id)
    assert refused.value.params == {"job": job.id, "status": "FAILED"}
    assert records.cancelled_records(job.id) == ()


def test_one_record_is_cancelled_alone(database: Database, records: Records) -> None:
    job, made = a_job(database, "web1", "web2")
    for _ in range(2):
        assert records.request_cancel_record(made[0].id) == replace(made[0], cancel_requested=True)
    assert records.job(job.id) == job
    assert [record.server_name for record in records.cancelled_records(job.id)] == ["web1"]
    records.finish_record(made[0].id, CANCELLED, NOW, "zh")
    with pytest.raises(Conflict) as refused:
        records.request_cancel_record(made[0].id)
    assert refused.value.params == {"record": made[0].id, "status": "CANCELLED"}


def test_events_are_numbered_and_replayed(database: Database, records: Records) -> None:
    job, made = a_job(database)
    first = records.append_events(job.id, [an_event(made[0]), an_event(type="docker_progress")])
    payload = {"type": "docker_start", "imageName": "nginx:1.21.0"}
    assert first == (
        Event(job_id=job.id, seq=1, type="docker_start", payload={**payload, "seq": 1}, record_id=made[0].id),
        Event(job_id=job.id, seq=2, type="docker_progress", payload={**payload, "seq": 2}, record_id=None))
    assert records.append_events(job.id, []) == ()
    second = records.append_events(job.id, [an_event(type="docker_complete")])
    assert records.events_after(job.id, 0) == first + second
    assert (records.events_after(job.id, 2), records.events_after(job.id, 0, limit=1)) == (second, first[:1])
    assert records.job(job.id).seq == 3


def test_many_writers_leave_no_gap_in_the_numbers(database: Database, records: Records) -> None:
    job, _ = a_job(database)
    at_once(10, lambda number: [records.append_events(job.id, [an_event(type=f"t{number}")] * 3) for _ in range(5)])
    events = records.events_after(job.id, 0)
    assert [event.seq for event in events] == list(range(1, 151)) == [event.payload["seq"] for event in events]
    # What was appended together stays together.
    assert all(len({event.type for event in events[at:at + 3]}) == 1 for at in range(0, 150, 3))


def test_events_whose_commit_was_not_heard_of_are_not_stored_twice(database: Database, records: Records) -> None:
    job, made = a_job(database, "web1", "web2")
    records.append_events(job.id, [an_event(made[0], type="docker_start")])
    drafts = [an_event(made[0], type="docker_error"), an_event(made[0], type="docker_complete")]
    records.append_events(job.id, [an_event(made[1], type="docker_start")])
    first = records.append_events(job.id, drafts, after=1)
    records.append_events(job.id, [an_event(made[1], type="docker_complete")])
    assert [event.seq for event in first] == [3, 4]
    assert records.append_events(job.id, drafts, after=1) == first
    assert (records.job(job.id).seq, len(records.events_after(job.id, 0))) == (4 + 1, 5)
    assert [event.seq for event in records.append_events(job.id, drafts, after=5)] == [6, 7]


def test_a_record_ends_with_its_events_and_its_app_or_not_at_all(database: Database, records: Records) -> None:
    def tell(record: Record) -> list[EventDraft]:
        return [an_event(record, type="docker_complete")]

    def breaks(_: Record) -> list[EventDraft]:
        raise RuntimeError("killed")

    job, made = a_job(database, "web1")
    records.start_records(job.id, NOW)
    with pytest.raises(RuntimeError):
        records.finish_record(made[0].id, SUCCESS, NOW, "zh", tell=breaks)
    assert records.record(made[0].id).status is RecordStatus.RUNNING
    ended = records.finish_record(made[0].id, SUCCESS, NOW, "zh", tell=tell)
    # Its commit was not heard of, so it is asked for again.
    assert records.finish_record(made[0].id, SUCCESS, NOW, "zh", tell=tell) == ended == records.record(made[0].id)
    assert [event.type for event in records.events_after(job.id, 0)] == ["docker_complete"]
    # Somebody else comes too late.
    assert records.finish_record(made[0].id, FAILED, NOW, "zh", tell=lambda record: [an_event(record)]) is None
    with database.reading() as session:
        assert session.scalars(select(AppRow.record_id)).all() == [made[0].id]


def test_only_a_record_that_waits_is_ended_as_one(database: Database, records: Records) -> None:
    def cancel(record: Record) -> Record | None:
        return records.finish_record(record.id, CANCELLED, NOW, "zh", running=False)

    job, made = a_job(database, "web1", "web2")
    waited = cancel(made[0])
    assert waited is not None
    assert waited.status is RecordStatus.CANCELLED
    records.start_records(job.id, NOW)
    assert cancel(made[1]) is None
    assert records.record(made[1].id).status is RecordStatus.RUNNING


def test_pages_are_filtered_and_newest_first(database: Database, records: Records) -> None:
    nginx, redis = some_images(database, an_item("nginx"), an_item("redis"))
    web1, web2 = some_servers(database, "web1", "web2")
    first, _ = create_job(records, a_draft(nginx), [web1, web2], NOW)
    second, _ = create_job(records, a_draft(redis), [web1], NOW)
    run(records, first)

    def found(**filters: object) -> list[tuple[str, str]]:
        page = records.page(page=1, size=10, **filters)  # type: ignore[arg-type]
        assert page.total == len(page.records)
        return [(record.soft_name, record.server_name) for record in page.records]

    assert found() == [("redis", "web1"), ("nginx", "web2"), ("nginx", "web1")]
    assert found(soft_id=nginx.id) == [("nginx", "web2"), ("nginx", "web1")]
    assert found(server_id=web1.id, status=RecordStatus.SUCCESS) == [("nginx", "web1")]
    assert found(job_id=second.id) == [("redis", "web1")]
    assert found(soft_id=0) == []
    jobs = records.job_page(page=1, size=1)
    assert ([job.id for job in jobs.records], jobs.total, jobs.pages) == ([second.id], 2, 2)
    assert [job.id for job in records.job_page(page=1, size=9, status=RecordStatus.SUCCESS).records] == [first.id]


def test_past_the_end_there_is_an_empty_page_with_the_total(database: Database, records: Records) -> None:
    a_job(database, "web1", "web2")
    page = records.page(page=10**9, size=10**6)
    assert (page.records, page.total, page.current, page.size, page.pages) == ((), 2, 10**9, 10**6, 1)


def test_the_command_by_hand_is_kept(database: Database, records: Records) -> None:
    job, _ = a_job(database)
    records.set_command(job.id, "ansible-playbook playbooks/install.yml --limit web1")
    assert records.job(job.id) == replace(job, command="ansible-playbook playbooks/install.yml --limit web1")


def test_what_does_not_exist_is_named(records: Records) -> None:
    of_job: tuple[Callable[[], object], ...] = (
        lambda: records.job(7), lambda: records.finish_job(7, NOW), lambda: records.request_cancel_job(7),
        lambda: records.append_events(7, [an_event()]))
    for missing in of_job:
        with pytest.raises(NotFound, match="no job 7"):
            missing()
    of_record: tuple[Callable[[], object], ...] = (
        lambda: records.record(7), lambda: records.finish_record(7, SUCCESS, NOW, "zh"),
        lambda: records.request_cancel_record(7))
    for missing in of_record:
        with pytest.raises(NotFound, match="no record 7"):
            missing()


def test_the_app_of_a_server_remembers_what_was_there_before(database: Database, records: Records) -> None:
    old, new = some_images(database, an_item(version="1.21.0"), an_item(version="1.22.1"))
    servers = some_servers(database)
    done: list[Record] = []
    for image in (old, new):
        job, _ = create_job(records, a_draft(image), servers, NOW)
        done += run(records, job)
    with database.reading() as session:
        app = session.scalars(select(AppRow)).one()
        assert (app.server_id, app.name, app.soft_id, app.version, app.docker_image, app.digest, app.commit,
                app.parameters, app.record_id, app.previous_record_id, app.create_time, app.update_time) == (
            servers[0].id, "nginx", new.id, "1.22.1", "nginx:1.22.1", DIGEST, COMMIT,
            {"HTTP_PORT": 8080, "GREETING": "{{ 你好 }}"}, done[1].id, done[0].id, later(60), later(60))
