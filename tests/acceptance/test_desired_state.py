"""What the inventory says in softops_apps, on real servers: plan, apply, drift, heal, write-back, and by hand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from softops.config import PROJECT, Settings
from softops.desires import SETTLING
from softops.service import Service
from softops.starts import Wish
from softops.statuses import RecordStatus
from tests.acceptance.conftest import Shell
from tests.demo.serving import Serving
from tests.fleet import Fleet
from tests.homes import commit, git
from tests.waiting import wait_until

SOFTWARE = """\
apiVersion: softops/v1
name: wanted
versions:
  "1.0": {{image: "{image}:1.0"}}
  "2.0": {{image: "{image}:2.0"}}
service:
  ports: ["${{HTTP_PORT}}:80"]
  env: {{WORDS: "${{WORDS}}", PASSWORD: "${{PASSWORD}}"}}
params:
  - {{name: HTTP_PORT, type: port, default: 18201}}
  - {{name: WORDS, type: string, default: hello}}
  - {{name: PASSWORD, type: secret, generate: 24}}
"""
APPS = 'softops_apps: {{wanted: {{version: "{version}", parameters: {{WORDS: "{words}"}}}}}}\n'


@dataclass(frozen=True, kw_only=True)
class Place:
    """An inventory in git, a catalog in git, and the fleet that they are about."""

    fleet: Fleet
    inventory: Path
    catalog: Path

    def say(self, text: str) -> str:
        """Let web1's group say this; the commit."""
        return commit(self.inventory, {"group_vars/wanted_group.yml": text})

    def containers(self, *words: str) -> list[str]:
        """Ids of the software's containers on web1."""
        return self.fleet.server("web1").docker("ps", "-q", *words, "--filter",
                                                "label=io.softops.name=wanted").split()


@pytest.fixture
def place(fleet: Fleet, tmp_path: Path) -> Iterator[Place]:
    for version in ("1.0", "2.0"):
        fleet.registry.push("wanted", version)
    catalog, inventory = tmp_path / "catalog", tmp_path / "inventory"
    commit(catalog, {"catalog/wanted/software.yml": SOFTWARE.format(image=f"{fleet.registry.host}/wanted")})
    shutil.copytree(fleet.inventory(), inventory)
    commit(inventory, {"groups.yml": "wanted_group: {hosts: {web1: }}\n"})
    yield Place(fleet=fleet, inventory=inventory, catalog=catalog)
    web1 = fleet.server("web1")
    if ids := web1.docker("ps", "-aq", "--filter", "label=io.softops.name").split():
        web1.docker("rm", "-f", "-v", *ids)
    web1.run("rm", "-rf", "/opt/softops/apps")


@pytest.fixture
def typed(place: Place, request: pytest.FixtureRequest) -> Iterator[Shell]:
    """A terminal whose server writes back."""
    name = f"desired-{request.node.name[:20]}-{os.getpid()}"
    with Serving(place.fleet, catalog=place.catalog, inventory=place.inventory, name=name, port=0, sync_interval=0,
                 language="en", write_back=True, settle_time=1) as serving:
        shell = Shell(environment={**serving.environment, "LC_ALL": "C.UTF-8"})
        assert shell("sync").code == 0
        yield shell


def steps(plan: dict[str, Any]) -> list[tuple[str, str, str, list[str]]]:
    return [(server["server"], step["software"], step["kind"], [one["reason"] for one in step["reasons"]])
            for server in plan["servers"] for step in server["steps"]]


def by_hand(place: Place, *words: str) -> dict[str, Any]:
    """What `ansible-playbook playbooks/site.yml` says of web1."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/site.yml", "-i", str(place.inventory),
         "--limit", "web1", "-e", json.dumps({"softops_insecure_registries": place.fleet.plain_http.split(","),
                                              "softops_catalog": str(place.catalog / "catalog")}), *words],
        cwd=PROJECT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=100,
        env={**{key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "SOFTOPS_"))},
             "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "LC_ALL": "C.UTF-8"})
    report = json.loads(done.stdout[done.stdout.index("{\n"):])
    stats: dict[str, Any] = report["stats"]["web1"]
    assert stats["failures"] == 0, report
    return stats


def test_plan_apply_and_plan_again(place: Place, typed: Shell) -> None:
    head = place.say(APPS.format(version="1.0", words="{{ 7 * 7 }}"))
    planned = typed("plan", "--json")
    assert (planned.code, steps(planned.document)) == (2, [("web1", "wanted", "create", ["NOT_THERE"])])
    assert (planned.document["commit"], planned.document["uncommitted"]) == (head, False)
    applied = typed("apply")
    assert applied.code == 0, applied.out + applied.err
    (container,) = place.containers()
    environment = place.fleet.server("web1").docker("inspect", "--format", "{{json .Config.Env}}", container)
    assert "WORDS={{ 7 * 7 }}" in json.loads(environment)
    again = typed("plan")
    assert (again.code, "Nothing to do" in again.out) == (0, True), again.out + again.err
    repeated = typed("apply", "--json")
    assert (repeated.code, repeated.document["job"]) == (0, None), repeated.out
    assert place.containers() == [container]
    assert by_hand(place, "--check", "--diff")["changed"] == 0
    assert by_hand(place)["changed"] == 0
    place.say(APPS.format(version="2.0", words="other"))
    assert by_hand(place, "--check", "--diff")["changed"] == 1
    changed = typed("plan", "--json")
    assert (changed.code, steps(changed.document)) == (2, [("web1", "wanted", "recreate", ["OTHER_VERSION"])])
    assert typed("apply").code == 0
    assert typed("plan").code == 0
    place.say("softops_apps: {}\n")
    assert steps(typed("plan", "--json").document) == [("web1", "wanted", "remove", ["UNWANTED"])]
    assert typed("apply").code == 0
    assert (place.containers("-a"), typed("plan").code) == ([], 0)
    # Nothing of what the inventory asked for is written back to it.
    assert not (place.inventory / "host_vars").exists()


def test_what_is_wrong_in_the_inventory_is_an_error_with_its_place(place: Place, typed: Shell) -> None:
    place.say("softops_apps: {wanted: {version: 1.0}, nothing: {version: '1'}}\n")
    planned = typed("plan")
    assert planned.code == 1
    assert "web1: softops_apps.wanted.version: The version of wanted is 1.0 for YAML" in planned.out
    applied = typed("apply", "--json")
    assert (applied.code, applied.document["job"]) == (1, None)
    assert typed("plan", "--server", "nobody").code == 1
    assert typed("plan", "--nonsense").code == 1


def test_what_is_done_by_hand_is_a_commit_of_that_person(place: Place, typed: Shell) -> None:
    place.say(APPS.format(version="1.0", words="hello"))
    assert typed("apply").code == 0
    started = typed("start", "wanted:2.0", "--server", "web1", "--param", "WORDS={{ me }}", LOGNAME="小明",
                    USER="alice", LC_ALL="C.UTF-8")
    assert started.code == 0, started.out + started.err
    wait_until(lambda: git(place.inventory, "log", "-1", "--format=%s") == "Start wanted 2.0 on web1")
    assert git(place.inventory, "log", "-1", "--format=%an") == "小明"
    planned = typed("plan", "--json")
    assert (planned.code, steps(planned.document)) == (0, [])
    assert 'WORDS: !unsafe "{{ me }}"' in (place.inventory / "host_vars/web1/softops.yml").read_text()


def test_drift_shows_and_is_healed_but_not_without_end(place: Place, tmp_path: Path) -> None:
    place.say(APPS.format(version="1.0", words="hello"))
    service = Service(Settings(
        var=tmp_path / "var", inventory=place.inventory, catalog=str(place.catalog), catalog_ref="main",
        sync_interval=0, language="en", auth="none", insecure_registries=place.fleet.plain_http,
        settle_time=1))
    service.start()
    try:
        service.syncer.sync(service.repositories.named("catalog").id)
        job = service.applies.apply(service.desires.plan(), user="tester").job
        assert job is not None
        assert service.installs.wait(job.id, 100).status is RecordStatus.SUCCESS
        web1 = place.fleet.server("web1")
        for command, reason in ((("rm", "-f"), "CONTAINER_MISSING"), (("stop", "-t", "0"), "CONTAINER_STOPPED"),
                                (("rm", "-f"), "CONTAINER_MISSING")):
            wait_until(lambda: not drift(service), timeout=30)
            web1.docker(*command, *place.containers())
            wait_until(lambda wanted=reason: drift(service) == [wanted], timeout=30)
            healed = service.healer.heal()
            assert healed is not None
            assert service.installs.wait(healed.id, 100).status is RecordStatus.SUCCESS
            assert len(place.containers()) == 1
        web1.docker("rm", "-f", *place.containers())
        wait_until(lambda: drift(service) == ["CONTAINER_MISSING"], timeout=30)
        assert service.healer.heal() is None
        assert [step.flapping for step in service.desires.plan().steps] == [True]
    finally:
        service.stop()


def test_what_somebody_works_on_has_not_drifted(place: Place, tmp_path: Path) -> None:
    place.say(APPS.format(version="1.0", words="hello"))
    service = Service(Settings(
        var=tmp_path / "var", inventory=place.inventory, catalog=str(place.catalog), catalog_ref="main",
        sync_interval=0, language="en", auth="none", insecure_registries=place.fleet.plain_http,
        settle_time=20))
    service.start()
    try:
        service.syncer.sync(service.repositories.named("catalog").id)
        web1 = service.servers.choose(names=["web1"])
        job = service.applies.apply(service.desires.plan(), user="tester").job
        assert job is not None
        assert service.installs.wait(job.id, 100).status is RecordStatus.SUCCESS
        wait_until(lambda: not service.desires.plan().steps, 30)
        upgrade = service.starts.start(service.images.find("wanted", "2.0"), web1, Wish(user="zoe"),
                                       operation="upgrade")
        wait_until(lambda: [one.version for one in service.containers.on(web1[0].id)] == ["2.0"], 30)
        (app,) = service.apps.where("wanted")
        wait_until(lambda: service.clock() - app.update_time > SETTLING, 20)
        assert not service.records.job(upgrade.id).status.final
        assert drift(service) == []
        assert service.healer.heal() is None
        service.installs.cancel_job(upgrade.id)
        assert service.installs.wait(upgrade.id, 60).status is RecordStatus.CANCELLED
        wait_until(lambda: not service.desires.plan().steps, 30)
    finally:
        service.stop()


def drift(service: Service) -> list[str]:
    return [why.reason for step in service.desires.plan().steps for why in step.reasons]
