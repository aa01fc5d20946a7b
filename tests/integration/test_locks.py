"""locks.py: who is at work where is seen, and taken away only from who is not, or on purpose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from softops.audit import AuditFilter
from softops.entities import Job, Record
from softops.errors import Conflict, NotFound
from softops.leases import Holder
from softops.owners import described, this_process
from softops.records import Records
from softops.service import Service
from softops.statuses import RecordStatus
from tests.factories import NOW, a_draft, create_job
from tests.homes import make_home
from tests.integration.webserver import served
from tests.waiting import wait_until

SLEEP = "ansible.builtin.command: {argv: [sleep, '60']}"
HERE = this_process().rsplit("_", 2)[0]

MakeService = Callable[..., Service]


@pytest.fixture
def make_service(tmp_path: Path, database_url: str) -> Iterator[MakeService]:
    with ExitStack() as stack:
        def make(task: str = SLEEP, **home: Any) -> Service:
            settings = make_home(tmp_path, task=task, **home).model_copy(update={"database": database_url})
            service = Service(settings)
            service.start()
            stack.callback(service.stop)
            service.syncer.sync(service.repositories.named("catalog").id)
            return service

        yield make


def request(service: Service, *servers: str) -> Job:
    return service.installs.request("install", service.images.find("demo", "1.0"),
                                    service.servers.choose(names=servers), user="ann", parameters={})


def left_by(service: Service, owner: str, name: str = "left", server: str = "web1") -> Record:
    """A record of a job that `owner` runs."""
    draft = a_draft(soft_name=name)
    job, (record,) = create_job(service.records, draft, service.servers.choose(names=[server]), NOW)
    service.records.claim(job.id, owner=owner, now=NOW, lease=timedelta(seconds=30))
    service.records.start_records(job.id, NOW)
    return record


def shown(service: Service) -> Sequence[tuple[int, str, Holder, str | None]]:
    return [(lock.record.id, lock.record.server_name, lock.state, lock.holder)
            for lock in service.locks.page(page=1, size=10).records]


def ends(service: Service, job: Job) -> dict[str, tuple[RecordStatus, str | None]]:
    return {one.server_name: (one.status, one.reason) for one in service.records.job_records(job.id)}


def test_locks_say_who_is_at_work_where(make_service: MakeService) -> None:
    service = make_service()
    assert shown(service) == []
    job = request(service, "web1", "web2")
    wait_until(lambda: all(one.status is RecordStatus.RUNNING for one in service.records.job_records(job.id)))
    me = described(this_process())
    first, second = (one.id for one in service.records.job_records(job.id))
    assert shown(service) == [(first, "web1", Holder.ALIVE, me), (second, "web2", Holder.ALIVE, me)]
    service.installs.cancel_job(job.id)
    service.installs.wait(job.id, 30)
    assert shown(service) == []


def test_who_is_at_work_is_not_robbed_by_mistake(make_service: MakeService) -> None:
    service = make_service()
    job = request(service, "web1")
    (record,) = service.records.job_records(job.id)
    wait_until(lambda: service.records.record(record.id).status is RecordStatus.RUNNING)
    with pytest.raises(Conflict) as held:
        service.locks.release(record.id, user="bob")
    assert (held.value.reason, held.value.params["owner"]) == ("LOCK_HELD", described(this_process()))
    assert service.records.record(record.id).status is RecordStatus.RUNNING
    service.installs.cancel_job(job.id)
    service.installs.wait(job.id, 30)
    with pytest.raises(Conflict, match="has ended already"):
        service.locks.release(record.id, user="bob", force=True)
    with pytest.raises(NotFound):
        service.locks.release(99, user="bob")


def test_a_forced_release_ends_the_record_frees_the_server_and_lets_the_others_go_on(
        make_service: MakeService) -> None:
    service = make_service()
    job = request(service, "web1", "web2")
    wait_until(lambda: all(one.status is RecordStatus.RUNNING for one in service.records.job_records(job.id)))
    first = service.records.job_records(job.id)[0]
    released = service.locks.release(first.id, user="bob", force=True)
    assert (released.status, released.reason, released.code) == (RecordStatus.FAILED, "LOCK_RELEASED", 500)
    assert released.remark is not None
    assert released.remark.startswith(f"bob took the lock away while {described(this_process())} held it.")
    assert service.records.job(job.id).status is RecordStatus.RUNNING
    # Told to stop there, once, by the file that the actions look at.
    wait_until(lambda: list(service.settings.var_dir.glob("runs/*/*/cancel-web1")) != [])
    assert list(service.settings.var_dir.glob("runs/*/*/cancel-web2")) == []
    again = request(service, "web1")
    service.installs.cancel_job(again.id)
    service.installs.cancel_job(job.id)
    service.installs.wait(job.id, 30)
    assert ends(service, job) == {"web1": (RecordStatus.FAILED, "LOCK_RELEASED"),
                                  "web2": (RecordStatus.CANCELLED, "CANCELLED")}
    seqs = [event.seq for event in service.records.events_after(job.id, 0)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_job_of_which_nothing_is_left_ends_and_its_run_with_it(make_service: MakeService) -> None:
    service = make_service()
    job = request(service, "web1")
    (record,) = service.records.job_records(job.id)
    wait_until(lambda: service.records.record(record.id).status is RecordStatus.RUNNING)
    service.locks.release(record.id, user="bob", force=True)
    assert service.records.job(job.id).status is RecordStatus.FAILED
    wait_until(lambda: list(service.settings.var_dir.glob("runs/*/*")) == [], 30)
    assert ends(service, job) == {"web1": (RecordStatus.FAILED, "LOCK_RELEASED")}


def test_what_was_not_begun_is_cancelled(make_service: MakeService) -> None:
    service = make_service(hosts=("web1", "web2", "web3"))
    running = [request(service, name) for name in ("web1", "web2")]
    waits = request(service, "web3")
    (record,) = service.records.job_records(waits.id)
    assert shown(service)[-1] == (record.id, "web3", Holder.NONE, None)
    service.locks.release(record.id, user="bob")
    assert (service.records.job(waits.id).status, ends(service, waits)) == (
        RecordStatus.CANCELLED, {"web3": (RecordStatus.CANCELLED, "LOCK_RELEASED_WAITING")})
    for job in running:
        service.installs.cancel_job(job.id)


def test_the_dead_hold_nothing(database_url: str, tmp_path: Path) -> None:
    service = Service(make_home(tmp_path).model_copy(update={"database": database_url}))
    service.database.migrate()
    service.read_servers()
    try:
        record = left_by(service, f"{HERE}_999999999_1")
        assert shown(service) == [(record.id, "web1", Holder.DEAD, described(f"{HERE}_999999999_1"))]
        service.locks.release(record.id, user="bob")
        assert service.records.job(record.job_id).status is RecordStatus.FAILED
    finally:
        service.database.close()


def test_who_is_elsewhere_is_alive_until_he_was_silent(database_url: str, tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service(make_home(tmp_path).model_copy(update={"database": database_url}))
    service.database.migrate()
    service.read_servers()
    now = 0.0
    monkeypatch.setattr(service.worker.leases, "_now", lambda: now)
    try:
        record = left_by(service, "other-00000000_7_1")
        with pytest.raises(Conflict, match=r"held by other \(pid 7\)"):
            service.locks.release(record.id, user="bob")
        for now in range(0, 14, 2):  # noqa: B007
            service.worker.recover()
        assert shown(service) == [(record.id, "web1", Holder.SILENT, "other (pid 7)")]
        service.locks.release(record.id, user="bob")
        assert service.records.record(record.id).status is RecordStatus.FAILED
    finally:
        service.database.close()


def test_a_command_keeps_its_own_jobs(make_service: MakeService) -> None:
    service = make_service()
    kept = Records(service.database, keeper=this_process())
    job, (record,) = create_job(kept, replace(a_draft(), soft_name="kept"), service.servers.choose(names=["web1"]), NOW)
    assert shown(service) == [(record.id, "web1", Holder.ALIVE, described(this_process()))]
    service.locks.release(record.id, user="bob", force=True)
    assert service.records.job(job.id).status is RecordStatus.CANCELLED


def test_the_api_shows_and_releases_them(make_service: MakeService) -> None:
    service = make_service()
    job = request(service, "web1")
    (record,) = service.records.job_records(job.id)
    wait_until(lambda: service.records.record(record.id).status is RecordStatus.RUNNING)
    with served(service) as web, web.client(**{"Accept-Language": "en"}) as client:
        (row,) = client.get("/lock/page").json()["data"]["records"]
        running = service.records.record(record.id)
        assert running.start_time is not None
        assert {key: value for key, value in row.items() if key != "leaseUntil"} == {
            "recordId": record.id, "jobId": job.id, "serverId": record.server_id, "serverName": "web1",
            "softName": "demo", "version": "1.0", "operation": "install", "status": "RUNNING", "user": "ann",
            "since": running.start_time.isoformat(), "holder": described(this_process()), "holderState": "ALIVE"}
        held = client.post(f"/lock/{record.id}/release")
        assert (held.status_code, held.json()["code"]) == (409, 409)
        assert "is held by" in held.json()["message"]
        freed = client.post(f"/lock/{record.id}/release", json={"force": True}).json()
        assert (freed["code"], freed["message"]) == (200, "demo on web1 is free again.")
        assert freed["data"]["systemSoftRecordReason"] == "LOCK_RELEASED"
        assert client.get("/lock/page").json()["data"]["total"] == 0
        noted = [(entry.outcome.value, entry.target) for entry in service.audit.page(
            AuditFilter(action="locks.release"), page=1, size=9).records]
    assert [outcome for outcome, _ in noted if outcome != "begun"] == ["success", "refused"]
    assert {str(record.id) in target for _, target in noted} == {True}
