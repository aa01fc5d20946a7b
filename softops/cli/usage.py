"""What typer says of wrong arguments, as sentences in the language of the terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from softops.choices import choices
from softops.cli.labels import fill
from softops.texts import Lang, Text

SENTENCES: Mapping[str, Text] = {
    "MISSING": Text("{what} is missing.", "缺少 {what}。"),
    "NO_OPTION": Text("There is no option {what} here. There is: {choices}.", "此处没有选项 {what}。可用：{choices}。"),
    "NO_COMMAND": Text("There is no command {what}. There is: {choices}.", "没有命令 {what}。可用：{choices}。"),
    "COMMAND_MISSING": Text("Say which command. There is: {choices}.", "请给出命令。可用：{choices}。"),
    "TOO_MUCH": Text("{what} is too much here.", "多余的参数：{what}。"),
    "NO_VALUE": Text("{what} needs a value.", "{what} 需要一个值。"),
    "NOT_WANTED": Text("{what} takes no value.", "{what} 不接受值。"),
    "WRONG": Text("{what} can't be used: {problem}", "{what} 无效：{problem}"),
    "NUMBER": Text("it has to be a whole number.", "须为整数。"),
    "LEAST": Text("it has to be at least {limit}.", "不能小于 {limit}。"),
    "MOST": Text("it may be at most {limit}.", "不能大于 {limit}。"),
    "ONE_OF": Text("it has to be one of {limit}.", "须为以下之一：{limit}。"),
    "HOW": Text("`{command} -h` shows how it is used.", "用法见 `{command} -h`。"),
}
_PROBLEMS = ((r"valid integer|parse string as an integer|not a valid int", "NUMBER"),
             (r"greater than or equal to (?P<limit>-?\d+)|not in the range x>=(?P<low>-?\d+)", "LEAST"),
             (r"less than or equal to (?P<limit>-?\d+)|not in the range x<=(?P<high>-?\d+)", "MOST"),
             (r"is not one of (?P<limit>'.*')", "ONE_OF"))
_MESSAGES = ((r"unexpected extra arguments? ?\(?s?\)? \((?P<what>.*)\)", "TOO_MUCH"),
             (r"Option '?(?P<what>-[^' ]*)'? requires", "NO_VALUE"),
             (r"Option '?(?P<what>-[^' ]*)'? does not take", "NOT_WANTED"))


def wrong_usage(exc: Any, lang: Lang) -> str:
    """What is wrong, and where it stands how to do it; typer's own words where they are not known here."""
    context = getattr(exc, "ctx", None)
    told = _told(exc, lang)
    return told if context is None else f"{told}\n{_say('HOW', lang, command=context.command_path)}"


def _told(exc: Any, lang: Lang) -> str:
    kind, message = type(exc).__name__, str(getattr(exc, "message", exc))
    if kind == "MissingParameter":
        return _say("MISSING", lang, what=_name_of(exc))
    if kind == "NoSuchOption":
        return _say("NO_OPTION", lang, what=exc.option_name, choices=choices(exc.option_name, _options(exc)))
    if found := re.search(r"No such command '?(?P<what>[^']*)'?\.", message):
        return _say("NO_COMMAND", lang, what=found["what"], choices=choices(found["what"], _commands(exc)))
    if "Missing command" in message:
        return _say("COMMAND_MISSING", lang, choices=choices("", _commands(exc)))
    for pattern, key in _MESSAGES:
        if found := re.search(pattern, message):
            return _say(key, lang, what=found["what"])
    if getattr(exc, "param", None) is not None:
        return _say("WRONG", lang, what=_name_of(exc), problem=_problem(message, lang))
    return message


def _problem(message: str, lang: Lang) -> str:
    for pattern, key in _PROBLEMS:
        if found := re.search(pattern, message):
            limits = [limit for limit in found.groups() if limit is not None]
            return _say(key, lang, limit=limits[0].replace("'", "") if limits else "")
    return message


def _name_of(exc: Any) -> str:
    param = getattr(exc, "param", None)
    if param is None:
        return "-"
    return label(param) if param.param_type_name == "argument" else " / ".join(param.opts)


def label(param: Any) -> str:
    """The word that stands for the value of an argument or option."""
    return str(param.metavar or (param.name or "").upper())


def _options(exc: Any) -> Sequence[str]:
    return [name for param in exc.ctx.command.get_params(exc.ctx) for name in param.opts if name.startswith("--")]


def _commands(exc: Any) -> Sequence[str]:
    names: Sequence[str] = exc.ctx.command.list_commands(exc.ctx)
    return names


def _say(key: str, lang: Lang, **params: object) -> str:
    return fill(SENTENCES[key], lang, params)
