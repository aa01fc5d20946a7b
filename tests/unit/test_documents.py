"""The documents say what the code does: settings, commands, links."""

import re
from pathlib import Path

import pytest

from softops.cli.app import app
from tests.settings_table import rows, table

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("name", ["docs/configuration.md", "README.md"])
def test_the_table_of_settings_is_the_settings(name: str) -> None:
    assert table() in (ROOT / name).read_text(encoding="utf-8"), f"write `python -m tests.settings_table` into {name}"


def test_the_chinese_readme_has_every_setting_with_its_default() -> None:
    text = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(SOFTOPS_\w+)` \| (?:`(.*?)`|\S+) \|", text, re.MULTILINE)
    assert listed == [(name, default.strip("`") if default.startswith("`") else "") for name, default, _ in rows()]


def test_every_command_is_in_both_readmes() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in ("README.md", "README.zh-CN.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert {command for command in commands if f"softops {command}" not in text} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []
