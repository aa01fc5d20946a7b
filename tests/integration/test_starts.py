"""starts.py and apps.py: what is asked for is right before anything is stored, and what is stored is all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from softops.entities import FinalState, Job
from softops.errors import BadRequest, Conflict, NotFound
from softops.starts import Wish
from softops.statuses import AppState, RecordStatus
from softops.waves import Strategy
from tests.factories import DIGEST, FAILED
from tests.integration.desk import DONE, GIVEN, Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with open_desk(tmp_path, database_url) as opened:
        yield opened


def test_a_start_stores_a_job_with_the_whole_state_it_is_to_bring_about(desk: Desk) -> None:
    job = desk.start("shop:1.0", parameters={**GIVEN, "PORT": "81"})
    shown = {"PORT": 81, "HOST": "shop.example.com"}
    assert (job.operation, job.status, job.soft_name, job.version, job.digest, job.user, job.parameters, job.options,
            job.strategy, job.waves) == (
        "start", RecordStatus.PENDING, "shop", "1.0", DIGEST, "zoe", shown, {}, None, None)
    assert " && ansible-playbook playbooks/start.yml " in job.command
    assert " --limit web1 -e softops_name=shop -e softops_version=1.0 " in job.command
    revision = desk.revision(job)
    assert (revision.number, revision.version, revision.parameters, revision.images, revision.repository) == (
        None, "1.0", shown, (f"shop:1.0@{DIGEST}",), "catalog")
    assert revision.entry == desk.images["shop:1.0"].entry
    assert "hunter2" not in revision.compose
    assert "${PASSWORD" in revision.compose
    secrets = desk.secrets(job)
    assert (secrets["PASSWORD"], len(str(secrets["KEY"]))) == ("hunter2-never-seen", 24)


def test_no_secret_stands_in_the_database_or_in_a_command(desk: Desk) -> None:
    job = desk.start("shop:1.0", parameters=GIVEN)
    desk.end(job)
    assert "hunter2" not in desk.rows() + repr(desk.revision(job)) + repr(job)
    assert str(desk.secrets(job)["KEY"]) not in desk.rows()


@pytest.mark.parametrize(("software", "wish", "reason", "named"), [
    ("shop:1.0", {"parameters": {**GIVEN, "PORT": "many"}}, "PARAMETER_WANTS_INT", "PORT"),
    ("shop:1.0", {"parameters": {**GIVEN, "PROT": 80}}, "PARAMETER_UNKNOWN", "PROT"),
    ("shop:1.0", {"parameters": {"HOST": "x"}}, "PARAMETER_MISSING", "PASSWORD"),
    ("shop:1.0", {"parameters": {"PASSWORD": "x"}}, "PARAMETER_MISSING", "HOST"),
    ("tracer:1.0", {}, "PERMISSION_NOT_ACCEPTED", "host_network"),
    ("sneaky:1.0", {}, "PERMISSION_UNDECLARED", "privileged"),
    ("sneaky:1.0", {"accepted": ("privileged",)}, "PERMISSION_UNDECLARED", "privileged"),
    ("front:1.0", {}, "REQUIRED_NOT_RUNNING", "cache, queue"),
    ("lonely:1.0", {"with_required": True}, "REQUIRED_UNKNOWN", "nowhere"),
    ("chicken:1.0", {"with_required": True}, "REQUIRES_CYCLE", "chicken -> egg -> chicken"),
])
def test_what_can_not_start_is_refused_before_anything_is_stored(
        desk: Desk, software: str, wish: Mapping[str, Any], reason: str, named: str) -> None:
    refused = desk.refused(lambda: desk.start(software, **wish))
    assert (type(refused), refused.reason) == (BadRequest, reason)
    assert named in str(refused)


def test_a_permission_that_is_declared_and_granted_is_kept_with_the_job(desk: Desk) -> None:
    assert desk.start("tracer:1.0", accepted=("host_network",)).options == {"acceptPermissions": ["host_network"]}


def test_only_what_was_started_can_be_upgraded(desk: Desk) -> None:
    def upgrade() -> Job:
        return desk.start("shop:2.0", operation="upgrade", parameters=GIVEN)

    refused = desk.refused(upgrade)
    assert (type(refused), refused.reason, refused.params["server"]) == (NotFound, "APP_NOT_THERE", "web1")
    install = desk.service.installs.request("install", desk.images["shop:1.0"], desk.servers(), user="zoe",
                                            parameters={})
    desk.end(install, FinalState(status=RecordStatus.SUCCESS, reason="INSTALL_SUCCESS", digest=DIGEST))
    assert desk.refused(upgrade).reason == "NEVER_STARTED"
    assert desk.refused(lambda: desk.starts.operate("restart", "shop", desk.servers(), user="zoe")).reason == (
        "NEVER_STARTED")


def test_an_upgrade_keeps_values_and_secrets_and_drops_what_is_no_longer_declared(desk: Desk) -> None:
    first = desk.start("shop:1.0", parameters={**GIVEN, "PORT": 81})
    desk.end(first)
    second = desk.start("shop:2.0", operation="upgrade", parameters={"HOST": "new.example.com"})
    desk.end(second)
    assert desk.secrets(second) == desk.secrets(first)
    assert desk.history("shop") == [(2, "2.0", {"HOST": "new.example.com", "MODE": "a"}),
                                    (1, "1.0", {"PORT": 81, "HOST": "shop.example.com"})]


def test_what_was_given_at_the_installation_holds_for_the_start(desk: Desk) -> None:
    install = desk.service.installs.request("install", desk.images["shop:1.0"], desk.servers(), user="zoe",
                                            parameters={"PORT": 81, "HOST": "h"})
    desk.end(install)
    assert desk.start("shop:1.0", parameters={"PASSWORD": "p"}).parameters == {"PORT": 81, "HOST": "h"}


def test_for_the_inventory_only_secrets_are_kept(desk: Desk) -> None:
    first = desk.start("shop:1.0", parameters={**GIVEN, "PORT": 81})
    desk.end(first)
    second = desk.start("shop:1.0", parameters={"HOST": "h"}, managed=True)
    assert (second.parameters, desk.secrets(second)) == ({"PORT": 8080, "HOST": "h"}, desk.secrets(first))
    assert desk.app("shop").managed is False
    desk.end(second)
    assert desk.app("shop").managed is True


def test_secrets_that_outlive_a_removal_are_known(desk: Desk) -> None:
    desk.run("shop:1.0", parameters=GIVEN)
    desk.run("cache:1.0")
    desk.end(desk.starts.operate("remove", "shop", desk.servers(), user="zoe"))
    (server,) = desk.servers()
    kept = {(server.id, "shop"): frozenset({"PASSWORD", "KEY"})}
    assert desk.service.apps.kept_secrets({"shop", "cache", "nowhere"}) == kept
    assert desk.service.apps.kept_secrets(()) == {}


def test_what_is_required_is_started_first_on_each_server_where_it_does_not_run(desk: Desk) -> None:
    desk.run("cache:1.0", "web2")
    job = desk.start("front:1.0", "web1", "web2", with_required=True)
    records = desk.service.records.job_records(job.id)
    assert [(one.server_name, one.soft_name, one.version, one.operation) for one in records] == [
        ("web1", "cache", "1.1", "start"), ("web1", "queue", "1.0", "start"), ("web1", "front", "1.0", "start"),
        ("web2", "queue", "1.0", "start"), ("web2", "front", "1.0", "start")]
    assert desk.service.records.revisions_of(job.id).keys() == {one.id for one in records}


def test_what_is_required_and_stopped_is_started_again_in_its_own_version(desk: Desk) -> None:
    desk.run("cache:1.0")
    desk.end(desk.starts.operate("stop", "cache", desk.servers(), user="zoe"))
    job = desk.start("queue:1.0", with_required=True)
    assert [(one.soft_name, one.version) for one in desk.service.records.job_records(job.id)] == [
        ("cache", "1.0"), ("queue", "1.0")]


def test_one_busy_software_on_one_server_refuses_the_whole_job(desk: Desk) -> None:
    holder = desk.start("cache:1.0", "web2")
    refused = desk.refused(lambda: desk.start("front:1.0", "web1", "web2", with_required=True))
    (record,) = desk.service.records.job_records(holder.id)
    assert (type(refused), refused.reason, refused.params) == (Conflict, "SERVER_BUSY", {
        "server": "web2", "software": "cache", "job": holder.id, "record": record.id})


def test_all_software_of_a_server_comes_in_its_wave(desk: Desk) -> None:
    job = desk.start("front:1.0", "web1", "web2", with_required=True,
                     strategy=Strategy(canary=1, on_failure="rollback"))
    assert (job.waves, job.strategy) == (2, {"canary": 1, "batch": None, "maxFailures": 0, "onFailure": "rollback",
                                             "approval": False, "settle": 10})
    assert [(one.server_name, one.wave) for one in desk.service.records.job_records(job.id)] == [
        ("web1", 1)] * 3 + [("web2", 2)] * 3


def test_a_rollback_brings_back_exactly_what_was_there(desk: Desk) -> None:
    first = desk.start("shop:1.0", parameters={**GIVEN, "PORT": 81})
    desk.end(first)
    desk.run("shop:2.0", parameters={"PASSWORD": "other"})
    back = desk.starts.rollback("shop", desk.servers(), Wish(user="zoe"))
    assert (back.operation, back.version, back.parameters, back.options) == (
        "rollback", "1.0", {"PORT": 81, "HOST": "shop.example.com"}, {"revision": 1})
    assert " -e softops_catalog=" in back.command
    one, two = desk.revision(first), desk.revision(back)
    assert (one.compose, one.images, one.entry, one.digest, one.secrets) == (
        two.compose, two.images, two.entry, two.digest, two.secrets)
    desk.end(back)
    assert [number for number, _, _ in desk.history("shop")] == [3, 2, 1]
    assert desk.app("shop").revision == 3


def test_a_rollback_goes_to_a_number_or_to_a_version(desk: Desk) -> None:
    for port in (81, 82):
        desk.run("shop:1.0", parameters={**GIVEN, "PORT": port})
    desk.run("shop:2.0")

    def target(**where: Any) -> Mapping[str, Any]:
        job = desk.starts.rollback("shop", desk.servers(), Wish(user="zoe"), **where)
        desk.end(job, FAILED)
        return job.parameters

    assert [target(revision=1)["PORT"], target(version="1.0")["PORT"], target()["PORT"]] == [81, 82, 82]


def test_where_there_is_nothing_to_go_back_to_a_rollback_is_refused_with_what_there_is(desk: Desk) -> None:
    def back(*names: str, **where: Any) -> tuple[str, str]:
        refused = desk.refused(lambda: desk.starts.rollback("shop", desk.servers(*names), Wish(user="zoe"), **where))
        assert isinstance(refused, NotFound)
        return refused.reason, str(refused.params["choices"])

    assert back() == ("APP_NOT_THERE", "-")
    desk.run("shop:1.0", parameters=GIVEN)
    assert back() == ("NOTHING_TO_ROLL_BACK", "-")
    desk.run("shop:2.0")
    assert back(version="3.0") == ("NOTHING_TO_ROLL_BACK", "1 (1.0)")
    assert back(revision=7) == ("REVISION_NOT_FOUND", "1-2")
    assert back("web1", "web2") == ("APP_NOT_THERE", "-")


def test_a_retry_does_to_the_letter_what_failed_and_only_that(desk: Desk) -> None:
    job = desk.start("shop:1.0", "web1", "web2", parameters=GIVEN, strategy=Strategy(batch=1))
    desk.end(job, {"web1": DONE, "web2": FAILED})
    again = desk.service.installs.retry(job.id, user="max")
    assert (again.operation, again.retry_of, again.user, again.waves) == ("start", job.id, "max", 1)
    (record,) = desk.service.records.job_records(again.id)
    (failed,) = [one for one in desk.service.records.job_records(job.id) if one.server_name == "web2"]
    before, after = desk.service.records.revisions_of(job.id)[failed.id], desk.revision(again)
    assert record.server_name == "web2"
    assert (after.compose, after.secrets, after.parameters) == (before.compose, before.secrets, before.parameters)


def test_a_stop_that_failed_is_repeated_with_what_it_was_told(desk: Desk) -> None:
    desk.run("shop:1.0", parameters=GIVEN)
    job = desk.starts.operate("remove", "shop", desk.servers(), user="zoe", remove_volumes=True)
    desk.end(job, FAILED)
    again = desk.service.installs.retry(job.id, user="zoe")
    assert (again.operation, again.options, again.retry_of) == ("remove", {"removeVolumes": True}, job.id)


def test_taking_back_stops_first_starts_and_brings_the_others_where_they_were(desk: Desk) -> None:
    desk.run("shop:1.0", "web1", parameters=GIVEN)
    job = desk.start("shop:2.0", "web1", "web2", parameters=GIVEN, strategy=Strategy(on_failure="rollback"))
    records = desk.end(job)
    undone = desk.starts.undo(desk.service.records.job(job.id), records)
    assert undone is not None
    assert (undone.operation, undone.parent_id, undone.version, undone.user) == ("rollback", job.id, "1.0", "zoe")
    assert [(one.server_name, one.operation) for one in desk.service.records.job_records(undone.id)] == [
        ("web1", "rollback"), ("web2", "stop")]


def test_taking_back_leaves_alone_what_somebody_has_changed_since(desk: Desk) -> None:
    job = desk.start("shop:1.0", "web1", parameters=GIVEN, strategy=Strategy(on_failure="rollback"))
    records = desk.end(job)
    desk.run("shop:2.0", "web1")
    assert desk.starts.undo(desk.service.records.job(job.id), records) is None


def test_what_is_on_a_server_follows_what_succeeded_there(desk: Desk) -> None:
    def state() -> tuple[str, str, int | None] | None:
        app = desk.service.apps.find(desk.servers()[0].id, "shop")
        return None if app is None else (app.state, app.version, app.revision)

    def change(operation: str, final: FinalState = DONE) -> tuple[str, str, int | None] | None:
        desk.end(desk.starts.operate(operation, "shop", desk.servers(), user="zoe"), final)
        return state()

    def install(version: str) -> tuple[str, str, int | None] | None:
        desk.end(desk.service.installs.request("install", desk.images[f"shop:{version}"], desk.servers(), user="zoe",
                                               parameters={}))
        return state()

    assert install("1.0") == (AppState.INSTALLED, "1.0", None)
    assert install("2.0") == (AppState.INSTALLED, "2.0", None)
    desk.end(desk.start("shop:1.0", parameters=GIVEN), FAILED)
    assert (state(), desk.history("shop")) == ((AppState.INSTALLED, "2.0", None), [])
    desk.run("shop:1.0", parameters=GIVEN)
    assert state() == (AppState.RUNNING, "1.0", 1)
    # The image of another version displaces nothing that runs.
    assert install("2.0") == (AppState.RUNNING, "1.0", 1)
    assert change("stop") == (AppState.STOPPED, "1.0", 1)
    assert change("restart", FAILED) == (AppState.STOPPED, "1.0", 1)
    assert change("restart") == (AppState.RUNNING, "1.0", 1)
    desk.run("shop:2.0", operation="upgrade")
    assert state() == (AppState.RUNNING, "2.0", 2)
    assert change("remove", FAILED) == (AppState.RUNNING, "2.0", 2)
    assert change("remove") is None
    assert [number for number, _, _ in desk.history("shop")] == [2, 1]
    # A revision keeps its number; the next one has a new one.
    desk.run("shop:1.0", parameters=GIVEN)
    assert state() == (AppState.RUNNING, "1.0", 3)


def test_a_start_that_changed_nothing_makes_no_revision(desk: Desk) -> None:
    same = FinalState(status=RecordStatus.SUCCESS, reason="ALREADY_RUNNING", digest=DIGEST, changed=False)

    def again(final: FinalState, **parameters: object) -> tuple[str, str, int | None] | None:
        desk.end(desk.start("shop:1.0", parameters={**GIVEN, **parameters}), final)
        app = desk.service.apps.find(desk.servers()[0].id, "shop")
        return None if app is None else (app.state, app.version, app.revision)

    assert again(DONE) == (AppState.RUNNING, "1.0", 1)
    assert again(same) == (AppState.RUNNING, "1.0", 1)
    desk.end(desk.starts.operate("stop", "shop", desk.servers(), user="zoe"))
    assert again(same) == (AppState.RUNNING, "1.0", 1)
    # What was not known to be there counts, whoever has brought it about.
    assert again(same, PORT=8099) == (AppState.RUNNING, "1.0", 2)


def test_what_a_first_start_that_failed_has_left_can_be_removed(desk: Desk) -> None:
    desk.end(desk.start("shop:1.0", parameters=GIVEN), FAILED)
    refused = desk.refused(lambda: desk.starts.operate("stop", "shop", desk.servers(), user="zoe"))
    assert refused.reason == "APP_NOT_THERE"
    job = desk.starts.operate("remove", "shop", desk.servers(), user="zoe", remove_volumes=True)
    assert (job.operation, job.version, job.options) == ("remove", "1.0", {"removeVolumes": True})
    assert [(one.operation, one.parameters) for one in desk.end(job)] == [("remove", {})]
    desk.run("shop:1.0", parameters=GIVEN)
    desk.end(desk.starts.operate("remove", "shop", desk.servers(), user="zoe"))
    refused = desk.refused(lambda: desk.starts.operate("remove", "shop", desk.servers(), user="zoe"))
    assert refused.reason == "APP_NOT_THERE"


def test_only_what_is_there_can_be_stopped_and_nothing_else_be_done(desk: Desk) -> None:
    refused = desk.refused(lambda: desk.starts.operate("stop", "shop", desk.servers(), user="zoe"))
    assert (type(refused), refused.reason) == (NotFound, "APP_NOT_THERE")
    refused = desk.refused(lambda: desk.starts.operate("explode", "shop", desk.servers(), user="zoe"))
    assert (type(refused), refused.reason) == (BadRequest, "OPERATION_UNKNOWN")
