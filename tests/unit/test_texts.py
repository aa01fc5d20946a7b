"""texts.py: every reason in the code has its sentence, in both languages alike."""

import ast
import re
from pathlib import Path

import pytest

from softops import errors
from softops.texts import TEXTS, nested, render

ROOT = Path(__file__).resolve().parents[2]
REASON = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}


def raised_reasons() -> dict[str, str]:
    found = {}
    for path in [*ROOT.glob("softops/**/*.py"), *ROOT.glob("playbooks/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS
                    and node.args and isinstance(node.args[0], ast.Constant)):
                found[str(node.args[0].value)] = f"{path.name}:{node.lineno}"
    return found


def test_every_raised_reason_has_a_sentence() -> None:
    assert {reason: where for reason, where in raised_reasons().items() if reason not in TEXTS} == {}


@pytest.mark.parametrize("reason", sorted(TEXTS))
def test_both_languages_say_the_same_things(reason: str) -> None:
    text = TEXTS[reason]
    placeholders = [set(re.findall(r"\{([a-z_]+)\}", sentence)) for sentence in text]
    assert placeholders[0] == placeholders[1]
    assert re.search(r"[\u4e00-\u9fff]", text.zh)


def test_values_are_never_formatted_again() -> None:
    assert render("TASK_FAILED", "en", {"task": "{message}", "message": "{0.__class__} {{ 1 }} %s"}) == (
        "The task '{message}' failed: {0.__class__} {{ 1 }} %s")


def test_a_missing_value_or_reason_does_not_hide_the_rest() -> None:
    assert render("TASK_FAILED", "zh", {}) == "任务“{task}”失败：{message}"
    assert render("NEVER_HEARD_OF", "en", {"a": 1}) == "NEVER_HEARD_OF {'a': 1}"


def test_a_sentence_inside_another_is_in_the_same_language() -> None:
    inner = nested("message", "CONTAINER_EXITED", {"service": "web", "exit": 3})
    assert render("ROLLED_BACK", "zh", {"version": "1.0", **inner}) == (
        "操作失败（web 未能保持运行，退出码 3。请查看其最后的输出（如有）。），已回滚：1.0 重新提供服务。")
    assert inner["message"] == render("CONTAINER_EXITED", "en", {"service": "web", "exit": 3})
    assert render("ROLLED_BACK", "zh", {"version": "1.0", "message": "kept", "message_reason": "UNKNOWN"}) == (
        "操作失败（kept），已回滚：1.0 重新提供服务。")
