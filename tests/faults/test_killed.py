"""softops killed with -9 or stopped in the middle of its work: the records tell what is true on the servers, which is
looked at there."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from softops.entities import Job
from softops.statuses import AppState, RecordStatus
from tests.acceptance.services import clear
from tests.acceptance.test_installs import software
from tests.acceptance.test_interruptions import SILENT, patient, version_up
from tests.acceptance.test_running import page, state
from tests.faults.cases import OTHER, WEB, failed, failure, has_image, says
from tests.faults.controller import Controller, controller
from tests.fleet import Fleet
from tests.waiting import wait_until

MB = 1_000_000


@pytest.fixture(autouse=True)
def tidy(fleet: Fleet) -> Iterator[None]:
    yield
    fleet.slow.resume()
    for name in (WEB, OTHER):
        if not fleet.server(name).engine.answers():
            fleet.server(name).engine.start()
        clear(fleet, name)


def install_slowly(made: Controller, fleet: Fleet, name: str, *servers: str) -> Job:
    """A job that is in the middle of a download."""
    fleet.slow.rate = MB
    before = fleet.slow.sent
    job = made.install(name, *servers)
    wait_until(lambda: fleet.slow.sent > before + MB, 60)
    return job


def test_killed_in_mid_install_only_the_unfinished_server_is_offered_again(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("fell", "1.0", layers=[20 * MB])
    fleet.registry.push("after", "1.0", layers=[MB])
    image = f"{fleet.slow.host}/fell:1.0"
    fleet.server(OTHER).docker("pull", image)
    files = software("fell", image) | software("after", fleet.registry.image("after", "1.0"))
    with controller(fleet, "fell", files, tmp_path) as made:
        job = install_slowly(made, fleet, "fell", WEB, OTHER)
        wait_until(lambda: made.records(job)[OTHER].status.final)
        made.kill()
        made.start()
        records = made.truth(job)
        fleet.slow.rate = None
        assert failure(records[WEB]) == failed("INTERRUPTED_UNDONE", 500), records[WEB].remark
        says(records[WEB], "killed", "A look at the server", "softops retry")
        assert not has_image(fleet, WEB, image)
        assert records[OTHER].status is RecordStatus.SUCCESS
        assert has_image(fleet, OTHER, image)
        retried = made.retry(job)
        assert {name: one.status for name, one in retried.items()} == {WEB: RecordStatus.SUCCESS}
        after = made.ended(made.install("after", WEB, OTHER))
        assert {one.status for one in after.values()} == {RecordStatus.SUCCESS}


def test_killed_in_mid_upgrade_the_old_version_serves_again(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("rise", "1.0", version_text="rise 1.0")
    fleet.registry.push("rise", "2.0", command=SILENT)
    with controller(fleet, "rise", patient(fleet, "rise", 18401, "1.0", "2.0"), tmp_path) as made:
        assert made.ended(made.run("rise", "1.0", WEB))[WEB].status is RecordStatus.SUCCESS
        job = made.run("rise", "2.0", WEB, operation="upgrade")
        wait_until(lambda: version_up(fleet, "rise") == "2.0", 60)
        made.kill()
        made.start()
        record = made.truth(job)[WEB]
        assert failure(record) == failed("INTERRUPTED_BACK", 1003), record.remark
        says(record, "version 1.0 was brought back", "softops retry")
        assert (page(fleet, WEB, 18401), state(made.desk, WEB, "rise")) == (
            "rise 1.0", ("1.0", AppState.RUNNING, 1))
        fleet.registry.push("rise", "2.0", version_text="rise 2.0")
        again = made.ended(made.desk.starts.operate("restart", "rise", made.desk.servers.choose(names=[WEB]),
                                                    user="tester"))
        assert again[WEB].status is RecordStatus.SUCCESS


def test_killed_in_a_first_start_nothing_of_it_goes_on(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("maiden", "1.0", command=SILENT)
    with controller(fleet, "maiden", patient(fleet, "maiden", 18402, "1.0"), tmp_path) as made:
        job = made.run("maiden", "1.0", WEB)
        wait_until(lambda: version_up(fleet, "maiden") == "1.0", 60)
        made.kill()
        made.start()
        record = made.truth(job)[WEB]
        assert failure(record) == failed("INTERRUPTED_DOWN", 1003), record.remark
        says(record, "nothing of maiden running", "softops retry")
        assert version_up(fleet, "maiden") == ""
        removed = made.ended(made.desk.starts.operate("remove", "maiden", made.desk.servers.choose(names=[WEB]),
                                                      user="tester"))
        assert removed[WEB].status is RecordStatus.SUCCESS


def test_what_was_done_when_softops_was_killed_has_succeeded(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("unheard", "1.0", version_text="unheard 1.0")
    with controller(fleet, "unheard", patient(fleet, "unheard", 18403, "1.0"), tmp_path) as made:
        job = made.run("unheard", "1.0", WEB)
        wait_until(lambda: made.records(job)[WEB].status is RecordStatus.RUNNING and any(
            event.payload.get("stage") == "up" for event in made.desk.records.events_after(job.id, 0)), 60)
        # Ansible goes on while nobody hears of it any more.
        made.serving.process.send_signal(signal.SIGSTOP)
        wait_until(lambda: '"state": "running"' in fleet.server(WEB).run(
            "cat", "/opt/softops/apps/unheard/revision.json"), 60)
        made.kill()
        made.start()
        record = made.truth(job)[WEB]
        assert (record.status, record.reason) == (RecordStatus.SUCCESS, "FOUND_DONE"), record.remark
        assert (page(fleet, WEB, 18403), state(made.desk, WEB, "unheard")) == (
            "unheard 1.0", ("1.0", AppState.RUNNING, 1))


def test_a_server_that_can_not_be_looked_at_is_not_judged(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("blind", "1.0", layers=[20 * MB])
    image = f"{fleet.slow.host}/blind:1.0"
    with controller(fleet, "blind", software("blind", image), tmp_path) as made:
        job = install_slowly(made, fleet, "blind", WEB)
        made.kill()
        fleet.slow.rate = None
        fleet.server(WEB).engine.stop()
        made.start()
        record = made.truth(job)[WEB]
        fleet.server(WEB).engine.start()
        assert failure(record) == failed("INTERRUPTED_UNSEEN", 1001), record.remark
        says(record, "could not be found out", "softops retry")
        assert made.retry(job)[WEB].status is RecordStatus.SUCCESS


def test_a_signal_to_end_hands_what_waits_to_the_next_start(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("term", "1.0", layers=[20 * MB])
    fleet.registry.push("next", "1.0", layers=[MB])
    files = software("term", f"{fleet.slow.host}/term:1.0") | software("next", fleet.registry.image("next", "1.0"))
    with controller(fleet, "term", files, tmp_path, workers=1) as made:
        job = install_slowly(made, fleet, "term", WEB)
        waits = made.install("next", WEB)
        assert made.serving.stop() == 0
        made.aftermath.check_stopped()
        assert failure(made.records(job)[WEB]) == failed("INTERRUPTED", 500)
        assert made.desk.records.job(waits.id).status is RecordStatus.PENDING
        fleet.slow.rate = None
        made.start()
        assert made.ended(waits)[WEB].status is RecordStatus.SUCCESS
        assert made.retry(job)[WEB].status is RecordStatus.SUCCESS
