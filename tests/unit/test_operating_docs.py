"""docs/operating-by-hand.md says what the code does."""

from pathlib import Path

import yaml

from softops.server_texts import SERVER_TEXTS

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs/operating-by-hand.md").read_text()
ROLE = ROOT / "playbooks/roles/softops"


def test_every_reason_of_a_failure_on_a_server_is_listed() -> None:
    told = {reason for reason in SERVER_TEXTS
            if reason.startswith(("SSH_", "ENGINE_", "DOCKER_HOST_", "PULL_", "SPACE_", "CONNECTION_", "BECOME_"))}
    assert {reason for reason in told if f"`{reason}`" not in DOCS} == set()


def test_every_variable_of_the_role_is_explained() -> None:
    specs = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]
    options = {name for spec in specs.values() for name in spec["options"]}
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert {name for name in {*options, *defaults} if f"`{name}`" not in DOCS} == set()
    assert set(defaults) == {name for name in options if name.startswith("softops_")}


def test_every_playbook_is_listed_and_its_command_by_hand_is_right() -> None:
    for path in (ROOT / "playbooks").glob("*.yml"):
        assert f"`{path.name}`" in DOCS
        assert f"# By hand: ansible-playbook playbooks/{path.name} --limit " in path.read_text()
