"""cli/app.py: what is wrong with the arguments is told to people and to programs."""

import json
from collections.abc import Sequence

import pytest
import typer
from typer.testing import CliRunner

from softops.cli.app import app


@pytest.mark.parametrize("words", [["install"], ["cancel"], ["nope"], ["records", "--limit", "0"], ["retry", "x"]])
def test_wrong_usage_is_a_document_for_a_program_and_a_sentence_for_a_person(words: Sequence[str]) -> None:
    person, program = (CliRunner().invoke(app, [*words, *more]) for more in ((), ("--json",)))
    assert (person.exit_code, person.stdout, bool(person.stderr)) == (2, "", True)
    document = json.loads(program.stdout)
    assert (program.exit_code, document["code"], bool(document["message"])) == (2, 400, True)


@pytest.mark.parametrize(("words", "en", "zh"), [
    (["install"], "NAME[:VERSION] is missing.", "缺少 NAME[:VERSION]。"),
    (["instal"], "There is no command instal. There is: install, ", "没有命令 instal。可用：install, "),
    (["list", "--nmae", "x"], "There is no option --nmae here. There is: --name, ",
     "此处没有选项 --nmae。可用：--name, "),
    (["list", "--name"], "--name needs a value.", "--name 需要一个值。"),
    (["list", "--all=3"], "--all takes no value.", "--all 不接受值。"),
    (["watch", "1", "2"], "2 is too much here.", "多余的参数：2。"),
    (["watch", "x"], "JOB can't be used: it has to be a whole number.", "JOB 无效：须为整数。"),
    (["records", "--limit", "0"], "--limit / -n can't be used: it has to be at least 1.",
     "--limit / -n 无效：不能小于 1。"),
    (["start", "shop", "--on-failure", "panic"], "--on-failure can't be used: it has to be one of stop, rollback.",
     "--on-failure 无效：须为以下之一：stop, rollback。")])
def test_wrong_usage_is_told_in_the_language_of_the_terminal(
        words: Sequence[str], en: str, zh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for lang, start in (("en", en), ("zh", zh)):
        monkeypatch.setenv("SOFTOPS_LANGUAGE", lang)
        assert CliRunner().invoke(app, words).stderr.startswith(start)


def test_help_has_no_words_of_another_language_and_none_of_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for lang, first, last in (("en", "Usage: ", "Show this and end."), ("zh", "用法：", "显示此帮助。")):
        monkeypatch.setenv("SOFTOPS_LANGUAGE", lang)
        lines = CliRunner().invoke(app, ["records", "--help"]).stdout.splitlines()
        assert lines[0].startswith(first)
        assert lines[-1].endswith(last)
        assert not any(word in line for line in lines for word in ("<", "bool", "TEXT", "INTEGER"))
        assert max(len(line) for line in lines) <= 80
        assert any(line.startswith("  -n, --limit LIMIT ") and "50" in line for line in lines)


def test_every_command_explains_itself_and_its_options() -> None:
    root = typer.main.get_command(app)
    with root.make_context("softops", [], resilient_parsing=True) as context:
        commands = [root.get_command(context, name) for name in root.list_commands(context)]  # type: ignore[attr-defined]
    assert all(command.help for command in commands)
    assert [(command.name, param.name) for command in commands for param in command.params
            if not getattr(param, "help", None)] == []
