"""cli/: what is typed about running software, against a server whose jobs this test tells itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from softops.config import PROJECT
from softops.entities import FinalState, Job, Record
from softops.jobrun import JobRun
from softops.outcomes import RunEnd, RunStatus
from softops.starts import Wish
from softops.statuses import RecordStatus
from tests.factories import DIGEST, NOW, later
from tests.integration.desk import GIVEN, Desk, open_desk
from tests.integration.webserver import Served, served
from tests.waiting import wait_until

SOFTOPS = [sys.executable, "-m", "softops"]
BROKEN = FinalState(status=RecordStatus.FAILED, reason="CONTAINER_EXITED", code=1003, changed=True,
                    reason_params={"service": "web", "exit": 1}, log="starting\nno \x1b[31mconfig")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shell:
    """A terminal in which the softops command is typed."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
        return {**kept, "SOFTOPS_URL": self.url, "SOFTOPS_LANGUAGE": "en", "LC_ALL": "C.UTF-8",
                "PYTHONPATH": str(PROJECT)}

    def __call__(self, *words: str) -> tuple[int, str, str]:
        done = subprocess.run([*SOFTOPS, *words], env=self.environment, capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, timeout=60)
        return done.returncode, done.stdout, done.stderr

    @contextmanager
    def begun(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A command that runs on meanwhile, and not beyond the block."""
        with subprocess.Popen([*SOFTOPS, *words], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def desk(tmp_path: Path, sqlite_file: Path) -> Iterator[Desk]:
    path = tmp_path / "softops.db"
    path.write_bytes(sqlite_file.read_bytes())
    with open_desk(tmp_path, f"sqlite:///{path}") as opened:
        yield opened


@pytest.fixture
def web(desk: Desk) -> Iterator[Served]:
    with served(desk.service) as running:
        yield running


@pytest.fixture
def shell(web: Served) -> Shell:
    return Shell(url=web.url)


def table(out: str) -> list[list[str]]:
    return [line.split() for line in out.splitlines()]


def test_what_is_on_servers_is_listed(desk: Desk, shell: Shell) -> None:
    assert shell("apps")[:2] == (0, "There is nothing on these servers. `softops start NAME` starts a software.\n")
    desk.run("shop:1.0", "web1", "web2", parameters=GIVEN)
    desk.end(desk.starts.operate("stop", "shop", desk.servers("web2"), user="zoe"))
    desk.run("cache:1.1", "web2")
    code, out, _ = shell("apps", "shop")
    assert (code, [row[:5] for row in table(out)]) == (0, [
        ["Server", "Software", "Version", "State", "Revision"], ["web1", "shop", "1.0", "running", "1"],
        ["web2", "shop", "1.0", "stopped", "1"]])
    rows = json.loads(shell("apps", "--server", "web2", "--json")[1])
    assert [row["systemSoftAppName"] for row in rows] == ["cache", "shop"]


def test_the_history_marks_what_is_there_now(desk: Desk, shell: Shell) -> None:
    desk.run("shop:1.0", parameters=GIVEN)
    desk.run("shop:2.0")
    desk.end(desk.starts.rollback("shop", desk.servers(), Wish(user="zoe")))
    code, out, _ = shell("history", "shop")
    assert (code, [row[:4] for row in table(out)[1:]]) == (0, [
        ["web1", "*", "3", "1.0"], ["web1", "2", "2.0", row_time(out, 2)], ["web1", "1", "1.0", row_time(out, 3)]])
    rows = json.loads(shell("history", "shop", "-s", "web1", "--json")[1])
    assert [(row["systemSoftRevisionNumber"], row["current"]) for row in rows] == [(3, True), (2, False), (1, False)]
    assert shell("history", "nothing")[::2] == (
        2, "nothing is on no server. There are: shop. Start it with `softops start`.\n")


def row_time(out: str, row: int) -> str:
    return table(out)[row][3]


def test_the_history_is_that_of_every_server_that_has_it_or_of_those_named(desk: Desk, shell: Shell) -> None:
    desk.run("cache:1.0", "web1", "web2")
    desk.run("cache:1.1", "web2")
    desk.run("shop:1.0", "web1", parameters=GIVEN)

    def told(*words: str) -> list[tuple[str, int, bool]]:
        return [(row["serverName"], row["systemSoftRevisionNumber"], row["current"])
                for row in json.loads(shell("history", *words, "--json")[1])]

    everywhere = [("web1", 1, True), ("web2", 2, True), ("web2", 1, False)]
    assert told("cache") == told("cache", "-s", "web1", "-s", "web2") == everywhere
    assert told("cache", "-s", "web2") == everywhere[1:]
    code, out, _ = shell("history", "shop", "-s", "web1", "-s", "web2")
    assert (code, table(out)[1][:4], out.splitlines()[2:]) == (
        0, ["web1", "*", "1", "1.0"], ["shop was never started on web2."])


def test_a_start_says_where_how_and_in_which_waves(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2\n")
    code, out, _ = shell("start", "shop:1.0", "-s", "web1", "-s", "web2", "-p", "HOST=h", "-p", "PORT=81",
                         "-p", f"PASSWORD=@{tmp_path / 'pw'}", "--canary", "1", "--batch", "50%", "--max-failures", "1",
                         "--on-failure", "rollback", "--approval", "--settle", "5", "--detach", "--json")
    job = json.loads(out)
    assert (code, job["parameters"], job["strategy"]) == (0, {"HOST": "h", "PORT": 81}, {
        "canary": 1, "batch": "50%", "maxFailures": 1, "onFailure": "rollback", "approval": True, "settle": 5})
    (revision, _) = desk.service.records.revisions_of(job["id"]).values()
    assert desk.service.vault.open(revision.secrets)["PASSWORD"] == "hunter2"


def test_where_secrets_are_needed_it_is_said_that_the_command_by_hand_has_none(desk: Desk, shell: Shell) -> None:
    hint = "Secrets are not in it: give them with -e @FILE (softops_parameters)."
    (needs, *_), (none, *_) = desk.run("shop:1.0", parameters=GIVEN), desk.run("cache:1.0")
    stopped = desk.starts.operate("stop", "shop", desk.servers(), user="zoe")
    desk.end(stopped)
    said = [shell("watch", str(job))[1].splitlines()[-2:] for job in (needs.job_id, none.job_id, stopped.id)]
    assert [[line.split(":")[0] for line in lines if line == hint or line.startswith("The same by hand: ")]
            for lines in said] == [["The same by hand", "Secrets are not in it"], *[["The same by hand"]] * 2]


@pytest.mark.parametrize(("words", "named"), [
    (("start", "shop:1.0", "-s", "web1", "-p", "PORT=many"), "PORT"),
    (("start", "shop:1.0", "-s", "web1"), "HOST"),
    (("start", "shop:1.0", "-s", "web1", "--batch", "some"), "batch"),
    (("start", "shop:1.0", "-s", "web7"), "web1"),
    (("start", "front", "-s", "web1"), "--with-required"),
    (("start", "tracer", "-s", "web1"), "host_network"),
    (("start", "shop", "--on-failure", "panic"), "rollback"),
    (("upgrade", "shop", "-s", "web1"), "shop is not on web1"),
    (("rollback", "shop", "--revision", "1", "--to", "1.0"), "--to"),
    (("stop", "shop", "-s", "web1"), "shop is not on web1"),
    (("remove", "shop", "-s", "web1", "--volumes"), "--yes"),
    (("approve", "99"), "99"),
])
def test_what_can_not_be_done_is_said_and_nothing_is_begun(
        desk: Desk, shell: Shell, words: Sequence[str], named: str) -> None:
    code, out, err = shell(*words)
    assert (code, out, named in err) == (2, "", True)
    assert desk.service.records.job_page(page=1, size=10).total == 0


@pytest.mark.parametrize("command", ["upgrade", "rollback", "stop"])
def test_what_is_on_several_servers_is_not_changed_until_they_are_named(
        desk: Desk, shell: Shell, command: str) -> None:
    desk.run("cache:1.0", "web1", "web2")
    assert shell(command, "cache") == (2, "", (
        "cache is on several servers: web1, web2. Name those that are meant: --server or --group on the command line, "
        "servers or groups in the API.\n"))


class Teller:
    """Does with a job what a worker would do."""

    def __init__(self, desk: Desk, job: Job) -> None:
        self._desk = desk
        self._job = job
        desk.service.records.claim(job.id, owner="me", now=NOW, lease=desk.lease)

    def wave(self, number: int | None, final: FinalState) -> None:
        """Run one wave, each record of it with the same end."""
        service = self._desk.service
        if number is not None:
            service.records.set_wave(self._job.id, wave=number, waiting=None)
        records = service.records.start_records(self._job.id, NOW, wave=number)
        run = JobRun(service.records.job(self._job.id), records, store=service.records, hub=service.hub,
                     clock=service.clock, lang="en", stopping=threading.Event())
        run.announce()
        run.watch(lambda: self._tell(run, records), "t")
        run.fail(final)

    def wait_for_approval(self, wave: int) -> None:
        """Wait until somebody allows the wave."""
        records = self._desk.service.records
        records.set_wave(self._job.id, wave=wave, waiting="approval")
        wait_until(lambda: records.job(self._job.id).approved_wave == wave)

    def end(self) -> None:
        self._desk.service.records.finish_job(self._job.id, later(60))

    def _tell(self, run: JobRun, records: Sequence[Record]) -> RunEnd:
        for record in records:
            for kind, more in (("stage", {"stage": "up"}),
                               ("containers", {"containers": [{"id": f"{record.soft_name}-1", "status": "Started"}]})):
                line = {"softops": 1, "run": "t", "host": record.server_name, "at": 1.0, "kind": kind,
                        "software": record.soft_name, **more}
                run.put({"event": "verbose", "stdout": json.dumps(line)})
        return RunEnd(status=RunStatus.SUCCESSFUL, rc=0, stats=None)

def newest(desk: Desk) -> Job:
    wait_until(lambda: desk.service.records.job_page(page=1, size=1).total > 0)
    return desk.service.records.job_page(page=1, size=1).records[0]


DONE = FinalState(status=RecordStatus.SUCCESS, reason="START_SUCCESS", digest=DIGEST, changed=True)


def test_a_job_in_waves_is_told_and_waits_for_the_command_that_it_names(desk: Desk, shell: Shell) -> None:
    with shell.begun("start", "cache:1.0", "-s", "web1", "-s", "web2", "--batch", "1", "--approval") as watching:
        job = newest(desk)
        teller = Teller(desk, job)
        teller.wave(1, DONE)
        desk.service.records.set_wave(job.id, wave=2, waiting="approval")
        assert watching.stdout is not None
        told = []
        for line in watching.stdout:
            told.append(line)
            if "softops approve" in line:
                break
        command = told[-1].rsplit(": softops ", 1)[1].split()
        assert shell(*command) == (0, f"Wave 2 of job {job.id} may begin.\n", "")
        teller.wait_for_approval(2)
        teller.wave(2, DONE)
        teller.end()
        rest, errors = watching.communicate(timeout=30)
        assert (watching.returncode, errors) == (0, "")
        assert [line.strip() for line in told] == [
            f"Job {job.id}: start cache 1.0 on 2 servers", "web1: started", "web1: Starting containers",
            "web1: container cache-1: Started", "web1: SUCCESS",
            f"Wave 2 of 2 waits for you. Look at the servers, then: softops approve {job.id}"]
        assert rest.splitlines()[:5] == ["Wave 2 of 2 begins.", "web2: started", "web2: Starting containers",
                                         "web2: container cache-1: Started", "web2: SUCCESS"]


def test_several_software_are_told_apart_and_a_failed_container_says_what_it_said_last(
        desk: Desk, shell: Shell) -> None:
    with shell.begun("start", "queue", "-s", "web1", "--with-required") as watching:
        job = newest(desk)
        teller = Teller(desk, job)
        teller.wave(None, BROKEN)
        teller.end()
        out, errors = watching.communicate(timeout=30)
        assert (watching.returncode, errors) == (1, "")
        lines = out.splitlines()
        assert lines[:3] == [f"Job {job.id}: start queue 1.0 on web1", "web1 cache: started", "web1 queue: started"]
        at = lines.index("web1 cache: last lines of the container:")
        assert lines[at + 1:at + 3] == ["  starting", "  no  [31mconfig"]


def test_when_too_much_failed_the_job_that_takes_it_back_is_shown_too(desk: Desk, shell: Shell) -> None:
    desk.run("cache:1.0", "web1", "web2")
    with shell.begun("upgrade", "cache:1.1", "-s", "web1", "-s", "web2", "--batch", "1",
                           "--on-failure", "rollback") as watching:
        wait_until(lambda: newest(desk).operation == "upgrade")
        job = newest(desk)
        teller = Teller(desk, job)
        teller.wave(1, DONE)
        teller.wave(2, BROKEN)
        records = desk.service.records
        undone = desk.starts.undo(records.job(job.id), [one for one in records.job_records(job.id)
                                                        if one.status is RecordStatus.SUCCESS])
        assert undone is not None
        teller.end()
        child = Teller(desk, undone)
        child.wave(None, DONE)
        child.end()
        out, _ = watching.communicate(timeout=30)
        assert watching.returncode == 1
        assert f"Too much failed, so job {undone.id} brings back what was there before.\n" in out
        assert f"Job {undone.id}: rollback cache 1.0 on web1\n" in out


def test_jobs_and_records_say_what_they_wait_for(desk: Desk, shell: Shell) -> None:
    assert shell("jobs")[:2] == (0, "No jobs match.\n")
    desk.run("shop:1.0", "web1", parameters=GIVEN)
    shell("start", "cache:1.0", "-s", "web1", "-s", "web2", "--batch", "1", "--approval", "--detach")
    job = newest(desk)
    teller = Teller(desk, job)

    def remarks() -> tuple[list[str], str]:
        told = [shell(*words)[1].splitlines()[1:] for words in (("records", "--job", str(job.id)), ("jobs",))]
        return [line.rpartition("  ")[2] for line in told[0] if "PENDING" in line], told[1][0].rpartition("  ")[2]

    assert remarks()[0][-1] == "waits for wave 2 of 2"
    teller.wave(1, DONE)
    desk.service.records.set_wave(job.id, wave=2, waiting="settle")
    assert remarks() == (["waits for wave 2 of 2"], "waits for wave 2 of 2")
    desk.service.records.set_wave(job.id, wave=2, waiting="approval")
    wait = f"waits for an approval: softops approve {job.id}"
    assert remarks() == ([wait], wait)
    listed = [row[:6] for row in table(shell("jobs")[1])]
    assert listed == [["Job", "Operation", "Software", "Version", "Status", "Wave"],
                      ["2", "start", "cache", "1.0", "RUNNING", "2/2"], ["1", "start", "shop", "1.0", "SUCCESS", "-"]]
    assert [row["id"] for row in json.loads(shell("jobs", "--status", "success", "--json")[1])] == [1]
