"""A softops that has gone through many failures takes no more than before."""

from __future__ import annotations

from pathlib import Path

from softops.statuses import RecordStatus
from tests.acceptance.test_installs import software
from tests.faults.aftermath import Footprint
from tests.faults.cases import OTHER, WEB
from tests.faults.controller import controller
from tests.faults.unruly import MANIFEST, Answer, UnrulyRegistry, refusal
from tests.fleet import Fleet
from tests.waiting import wait_until

MB = 1_000_000
ROUNDS = 2
MOST_MEMORY = 12 * MB
TROUBLES = (
    (MANIFEST, refusal(404, "MANIFEST_UNKNOWN", "manifest unknown")),
    (MANIFEST, refusal(429, "TOOMANYREQUESTS", "slow down")),
    (MANIFEST, refusal(401, "UNAUTHORIZED", "who is there", WWW_Authenticate='Basic realm="registry"')),
    (MANIFEST, Answer(body=b"x" * 3 * MB)),
)


def test_memory_and_open_files_are_back_after_many_failures(fleet: Fleet, tmp_path: Path) -> None:
    fleet.registry.push("often", "1.0", layers=[MB])
    with (UnrulyRegistry(fleet.registry.host.rpartition(":")[0], fleet.registry.host) as unruly,
          controller(fleet, "often", software("often", f"{unruly.host}/often:1.0"), tmp_path,
                     insecure_registries=f"{fleet.plain_http},{unruly.host}") as made):

        def suffer() -> None:
            for pattern, answer in TROUBLES:
                unruly.rules = {pattern: answer}
                records = made.ended(made.install("often", WEB, OTHER))
                assert {(one.status, one.code) for one in records.values()} == {(RecordStatus.FAILED, 1002)}, records
            unruly.obey()

        suffer()
        pid = made.serving.process.pid
        before = made.base = Footprint.of(pid)
        for _ in range(ROUNDS):
            suffer()
        wait_until(lambda: Footprint.of(pid).files <= before.files and Footprint.of(pid).threads <= before.threads)
        assert Footprint.of(pid).memory < before.memory + MOST_MEMORY
        records = made.ended(made.install("often", WEB, OTHER))
        assert {one.status for one in records.values()} == {RecordStatus.SUCCESS}
