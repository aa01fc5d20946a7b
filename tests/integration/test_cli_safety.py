"""cli/: locks, backups and restores as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from softops.config import PROJECT
from softops.db import Database
from softops.entities import Record
from softops.leases import LEASE
from softops.owners import this_process
from softops.records import Records
from softops.seals import check_key
from softops.service import Service
from tests.factories import NOW, a_draft, create_job
from tests.integration.webserver import Served, served, still_service

SOFTOPS = [sys.executable, "-m", "softops"]
DEAD = f"{this_process().rsplit('_', 2)[0]}_999999999_1"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = still_service(tmp_path)
    yield made
    made.database.close()


@pytest.fixture
def web(service: Service) -> Iterator[Served]:
    with served(service) as running:
        yield running


def environment(service: Service, url: str = "") -> Mapping[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    own = {"SOFTOPS_HOME": str(service.settings.home), "LC_ALL": "C.UTF-8", "SOFTOPS_LANGUAGE": "en",
           "PYTHONPATH": str(PROJECT)}
    return kept | own | ({"SOFTOPS_URL": url} if url else {})


def run(around: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    done = subprocess.run([*SOFTOPS, *words], env=dict(around), capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60)
    return done.returncode, done.stdout, done.stderr


def held(service: Service, owner: str) -> Record:
    """A record on which `owner` works."""
    job, (record,) = create_job(service.records, a_draft(), service.servers.choose(names=["web1"]), NOW)
    service.records.claim(job.id, owner=owner, now=NOW, lease=LEASE)
    service.records.start_records(job.id, NOW)
    return record


def test_locks_are_listed_and_those_of_the_dead_released(service: Service, web: Served) -> None:
    around = environment(service, web.url)
    assert run(around, "locks") == (0, "Nothing is being worked on.\n", "")
    record = held(service, DEAD)
    code, out, _ = run(around, "locks")
    assert code == 0
    cells = out.splitlines()[1].split()
    assert cells[:8] == [str(record.id), str(record.job_id), "install", "nginx", "1.21.0", "web1", "RUNNING", "admin"]
    assert "DEAD" in cells
    assert "(pid 999999999)" in out
    code, out, _ = run(around, "locks", "--release", str(record.id))
    assert (code, out.startswith(f"nginx on web1 is free again. Record {record.id}: ")) == (0, True)
    assert json.loads(run(around, "locks", "--json")[1]) == []


def test_the_lock_of_somebody_who_lives_is_only_taken_by_force(service: Service, web: Served) -> None:
    around = environment(service, web.url)
    record = held(service, this_process())
    code, _, err = run(around, "locks", "--release", str(record.id))
    assert code == 1
    assert f"`softops cancel {record.job_id}` ends it in order" in err
    assert run(around, "locks", "--force")[0] == 2
    code, out, _ = run(around, "locks", "--release", str(record.id), "--force", "--json")
    assert (code, json.loads(out)["systemSoftRecordReason"]) == (0, "LOCK_RELEASED")


def test_a_backup_says_what_is_not_in_it_and_a_restore_what_became_of_what_was_there(service: Service,
                                                                                       tmp_path: Path) -> None:
    held(service, DEAD)
    check_key(service.database, service.vault)  # as at each start
    service.database.close()
    around, file = environment(service), tmp_path / "b"
    code, out, err = run(around, "backup", str(file))
    assert (code, err) == (0, "")
    first, second, third = out.splitlines()
    assert first.startswith(f"{file}: 1 jobs, 1 records, 0 software versions, 2 servers (schema ")
    assert second.startswith("Not in it: who is logged in, the inventory")
    assert str(service.settings.var_dir / "secret.key") in third
    assert run(around, "backup", str(file))[0] == 2
    assert run(around, "restore", str(tmp_path / "none"))[0] == 2
    code, _, err = run(around, "restore", str(file))
    assert (code, "With --force what is in it is kept" in err) == (1, True)
    code, out, err = run(around, "restore", str(file), "--force")
    assert (code, err) == (0, "")
    assert "1 jobs were not over then and have been ended" in out
    (copy,) = service.settings.var_dir.glob("before-restore-*.backup")
    assert f"What was there before: {copy}" in out
    database = Database(service.settings.database_url)
    assert [one.reason for one in Records(database).page(page=1, size=9).records] == ["RESTORED_RUNNING"]
    database.close()
