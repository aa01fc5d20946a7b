"""cli/plan.py: the plan as a person sees it."""

from __future__ import annotations

from typing import Any

import pytest

from softops.cli.labels import Words
from softops.cli.output import Output
from softops.cli.plan import print_plan


def a_server(name: str, *problems: tuple[str, str]) -> dict[str, Any]:
    return {"server": name, "steps": [], "unmanaged": [], "seen": True,
            "problems": [{"server": name, "variable": variable, "text": text} for variable, text in problems]}


def test_a_problem_of_several_hosts_is_told_once_with_its_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    wrong, other = ("softops_apps.a.version", "No."), ("softops_apps.b.version", "No.")
    print_plan(Output(Words("en")), {
        "servers": [a_server("web1", wrong, other), a_server("web2", wrong), a_server("web3", wrong)],
        "problems": 4, "changes": 0, "commit": None, "uncommitted": False, "counts": {}, "download": 0})
    assert capsys.readouterr() == (
        "web1, web2, web3: softops_apps.a.version: No.\nweb1: softops_apps.b.version: No.\n", "")
