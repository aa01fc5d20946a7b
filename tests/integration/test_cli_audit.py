"""`softops audit`, and what commands without a server leave in the audit."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from softops.config import Settings
from softops.service import Service
from tests.homes import make_home

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = make_home(tmp_path)
    service = Service(settings)
    service.start()
    service.stop()
    return settings


@pytest.fixture
def softops(settings: Settings) -> Run:
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("SOFTOPS_")},
                   "SOFTOPS_HOME": str(settings.home), "SOFTOPS_CATALOG": settings.catalog, "SOFTOPS_AUTH": "none",
                   "SOFTOPS_SYNC_INTERVAL": "0", "SOFTOPS_PORT": "1", "SOFTOPS_LANGUAGE": "en", "LC_ALL": "C.UTF-8"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "softops", *words], env=environment, capture_output=True,
                              text=True, check=False, timeout=60, cwd=Path(__file__).parents[2])

    return run


def tamper(settings: Settings, *statements: str) -> None:
    with sqlite3.connect(settings.var_dir / "softops.db") as database:
        for statement in ("DROP TRIGGER system_soft_audit_no_update", "DROP TRIGGER system_soft_audit_no_delete",
                          *statements):
            database.execute(statement)
    database.close()


def test_what_was_done_is_listed_exported_and_whole(softops: Run) -> None:
    assert softops("repo", "remove", "catalog").returncode == 0

    rows = json.loads(softops("audit", "list", "--json").stdout)
    assert [(row["action"], row["outcome"]) for row in rows] == [
        ("repositories.remove", "success"), ("server.stop", "success"), ("server.start", "success")]
    listed = softops("audit", "list", "--action", "repositories.", "--since", "1h", "--all").stdout.splitlines()
    assert (len(listed), "repositoryId=1" in listed[1], "begun" in listed[2]) == (3, True, True)
    lines = [json.loads(line) for line in softops("audit", "export").stdout.splitlines()]
    assert [line["id"] for line in lines] == [1, 2, 3, 4]
    assert rows[0] == lines[-1]
    looked = softops("audit", "verify")
    assert (looked.returncode, "4 entries" in looked.stdout, looked.stderr) == (0, True, "")


def test_a_change_by_somebody_is_named_and_ends_with_1(softops: Run, settings: Settings) -> None:
    tamper(settings, "UPDATE system_soft_audit SET system_soft_audit_user = 'x' WHERE system_soft_audit_id = 2")

    looked = softops("audit", "verify")

    assert looked.returncode == 1
    assert "entry 2 is not what softops has written" in looked.stderr
    assert "does not refuse changes" in looked.stderr
    document = json.loads(softops("audit", "verify", "--json").stdout)
    assert (document["whole"], document["guarded"]) == (False, False)
    assert [(one["entry"], one["fault"]) for one in document["breaks"]] == [(2, "changed")]


def test_a_backup_and_a_restore_are_entries_and_the_chain_is_that_of_the_backup(
        softops: Run, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "made.backup"
    assert softops("backup", str(file)).returncode == 0
    assert softops("repo", "remove", "catalog").returncode == 0

    assert softops("restore", str(file), "--force").returncode == 0

    rows = json.loads(softops("audit", "list", "--all", "--json").stdout)
    # The one of the backup itself was made after it.
    assert [row["action"] for row in rows] == ["restore", "server.stop", "server.start"]
    assert (rows[0]["target"], rows[0]["before"]["id"], rows[0]["via"]) == (str(file), 5, "cli")
    looked = softops("audit", "verify")
    assert (looked.returncode, looked.stderr) == (0, "")


def test_a_backup_put_back_by_hand_is_noticed(softops: Run, settings: Settings) -> None:
    database = settings.var_dir / "softops.db"
    kept = database.read_bytes()
    assert softops("repo", "remove", "catalog").returncode == 0
    for path in settings.var_dir.glob("softops.db*"):
        path.unlink()
    database.write_bytes(kept)

    looked = softops("audit", "verify")

    assert (looked.returncode, "an older state of the database was put back" in looked.stderr) == (1, True)
