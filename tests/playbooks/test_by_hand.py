"""The playbooks as a person runs them: name and version from a catalog directory, sentences instead of lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.playbooks.conftest import Played, Stage

Push = Callable[..., dict[str, Any]]


class Hand:
    """Runs install.yml for software of a catalog of its own."""

    def __init__(self, stage: Stage, catalog: Path) -> None:
        self.stage = stage
        self.catalog = catalog

    def add(self, name: str, text: str) -> None:
        (self.catalog / name).mkdir(parents=True)
        (self.catalog / name / "software.yml").write_text(f"apiVersion: softops/v1\nname: {name}\n{text}")

    def install(self, *words: str) -> Played:
        registries = {"softops_insecure_registries": self.stage.limits["plainHttp"]}
        return self.stage.by_hand("install", "web1", "-e", f"softops_catalog={self.catalog}",
                                  "-e", json.dumps(registries), *words)

    def noted(self, name: str, version: str) -> Any:
        path = f"/opt/softops/apps/{name}/installed/{version}.json"
        return json.loads(self.stage.fleet.server("web1").run("cat", path))


@pytest.fixture
def hand(stage: Stage, tmp_path: Path, push: Push) -> Hand:
    """A catalog with `demo-hand` 1.9 and 1.10, and one with a parameter."""
    hand = Hand(stage, tmp_path / "catalog")
    old, new = push("1.9"), push("1.10")
    hand.add("demo-hand", f'versions:\n  "1.10": {{image: "{new["image"]}"}}\n'
                          f'  "1.9": {{image: "{old["image"]}", digest: "{old["pushed"]}"}}\n')
    hand.add("other-hand", f'versions:\n  "1": {{image: "{old["image"]}"}}\nrequires: [demo-hand]\nparams:\n'
                           "  - {name: TZ, type: string, default: UTC}\n  - {name: PASSWORD, type: secret}\n")
    return hand


def test_a_version_is_installed_and_told_in_sentences(hand: Hand) -> None:
    played = hand.install("-e", "softops_name=demo-hand", "-e", "softops_version=1.9")
    assert (played.code, played.changed, played.events) == (0, {"web1": True}, [])
    sentences = [line for line in played.lines if line.startswith("web1: ")]
    assert sentences[0] == "web1: looking at the engine"
    assert any(line.startswith("web1: pulling ") and line.endswith(" to download") for line in sentences)
    assert "web1: noting what is installed" in sentences
    noted = hand.noted("demo-hand", "1.9")
    assert (noted["name"], noted["version"], noted["digest"], noted["commit"]) == (
        "demo-hand", "1.9", played.said("web1")["digest"], None)


def test_without_a_version_the_highest_one_is_installed(hand: Hand) -> None:
    assert hand.install("-e", "softops_name=demo-hand").code == 0
    assert hand.noted("demo-hand", "1.10")["version"] == "1.10"


def test_parameters_are_checked_and_secrets_are_not_noted(hand: Hand) -> None:
    given = {"softops_parameters": {"PASSWORD": "geheim"}}
    assert hand.install("-e", "softops_name=other-hand", "-e", json.dumps(given)).code == 0
    assert hand.noted("other-hand", "1")["parameters"] == {"TZ": "UTC"}
    assert hand.install("-e", "softops_name=other-hand").failure("web1") == ("PARAMETER_MISSING", 400)


def test_values_are_data_and_those_of_a_vault_are_decrypted(hand: Hand, tmp_path: Path) -> None:
    password, given = tmp_path / "password", tmp_path / "given.yml"
    password.write_text("open")
    sealed = VaultLib([("default", VaultSecret(b"open"))]).encrypt("geheim {{ x }}").decode()
    lines = "".join(f"      {line}\n" for line in sealed.splitlines())
    given.write_text(f'softops_parameters:\n  TZ: "My $shop {{{{ x }}}}"\n  PASSWORD: !vault |\n{lines}')
    played = hand.install("-e", "softops_name=other-hand", "-e", f"@{given}", "--vault-password-file", str(password))
    assert (played.code, hand.noted("other-hand", "1")["parameters"]) == (0, {"TZ": "My $shop {{ x }}"})


def test_parameters_that_are_no_mapping_are_refused(hand: Hand) -> None:
    played = hand.install("-e", "softops_name=other-hand", "-e", "softops_parameters=TZ")
    assert played.failure("web1") == ("INPUT_INVALID", 400)


@pytest.mark.parametrize(("words", "reason", "sentence"), [
    (["softops_name=demo-hant"], "CATALOG_NAME_UNKNOWN", "There is: demo-hand"),
    (["softops_name=demo-hand", "softops_version=2"], "SOFTWARE_VERSION_NOT_FOUND", "There is: 1.10, 1.9."),
    (["softops_name=../etc"], "CATALOG_NAME_UNKNOWN", "demo-hand, other-hand"),
    ([], "CATALOG_NAME_MISSING", "there is: demo-hand, other-hand"),
    (["softops_name=x", "softops_catalog=/no/such/folder"], "CATALOG_UNREADABLE", "/no/such/folder"),
    (["softops_name=demo-hand", "softops_connect_timeout=soon"], "INPUT_INVALID", "connectTimeout"),
])
def test_what_can_not_be_installed_says_what_can(hand: Hand, words: list[str], reason: str, sentence: str) -> None:
    played = hand.install(*(word for pair in words for word in ("-e", pair)))
    assert played.failure("web1")[0] == reason
    assert sentence in played.results["web1"]["msg"]


def test_a_broken_entry_is_named_with_its_place(hand: Hand) -> None:
    hand.add("broken-hand", "versions:\n  1.10: {image: x}\n")
    played = hand.install("-e", "softops_name=broken-hand")
    assert played.failure("web1") == ("CATALOG_ENTRY_BROKEN", 400)
    assert "broken-hand/software.yml:4:3" in played.results["web1"]["msg"]
