"""syncreport.py: what is kept of a sync, and what it says the next time."""

from __future__ import annotations

import json
from dataclasses import replace

from softops import __version__
from softops.errors import GitError
from softops.plan import plan_sync
from softops.problems import Problem
from softops.statuses import RepositoryStatus
from softops.syncreport import KEPT_PROBLEMS, Refusal, SyncReport
from tests.factories import COMMIT, a_catalog, an_item

TAB = Problem(path="redis/software.yml", line=3, column=1, reason="YAML_TAB")
NOTE = Problem(path="x\x1b[31m", reason="GIT_SUBMODULE", warning=True)


def a_report(*problems: Problem) -> SyncReport:
    plan = plan_sync(a_catalog(an_item("nginx"), an_item("mysql")), {})
    report = SyncReport(repository="catalog").counting(plan, COMMIT, problems)
    return replace(report, status=report.settled, seconds=1.5)


def test_counts_and_refusals_come_from_the_plan_and_the_problems() -> None:
    report = a_report(NOTE, TAB)
    assert report == SyncReport(
        repository="catalog", status=RepositoryStatus.PARTIAL, commit=COMMIT, added=2, seconds=1.5, problem_count=2,
        softops=__version__, problems=(
            Refusal(file="redis/software.yml", line=3, column=1, warning=False,
                    en="There is a tab. Use spaces; inside a quoted text write \\t.",
                    zh="此处有制表符。请使用空格；在引号内的文本中请写 \\t。"),
            report.problems[1]))
    assert (report.problems[1].file, report.problems[1].warning, report.in_use) == (r"x\x1b[31m", True, 2)


def test_warnings_alone_are_not_a_partial_sync() -> None:
    assert (a_report(NOTE).status, a_report(TAB).status) == (RepositoryStatus.OK, RepositoryStatus.PARTIAL)


def test_it_survives_storage() -> None:
    report = a_report(TAB, NOTE).failed(GitError("GIT_EMPTY", url="u"))
    stored = json.loads(json.dumps(report.as_json()))
    assert SyncReport.from_json("catalog", stored) == report
    assert set(stored) == {
        "repository", "status", "commit", "added", "changed", "retired", "unchanged", "kept", "before", "waiting",
        "problems", "problemCount", "error", "seconds", "softops", "retiredInstalled", "moved"}
    assert stored["problems"][0] | {"en": "", "zh": ""} == {
        "file": "redis/software.yml", "line": 3, "column": 1, "warning": False, "en": "", "zh": ""}


def test_what_an_older_or_newer_softops_stored_is_read() -> None:
    assert SyncReport.from_json("catalog", {}) == SyncReport(repository="catalog")
    assert SyncReport.from_json("catalog", {"commit": "c", "later": 1}).commit == "c"


def test_the_same_commit_again_brings_nothing_new() -> None:
    first = replace(a_report(TAB), kept=1)
    assert first.again() == replace(first, added=0, unchanged=2, before=3, kept=1)
    assert first.again().again() == first.again()


def test_a_repository_that_comes_back_is_what_it_was() -> None:
    gone = a_report().failed(GitError("GIT_EMPTY", url="u"))
    assert (gone.status, set(gone.error or {})) == (RepositoryStatus.FAILED, {"en", "zh"})
    assert (gone.again().status, gone.again().error) == (RepositoryStatus.OK, None)
    waiting = replace(a_report(), waiting=True, before=9, retired=7)
    assert waiting.failed(GitError("GIT_EMPTY", url="u")).again() == replace(waiting, status=RepositoryStatus.WAITING)
    assert waiting.in_use == 9


def test_endless_problems_are_cut_errors_first() -> None:
    report = a_report(*[NOTE] * KEPT_PROBLEMS, TAB)
    assert (len(report.problems), report.problem_count, report.problems[0].warning) == (
        KEPT_PROBLEMS, KEPT_PROBLEMS + 1, False)
