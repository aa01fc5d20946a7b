"""labels.py: the command line speaks both languages alike."""

import ast
import re
from pathlib import Path

import pytest

from softops.cli import containerwords, credentialwords, faultwords, runningwords, versionwords
from softops.cli.labels import HELP, WORDS, Words

CLI = Path(__file__).resolve().parents[2] / "softops/cli"


@pytest.mark.parametrize("key", sorted(HELP.keys() | WORDS.keys()))
def test_both_languages_use_the_same_placeholders(key: str) -> None:
    for table in (HELP, WORDS):
        if key in table:
            found = [sorted(re.findall(r"\{([a-z]+)\}", text)) for text in table[key]]
            assert found[0] == found[1]


def test_no_table_of_labels_overwrites_the_words_of_another() -> None:
    tables = {key: table for module in (containerwords, credentialwords, faultwords, runningwords, versionwords)
              for key, table in vars(module).items() if key.endswith(("_WORDS", "_HELP"))}
    for merged, end in ((WORDS, "_WORDS"), (HELP, "_HELP")):
        assert {f"{name}.{key}" for name, table in tables.items() if name.endswith(end)
                for key, text in table.items() if merged[key] != text} == set()


def test_values_are_filled_in_once() -> None:
    assert Words("en")("ENDED", server="{status}", status="{{1}}") == "{status}: {{1}}"
    assert Words("zh")("ENDED", server="web1", status="SUCCESS") == "web1：SUCCESS"


def test_every_label_is_used_and_every_used_one_exists() -> None:
    texts = {node.value for path in [*CLI.glob("*.py"), CLI.parent / "doctor.py"] if path.name != "labels.py"
             for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
             if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert {key for key in WORDS.keys() | HELP.keys() if key not in texts} - {"OK", "NOTE", "PROBLEM"} == set()
