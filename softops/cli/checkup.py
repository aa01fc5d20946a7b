"""`softops doctor`: the findings as a list a person can work through."""

from __future__ import annotations

from dataclasses import asdict

import typer
from rich.text import Text

from softops.cli.amounts import plain
from softops.cli.labels import Words
from softops.cli.output import FAILED, Output
from softops.cli.session import settings
from softops.doctor import Finding, Level, examine
from softops.language import person_language

STYLES = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "bold red"}


def doctor(*, as_json: bool) -> None:
    """Print every finding; exit code 1 when one is a problem."""
    output = Output(Words(person_language()), as_json=as_json)
    with output.reporting():
        findings = []
        for finding in examine(settings(output), output.words.lang):
            findings.append(finding)
            if not as_json:
                _print(output, finding)
        problems = sum(finding.level is Level.PROBLEM for finding in findings)
        if as_json:
            output.document([asdict(finding) | {"check": _key(finding)} for finding in findings])
        else:
            output.line("DOCTOR_PROBLEMS" if problems else "DOCTOR_OK", count=problems)
        if problems:
            raise typer.Exit(FAILED)


def _key(finding: Finding) -> str:
    return finding.check.removeprefix("DOCTOR_").lower()


def _print(output: Output, finding: Finding) -> None:
    level = Text(f"{output.words(finding.level.value):8}", style=STYLES[finding.level])
    line = Text.assemble(level, " ", (f"{output.words(finding.check)}: ", "bold"), plain(finding.detail))
    output.console.print(line, soft_wrap=True)
    if finding.remedy:
        output.console.print(Text(f"{'':9}-> {finding.remedy}"), soft_wrap=True)
