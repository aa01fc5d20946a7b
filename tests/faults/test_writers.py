"""Twenty processes write into one SQLite file at the same time: nobody loses anything, nobody gives up."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from softops.config import PROJECT
from softops.db import Database
from softops.records import Records
from softops.statuses import RecordStatus
from tests.factories import NOW, a_draft, create_job, some_servers

WRITERS = 20
ROUNDS = 10

WRITER = """\
import json, sys
from datetime import timedelta
from softops.clock import utc_now
from softops.db import Database
from softops.entities import EventDraft
from softops.records import Records
from softops.servers import Servers
from tests.factories import SUCCESS, a_draft, create_job

url, shared, name, rounds = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
database = Database(url)
records, server = Records(database), Servers(database).all()[0]
print("ready", flush=True)
sys.stdin.readline()
mine, seqs = [], []
for number in range(rounds):
    job, (record,) = create_job(records, a_draft(soft_name=f"{name}-{number}"), [server], utc_now())
    assert records.claim(job.id, owner=name, now=utc_now(), lease=timedelta(seconds=30)) is not None
    records.start_records(job.id, utc_now())
    for target in (job.id, shared):
        drafts = [EventDraft(type="docker_start", payload={"writer": name, "round": number, "part": part})
                  for part in range(3)]
        stored = records.append_events(target, drafts)
        seqs += [event.seq for event in stored] if target == shared else []
    records.heartbeat(job.id, owner=name, now=utc_now(), lease=timedelta(seconds=30))
    assert records.finish_record(record.id, SUCCESS, utc_now(), "en") is not None
    mine.append([job.id, records.finish_job(job.id, utc_now()).status])
print(json.dumps({"jobs": mine, "seqs": seqs}))
database.close()
"""


@pytest.mark.timeout(240)
def test_twenty_processes_write_at_once(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'softops.db'}")
    database.migrate()
    records = Records(database)
    shared, _ = create_job(records, a_draft(soft_name="shared"), some_servers(database), NOW)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, f"sqlite:///{tmp_path / 'softops.db'}", str(shared.id),
                                 f"w{number}", str(ROUNDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, cwd=PROJECT) for number in range(WRITERS)]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n", writer.communicate()
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.flush()
    ends = [(*writer.communicate(timeout=200), writer.returncode) for writer in writers]
    assert [(code, errors) for _, errors, code in ends] == [(0, b"")] * WRITERS
    told = [json.loads(said) for said, _, _ in ends]
    # Everybody got other numbers, and together they are all there are.
    total = WRITERS * ROUNDS * 3
    assert sorted(seq for one in told for seq in one["seqs"]) == list(range(1, total + 1))
    events = records.events_after(shared.id, 0, limit=total + 1)
    assert [event.payload["seq"] for event in events] == list(range(1, total + 1))
    # What was stored together stands together.
    assert [event.payload["part"] for event in events] == [0, 1, 2] * (total // 3)
    assert {status for one in told for _, status in one["jobs"]} == {"SUCCESS"}
    assert records.page(page=1, size=1, status=RecordStatus.SUCCESS).total == WRITERS * ROUNDS
    database.close()
