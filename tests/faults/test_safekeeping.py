"""A backup is made while softops works, and everything comes back from it on another machine and database."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.config import PROJECT, Settings
from softops.statuses import RecordStatus
from tests.acceptance.services import clear
from tests.acceptance.test_installs import software
from tests.acceptance.test_running import page
from tests.demo.serving import SOFTOPS, Serving
from tests.faults.aftermath import Aftermath
from tests.faults.cases import OTHER, WEB
from tests.faults.controller import controller
from tests.fleet import Fleet
from tests.integration.mariadb import MariaDB
from tests.waiting import wait_until

MB = 1_000_000


@pytest.fixture(autouse=True)
def tidy(fleet: Fleet) -> Iterator[None]:
    yield
    fleet.slow.resume()
    for name in (WEB, OTHER):
        clear(fleet, name)


def run(environment: Mapping[str, str], *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `softops WORDS`."""
    done = subprocess.run([*SOFTOPS, *words], cwd=PROJECT, env=dict(environment), check=False, capture_output=True,
                          text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def rows(url: str, path: str) -> list[dict[str, Any]]:
    with httpx.Client(base_url=f"{url}/api/system/soft", trust_env=False, timeout=60) as client:
        return list(client.get(f"{path}{'&' if '?' in path else '?'}size=1000").json()["data"]["records"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "mariadb"])
def test_everything_comes_back_from_a_backup_of_a_working_softops(kind: str, fleet: Fleet, tmp_path: Path) -> None:
    name = f"keep{kind}"
    fleet.registry.push(name, "1.0", version_text=f"{name} 1.0")
    fleet.registry.push(f"slowly{kind}", "1.0", layers=[4 * MB])
    files = {**software(f"slowly{kind}", f"{fleet.slow.host}/slowly{kind}:1.0"),
             f"catalog/{name}/software.yml": f"""\
apiVersion: softops/v1
name: {name}
versions:
  "1.0": {{image: "{fleet.registry.image(name, '1.0')}"}}
service: {{ports: ["${{PORT}}:80"], env: {{KEY: "${{KEY}}"}}}}
params:
  - {{name: PORT, type: port, default: 18471}}
  - {{name: KEY, type: secret, generate: 24}}
"""}
    with MariaDB(tmp_path / "m") as mariadb:
        one, two = ("", mariadb.url) if kind == "sqlite" else (mariadb.url, "")
        lists = ("/record/page", "/page", "/app/page", "/server/page",
                 f"/app/revision/page?serverId=1&name={name}")
        with controller(fleet, name, files, tmp_path, database=one) as made:
            assert {row.status for row in made.ended(made.run(name, "1.0", WEB)).values()} == {RecordStatus.SUCCESS}
            made.warm_up()
            fleet.slow.rate = MB // 4
            slow = made.install(f"slowly{kind}", WEB, OTHER)
            wait_until(lambda: {row.status for row in made.records(slow).values()} == {RecordStatus.RUNNING}, 60)
            environment = made.serving.environment
            code, said, errors = run(environment, "backup", str(tmp_path / "backup"), "--with-key", "--json")
            assert (code, errors) == (0, ""), errors
            backup = json.loads(said)
            assert (backup["rows"]["system_soft_job"], backup["hasKey"]) == (2, True)
            # Under a running server nothing is replaced, whatever is said.
            code, _, errors = run(environment, "restore", str(tmp_path / "backup"), "--force")
            assert (code, "is in use by" in errors or "正被" in errors) == (1, True)
            fleet.slow.rate = None
            assert {row.status for row in made.ended(slow).values()} == {RecordStatus.SUCCESS}
            before = {path: rows(made.serving.url, path) for path in lists}
        again = Serving(fleet, catalog=tmp_path / "catalog", name=f"{name}-again", port=0, sync_interval=0,
                        language="en", database=two)
        code, said, errors = run(again.environment, "restore", str(tmp_path / "backup"), "--json")
        assert (code, errors) == (0, ""), errors
        assert json.loads(said) | {"made": "", "rows": {}} == {
            "made": "", "rows": {}, "jobsEnded": 1, "keyProblem": None, "copy": None,
            "key": str(again.directory / "var" / "secret.key")}
        with again:
            check_rows(before, {path: rows(again.url, path) for path in lists}, slow.id)
            # Its secrets can be opened, so that what ran can be brought back; and new work begins.
            environment = again.environment
            code, _, errors = run(environment, "rollback", name, "--server", WEB, "--revision", "1", "--json")
            assert (code, errors) == (0, ""), errors
            assert page(fleet, WEB, 18471) == f"{name} 1.0"
            code, _, errors = run(environment, "install", f"slowly{kind}", "--server", OTHER, "--json")
            assert (code, errors) == (0, ""), errors
            code, said, errors = run(environment, "audit", "verify", "--json")
            assert (code, errors) == (0, ""), said
            own = Settings(home=PROJECT, var=again.directory / "var", inventory=fleet.inventory(), database=two,
                           language="en")
            Aftermath(fleet=fleet, settings=own).check(servers=[OTHER])


def check_rows(before: Mapping[str, list[dict[str, Any]]], after: Mapping[str, list[dict[str, Any]]],
               running: int) -> None:
    """All as it was, but what ran at the moment of the backup, of which nobody can know."""
    def split(found: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return ([row for row in found if row["systemSoftRecordJobId"] != running],
                [row for row in found if row["systemSoftRecordJobId"] == running])

    (old, _), (new, unknown) = split(before["/record/page"]), split(after["/record/page"])
    assert new == old
    assert [(row["systemSoftRecordStatus"], row["systemSoftRecordReason"]) for row in unknown] == [
        ("FAILED", "RESTORED_RUNNING")] * 2
    checked = {"checkTime", "status", "updateTime"}
    assert [{key: value for key, value in row.items() if key not in checked} for row in after["/server/page"]] == [
        {key: value for key, value in row.items() if key not in checked} for row in before["/server/page"]]
    for path in before.keys() - {"/record/page", "/server/page"}:
        # What came onto servers later is not known.
        assert after[path] == [row for row in before[path] if not row.get("systemSoftAppName", "").startswith("slowly")]
