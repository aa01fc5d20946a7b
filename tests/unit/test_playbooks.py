"""playbooks.py: what will be run is a value, and user data is only ever in its input."""

import shlex

import pytest

from softops.errors import BadRequest
from softops.playbooks import HandOrder, PlaybookCall, PullLimits, command_by_hand, image_call, inspect_call
from tests.values import make_image, make_job

LIMITS = PullLimits(idle_timeout=60, timeout=3600, connect_timeout=10, plain_http=("10.0.0.1:5000",))
PULL = {"idleTimeout": 60, "timeout": 3600, "connectTimeout": 10, "plainHttp": ["10.0.0.1:5000"],
        "privateNetworks": "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"}


def test_an_install_call_carries_all_user_data_in_its_input() -> None:
    image = make_image(entry={"env": {"X": "{{ lookup('pipe', 'id') }}"}})
    job = make_job(parameters={"A": "{{ 1 }}"})
    assert image_call(job, image, ["web1", "web2"], LIMITS, "catalog") == PlaybookCall(
        playbook="playbooks/install.yml", hosts=("web1", "web2"), input={
            "operation": "install",
            "software": {"name": job.soft_name, "version": job.version, "image": job.docker_image,
                         "digest": job.digest, "repository": "catalog", "commit": job.commit,
                         "entry": {"env": {"X": "{{ lookup('pipe', 'id') }}"}}},
            "parameters": {"A": "{{ 1 }}"}, "pull": PULL})


def test_an_inspect_call_is_for_one_server() -> None:
    assert inspect_call("web1", LIMITS) == PlaybookCall(
        playbook="playbooks/inspect.yml", hosts=("web1",), input={"operation": "inspect", "pull": PULL})


def test_the_limit_names_exactly_the_servers() -> None:
    assert PlaybookCall(playbook="p", hosts=("web1", "db_2.lan"), input={}).limit == "web1,db_2.lan"


@pytest.mark.parametrize("hosts", [(), ("",), ("all:!web1",), ("web*",), ("~web",), ("@file",), ("a,b",), ("a b",),
                                   ("-x",), ("web1\n",), ("&x",), ("w[1:3]",)])
def test_a_limit_that_could_mean_other_servers_is_refused(hosts: tuple[str, ...]) -> None:
    with pytest.raises(BadRequest):
        _ = PlaybookCall(playbook="p", hosts=hosts, input={}).limit


def test_the_command_by_hand_is_the_documented_one() -> None:
    assert command_by_hand(HandOrder(operation="install", hosts=("web1",), name="demo", version="1.0")) == (
        "ansible-playbook playbooks/install.yml --limit web1 -e softops_name=demo -e softops_version=1.0")


def test_the_command_by_hand_quotes_what_a_shell_would_read() -> None:
    assert command_by_hand(HandOrder(operation="pull", hosts=("web1",), name="demo", version="1 0;id")) == (
        "ansible-playbook playbooks/pull.yml --limit web1 -e softops_name=demo "
        "-e '{\"softops_version\": \"1 0;id\"}'")


def test_the_command_by_hand_names_inventory_catalog_parameters_and_registries() -> None:
    assert shlex.split(command_by_hand(HandOrder(
        operation="start", hosts=("web1", "web2"), name="demo", version="1.0", parameters={"GREETING": "it's $5"},
        inventory="/srv/inventory", catalog="/srv/my catalog", catalog_path="catalog", commit="4f2c",
        plain_http=("10.0.0.1:5000",)))) == [
            "ansible-playbook", "playbooks/start.yml", "-i", "/srv/inventory", "--limit", "web1,web2",
            "-e", "softops_name=demo", "-e", "softops_version=1.0",
            "-e", '{"softops_catalog": "/srv/my catalog/catalog"}',
            "-e", '{"softops_parameters": {"GREETING": "it\'s $5"}}',
            "-e", '{"softops_insecure_registries": ["10.0.0.1:5000"]}']


def test_the_command_by_hand_clones_a_catalog_that_is_elsewhere() -> None:
    assert command_by_hand(HandOrder(
        operation="install", hosts=("web1",), name="demo", version="1.0", commit="4f2c",
        catalog="https://git.example.com/catalog.git", catalog_path="catalog")) == (
            "git clone --quiet https://git.example.com/catalog.git softops-catalog && "
            "git -C softops-catalog checkout --quiet 4f2c && "
            "ansible-playbook playbooks/install.yml --limit web1 -e softops_name=demo -e softops_version=1.0 "
            "-e softops_catalog=softops-catalog/catalog")


def test_the_command_by_hand_grants_and_removes_what_the_job_does() -> None:
    assert command_by_hand(HandOrder(
        operation="start", hosts=("web1",), name="demo", version="1.0", accepted=("privileged",))).endswith(
            """ -e softops_version=1.0 -e '{"softops_accept_permissions": ["privileged"]}'""")
    assert command_by_hand(HandOrder(operation="remove", hosts=("web1",), name="demo", remove_volumes=True)).endswith(
        """ -e softops_name=demo -e '{"softops_remove_volumes": true}'""")


def test_applying_by_hand_needs_the_catalog_and_no_software() -> None:
    assert command_by_hand(HandOrder(operation="apply", hosts=("web1",), name="", catalog="/srv/catalog")) == (
        "ansible-playbook playbooks/site.yml --limit web1 -e softops_catalog=/srv/catalog")


def test_stopping_by_hand_needs_no_catalog() -> None:
    assert command_by_hand(HandOrder(operation="stop", hosts=("web1",), name="demo", catalog="/srv/catalog")) == (
        "ansible-playbook playbooks/stop.yml --limit web1 -e softops_name=demo")
