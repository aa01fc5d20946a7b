"""`softops check`: what is wrong in a catalog, before it is committed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from softops.cli.amounts import plain
from softops.cli.labels import Words
from softops.cli.output import FAILED, Output
from softops.cli.syncing import print_problem
from softops.language import person_language
from softops.problems import printable
from softops.syncreport import Refusal
from softops.trials import Trial, Unstartable, try_catalog


def check(directory: Path, *, as_json: bool) -> None:
    """Show everything that has to be mended; exit code 1 when there is something, or no software at all."""
    output = Output(Words(person_language()), as_json=as_json)
    with output.reporting():
        trial = try_catalog(directory)
        _show(output, trial)
        if not trial.versions and not trial.problems:
            output.note("NOTHING_CHECKED", directory=plain(str(directory)))
        if not trial.good or not trial.versions:
            raise typer.Exit(FAILED)


def _show(output: Output, trial: Trial) -> None:
    problems = [{**asdict(Refusal.of(problem)), "version": None} for problem in trial.problems]
    problems += [_refusal(refused) for refused in trial.refused]
    if output.as_json:
        output.document({"versions": trial.versions, "good": trial.good, "problems": problems})
        return
    output.line("CATALOG_CHECKED", versions=trial.versions, count=len(problems))
    for problem in problems:
        print_problem(output, problem)


def _refusal(refused: Unstartable) -> dict[str, object]:
    en, zh = (printable(refused.error.text(lang)) for lang in ("en", "zh"))
    return {"file": printable(refused.file), "line": 0, "column": 0, "warning": False, "version": refused.version,
            "en": f"{refused.version}: {en}", "zh": f"{refused.version}：{zh}"}
