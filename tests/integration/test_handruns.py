"""handruns.py: what is reported of runs by hand is recorded, and believed only as far as the catalog says the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from softops import handruns
from softops.appfiles import app_files
from softops.composing import AppVersion
from softops.entities import FinalState, Job
from softops.errors import Conflict
from softops.events import HostStats
from softops.handruns import HandRun
from softops.statuses import RecordStatus
from tests.factories import DIGEST
from tests.integration.desk import Desk, open_desk
from tests.waiting import wait_until

HAND = HandRun(user="zoe", playbook="playbooks/start.yml")
VALUES = {"PORT": 8080, "HOST": "h", "PASSWORD": "hunter2-never-seen", "KEY": "another-never-seen"}


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    with open_desk(tmp_path, database_url) as opened:
        yield opened
        opened.service.handruns.stop()


def an_order(**more: Any) -> dict[str, Any]:
    return {"softops": 1, "kind": "order", "host": "web1", "software": "shop", "operation": "start", "version": "1.0",
            "image": "shop:1.0", "digest": DIGEST, "commit": None} | more


def a_state(desk: Desk, **more: Any) -> dict[str, Any]:
    image = desk.images["shop:1.0"]
    app = AppVersion(name="shop", version="1.0", image=image.docker_image, digest=DIGEST, commit=None,
                     entry=image.entry)
    return {"softops": 1, "kind": "state", "host": "web1", "software": "shop", "repository": "catalog",
            "digest": DIGEST, "entry": dict(image.entry), "parameters": VALUES,
            "compose": app_files(app, VALUES).compose, "images": [app.exact_image]} | more


RESULT = {"softops": 1, "host": "web1", "kind": "result", "software": "shop", "outcome": "success",
          "reason": "START_SUCCESS", "code": 200, "params": {}, "at": 1.0, "digest": DIGEST, "changed": True}


def report(desk: Desk, order: Mapping[str, Any], *lines: Mapping[str, Any]) -> Job:
    """A run by hand from its beginning to its end."""
    job = desk.service.handruns.begin(HAND, [order])
    desk.service.handruns.hear(job.id, [json.dumps(line) for line in lines])
    return desk.service.handruns.end(job.id, {"web1": HostStats(ok=1)})


def test_a_start_that_is_as_the_catalog_has_it_can_be_gone_back_to(desk: Desk) -> None:
    assert report(desk, an_order(), a_state(desk), RESULT).status is RecordStatus.SUCCESS
    assert desk.history("shop") == [(1, "1.0", {"PORT": 8080, "HOST": "h"})]
    assert "never-seen" not in desk.rows()
    (kept,) = desk.service.apps.revisions(desk.servers()[0].id, "shop", page=1, size=9).records
    assert desk.service.vault.open(kept.secrets) == {name: VALUES[name] for name in ("PASSWORD", "KEY")}


@pytest.mark.parametrize("more", [
    {"compose": "services:\n  shop:\n    image: evil:1\n    volumes: ['/:/host']\n"}, {"compose": None},
    {"entry": {"service": {"env": {}}, "permissions": ["privileged"]}}, {"entry": None},
    {"digest": "sha256:x"}, {"digest": 3}, {"parameters": {**VALUES, "PORT": "x"}}, {"parameters": []},
    {"parameters": {**VALUES, "OTHER": 1}}, {"parameters": {"HOST": "h"}}])
def test_there_is_no_way_back_to_what_the_catalog_would_not_make(desk: Desk, more: Mapping[str, Any]) -> None:
    job = report(desk, an_order(), a_state(desk, **more), RESULT)
    assert (job.status, desk.history("shop"), desk.app("shop").revision) == (RecordStatus.SUCCESS, [], None)


@pytest.mark.parametrize("more", [{"image": "evil:1"}, {"version": "7.0"}])
def test_there_is_no_way_back_to_an_image_that_the_catalog_does_not_name(desk: Desk, more: Mapping[str, Any]) -> None:
    report(desk, an_order(**more), a_state(desk), RESULT)
    assert desk.history("shop") == []


@pytest.mark.parametrize("more", [
    {"software": "../../etc"}, {"software": "inv\x1bented"}, {"software": {"a": 1}}, {"software": ""},
    {"version": "1 0"}, {"version": None}, {"image": "x y"}, {"image": "i" * 600}, {"digest": "sha256:x"},
    {"operation": "apply"}, {"operation": ["start"]}])
def test_what_no_action_is_ordered_is_not_recorded(desk: Desk, more: Mapping[str, Any]) -> None:
    def begin() -> None:
        desk.service.handruns.begin(HAND, [an_order(**more)])

    assert desk.refused(begin).code == 400


def test_a_silent_run_is_not_followed_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handruns, "LEASE", timedelta(seconds=0.05))
    job = desk.service.handruns.begin(HAND, [an_order()])
    assert any(thread.name == f"hand-{job.id}" for thread in threading.enumerate())
    (record,) = desk.service.records.job_records(job.id)
    desk.service.records.finish_record(record.id, FinalState(status=RecordStatus.FAILED, reason="INTERRUPTED"),
                                       desk.service.clock(), "en")
    desk.service.records.finish_job(job.id, desk.service.clock())
    wait_until(lambda: not any(thread.name.startswith((f"hand-{job.id}", f"job-{job.id}"))
                               for thread in threading.enumerate()), 10)


def test_only_so_many_runs_are_followed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handruns, "MOST_OPEN", 1)
    desk.service.handruns.begin(HAND, [an_order()])
    with pytest.raises(Conflict, match="follows 1 runs by hand already"):
        desk.service.handruns.begin(HAND, [an_order(software="cache", version="1.0", image="cache:1.0")])
