"""The softops command where no server runs: the same work, done inside the command."""

import signal
from pathlib import Path

import pytest

from tests.acceptance.conftest import GREETER, MB, Shell, read_until
from tests.demo.serving import Serving
from tests.fleet import Fleet
from tests.homes import commit


@pytest.fixture
def alone(fleet: Fleet, tmp_path: Path) -> Shell:
    """A terminal with settings of its own and no server at its port."""
    fleet.registry.push("greeter", "1.9", layers=[MB])
    fleet.registry.push("greeter", "1.10", layers=[MB])
    commit(tmp_path / "catalog", {"catalog/greeter/software.yml": GREETER.format(registry=fleet.registry.host)})
    serving = Serving(fleet, catalog=tmp_path / "catalog", name=tmp_path.name, port=0, language="en",
                      var=tmp_path / "var")
    environment = {key: value for key, value in serving.environment.items() if key != "SOFTOPS_URL"}
    return Shell(environment={**environment, "LC_ALL": "C.UTF-8", "TMPDIR": str(tmp_path / "tmp")})


def test_sync_install_and_records_work_without_a_server_and_leave_nothing_running(alone: Shell, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    assert alone("sync").code == 0
    installed = alone("install", "greeter", "--server", "web1", "--json")
    assert (installed.code, installed.err, installed.document["status"]) == (0, "", "SUCCESS")
    # It can't be left alone: it would end with the command.
    stayed = alone("pull", "greeter", "--server", "web2", "--detach", "--json")
    assert (stayed.err, stayed.document["status"]) == (
        "No server is running, so this command stays until job 2 has ended.\n", "SUCCESS")
    rows = alone("records", "--json").document
    assert [(row["systemSoftRecordServerName"], row["systemSoftRecordStatus"]) for row in rows] == [
        ("web2", "SUCCESS"), ("web1", "SUCCESS")]
    assert list((tmp_path / "tmp").iterdir()) == list((tmp_path / "var" / "runs").iterdir()) == []


def test_ctrl_c_ends_a_job_that_runs_inside_the_command_and_says_so(alone: Shell, tmp_path: Path, fleet: Fleet) -> None:
    (tmp_path / "tmp").mkdir()
    fleet.registry.push("greeter", "1.11", layers=[8 * MB])
    text = GREETER.format(registry=fleet.slow.host).replace("1.10", "1.11")
    commit(tmp_path / "catalog", {"catalog/greeter/software.yml": text})
    assert alone("sync").code == 0
    fleet.slow.rate = MB
    try:
        watching = alone.begin("install", "greeter:1.11", "--server", "web1")
        read_until(watching, "web1: started")
        watching.send_signal(signal.SIGINT)
        _, errors = watching.communicate(timeout=40)
    finally:
        fleet.slow.resume()
    assert (watching.returncode, errors) == (130, "No server is running, so job 1 ends with this command. "
                                                  "Repeat it: `softops retry 1`.\n")
    (record,) = alone("records", "--json").document
    assert (record["systemSoftRecordStatus"], record["systemSoftRecordReason"]) == ("FAILED", "INTERRUPTED")
    assert alone("retry", "1").code == 0


def test_doctor_finds_everything_in_order(alone: Shell, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    assert alone("sync").code == 0
    ended = alone("doctor", "--json")
    assert ended.code == 0
    assert {finding["check"]: finding["level"] for finding in ended.document} == {
        "python": "OK", "ansible": "OK", "git": "OK", "ssh": "OK", "compose": "OK", "playbooks": "OK", "var": "OK",
        "inventory": "OK", "catalog": "OK", "database": "OK", "registries": "OK", "server": "NOTE"}


def test_doctor_tells_of_a_locale_that_only_runs_by_hand_stumble_over(alone: Shell, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    ended = alone("doctor", "--json", LC_ALL="xx_XX.UTF-8")
    (finding,) = [finding for finding in ended.document if finding["check"] == "ansible"]
    assert (finding["level"], finding["remedy"]) == ("NOTE", "export LC_ALL=C.UTF-8")


def test_doctor_names_a_registry_that_speaks_plain_http_and_the_setting_for_it(
        alone: Shell, tmp_path: Path, fleet: Fleet) -> None:
    (tmp_path / "tmp").mkdir()
    assert alone("sync").code == 0
    ended = alone("doctor", "--json", SOFTOPS_INSECURE_REGISTRIES="")
    (finding,) = [finding for finding in ended.document if finding["check"] == "registries"]
    assert (ended.code, finding["level"]) == (0, "NOTE")
    assert f"add {fleet.registry.host} to SOFTOPS_INSECURE_REGISTRIES" in finding["detail"]
    refused = alone("refresh", "greeter:1.9", SOFTOPS_INSECURE_REGISTRIES="")
    assert refused.code == 1
    assert f"add {fleet.registry.host} to SOFTOPS_INSECURE_REGISTRIES" in refused.err


def test_doctor_names_what_is_missing_and_how_to_mend_it(alone: Shell, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "empty").mkdir()
    ended = alone("doctor", SOFTOPS_CATALOG=str(tmp_path / "nowhere"), SOFTOPS_INVENTORY=str(tmp_path / "empty"),
                  SOFTOPS_HOME=str(tmp_path), PATH=str(tmp_path))
    problems = [line.split(":")[0].split(maxsplit=1)[1] for line in ended.out.splitlines()
                if line.startswith("problem")]
    assert ended.code == 1
    assert problems == ["git", "SSH client", "Playbooks", "Servers in the inventory", "Catalog repository"]
    assert "-> apt-get install git" in ended.out
