"""The commands as typer makes them, with help and complaints in the language of the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import typer
from rich.console import Console
from rich.text import Text as Line
from typer.core import TyperCommand, TyperGroup

from softops.cli.labels import Words, fill
from softops.cli.paper import Paper
from softops.cli.tables import laid_out
from softops.cli.usage import label, wrong_usage
from softops.language import person_language
from softops.texts import Text

WrongUsage: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of all errors in arguments; typer gives it no name of its own."""
HEADS = {"usage": Text("Usage: ", "用法："), "arguments": Text("Arguments:", "参数："),
         "options": Text("Options:", "选项："), "commands": Text("Commands:", "命令："),
         "words": Text("[OPTIONS]", "[选项]"),
         "command": Text("COMMAND ...", "命令 ..."), "default": Text("(default: {value})", "（默认：{value}）")}
OWN_HELP = {"help": Text("Show this and end.", "显示此帮助。"),
            "install_completion": Text("Install completion for this shell.", "为当前 shell 安装补全。"),
            "show_completion": Text("Show completion for this shell, to copy or change it.",
                                    "显示当前 shell 的补全脚本。")}
"""Help for the options that typer adds by itself."""


class Command(TyperCommand):
    """A command whose help has no words of typer."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write("\n".join(_help_lines(self, ctx)) + "\n")


class Commands(TyperGroup):
    """A group of commands. What is wrong with the arguments becomes a sentence, for a program in JSON."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write("\n".join(_help_lines(self, ctx)) + "\n")

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, complete_var: str | None = None,
             standalone_mode: bool = True, windows_expand_args: bool = True, **extra: Any) -> Any:
        """Run what `args` say and end the process with its exit code."""
        words = sys.argv[1:] if args is None else list(args)
        run = partial(super().main, words, prog_name, complete_var, standalone_mode=False,
                      windows_expand_args=windows_expand_args, **extra)
        if not standalone_mode:
            return run()
        try:
            code = run()
        except OSError as exc:
            # Commands see to their own output; this is that of typer.
            sys.stderr.write(f"{Paper(sys.stdout).full(exc)}\n")
            code = 1
        except WrongUsage as exc:
            _complain(exc, as_json="--json" in words)
            # 2 is what a plan ends with that has something to do.
            code = 1 if words[:1] == ["plan"] else 2
        except typer.Abort:
            code = 130
        sys.exit(code if isinstance(code, int) else 0)


class App(typer.Typer):
    """An application whose commands are `Command`s."""

    def command(self, name: str | None = None, *, cls: type[TyperCommand] | None = None,
                **settings: Any) -> Callable[[Any], Any]:
        """Typer's own, with another class of commands."""
        return super().command(name, cls=cls or Command, **settings)


def _complain(exc: Exception, *, as_json: bool) -> None:
    # Imported only now: most commands are typed rightly.
    from softops.cli.output import Output

    if type(exc).__name__ == "NoArgsIsHelpError":
        sys.stderr.write(f"{exc}\n")
        return
    words = Words(person_language())
    message = wrong_usage(exc, words.lang)
    output = Output(words, as_json=as_json)
    if as_json:
        output.document({"code": 400, "message": message.splitlines()[0]})
    output.error(message)


def _help_lines(command: Any, ctx: Any) -> Iterator[str]:
    lang = person_language()
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    arguments = [param for param in params if param.param_type_name == "argument"]
    pieces = [ctx.command_path, fill(HEADS["words"], lang, {}), *map(_piece, arguments)]
    commands = command.list_commands(ctx) if hasattr(command, "list_commands") else []
    yield fill(HEADS["usage"], lang, {}) + " ".join(
        [*pieces, fill(HEADS["command"], lang, {})] if commands else pieces)
    yield ""
    yield command.help or ""
    yield from _section("arguments", [(label(param), _help_of(param)) for param in arguments])
    yield from _section("options", [(_option(param), _help_of(param)) for param in params if param not in arguments])
    found = [(name, command.get_command(ctx, name)) for name in commands]
    yield from _section("commands", [(name, one.help or "") for name, one in found if not one.hidden])
    if command.epilog:
        yield ""
        yield from (line.plain.rstrip() for line in Line(command.epilog).wrap(Console(), Console().width))


def _section(head: str, rows: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield fill(HEADS[head], person_language(), {})
    table = [[Line(f"  {name}"), Line(text)] for name, text in rows]
    lines = laid_out([Line(""), Line("")], table, width=Console().width, sentence=True)
    yield from (line.plain for line in lines if line.plain)


def _piece(param: Any) -> str:
    return label(param) if param.required or label(param).startswith("[") else f"[{label(param)}]"


def _option(param: Any) -> str:
    names = ", ".join(sorted(param.opts, key=len))
    return names if getattr(param, "is_flag", False) or param.name in OWN_HELP else f"{names} {label(param)}"


def _help_of(param: Any) -> str:
    lang = person_language()
    text = fill(OWN_HELP[param.name], lang, {}) if param.name in OWN_HELP else (param.help or "")
    if getattr(param, "is_flag", False) or not param.show_default or param.default in (None, "", [], False):
        return text
    return f"{text} {fill(HEADS['default'], lang, {'value': param.default})}"
