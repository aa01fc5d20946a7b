"""trials.py and `softops check`: what is wrong in a catalog, before it is committed. Docker Compose is the real one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from softops.config import PROJECT
from softops.errors import NotFound
from softops.trials import try_catalog

HEAD = "apiVersion: softops/v1\nname: {name}\nversions:\n  \"1.0\": {{image: \"demo:1.0\"}}\n"
GOOD = HEAD + ("params:\n  - {{name: SITE, type: string, min: 3, pattern: \"[a-z.]+\"}}\n"
               "  - {{name: NOTE, type: string, required: false}}\n"
               "  - {{name: COLOUR, type: enum, choices: [red, blue]}}\n  - {{name: PORT, type: port}}\n"
               "  - {{name: DATA, type: string, default: /srv/data}}\n"
               "  - {{name: PASSWORD, type: secret}}\n  - {{name: KEY, type: secret, generate: 24}}\n"
               "permissions: [\"host_path:${{DATA}}\"]\n"
               "service:\n  ports: [\"${{PORT}}:80\"]\n  volumes: [\"${{DATA}}:/data\"]\n"
               "  env: {{SITE: \"${{SITE}}\", PASSWORD: \"${{PASSWORD}}\", KEY: \"${{KEY}}\"}}\n")
TEMPLATE = "services:\n  web:\n    image: {{ image }}\n    privileged: true\n"


def written(directory: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return directory


def typed(*words: str) -> tuple[int, str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    done = subprocess.run([sys.executable, "-m", "softops", "check", *words], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=60,
                          env={**kept, "SOFTOPS_LANGUAGE": "en", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(PROJECT)})
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A good software, one that can't be read, and one that would get too much."""
    return written(tmp_path, {
        "good/software.yml": GOOD.format(name="good"), "image/software.yml": HEAD.format(name="image"),
        "broken/software.yml": HEAD.format(name="broken") + "colour: red\n",
        "greedy/software.yml": HEAD.format(name="greedy") + "compose: stack.yml.j2\n",
        "greedy/stack.yml.j2": TEMPLATE, ".git/software.yml": "no"})


def test_a_catalog_in_which_everything_could_start_is_good(tmp_path: Path) -> None:
    trial = try_catalog(written(tmp_path, {"good/software.yml": GOOD.format(name="good"), "README.md": "# Mine\n"}))
    assert (trial.versions, trial.problems, trial.refused, trial.good) == (1, (), (), True)


def test_files_and_versions_that_have_to_be_mended_are_found(bad: Path) -> None:
    trial = try_catalog(bad)
    assert (trial.versions, trial.good) == (3, False)
    assert [(one.path, one.line, one.column) for one in trial.problems] == [("broken/software.yml", 5, 1)]
    assert [(one.file, one.version, one.error.reason) for one in trial.refused] == [
        ("greedy/stack.yml.j2", "1.0", "PERMISSION_UNDECLARED")]


def test_what_is_no_directory_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        try_catalog(tmp_path / "nowhere")


def test_the_command_shows_each_problem_with_its_place(bad: Path) -> None:
    code, out, err = typed(str(bad))
    first, broken, greedy = out.splitlines()
    assert (code, first, err) == (1, "Versions checked: 3. Problems: 2.", "")
    assert broken.startswith("  broken/software.yml:5:1: ")
    assert greedy.startswith("  greedy/stack.yml.j2: 1.0: ")
    document = json.loads(typed(str(bad), "--json")[1])
    assert [(one["file"], one["line"], one["version"]) for one in document["problems"]] == [
        ("broken/software.yml", 5, None), ("greedy/stack.yml.j2", 0, "1.0")]


def test_the_sample_catalog_passes_and_an_empty_directory_does_not(tmp_path: Path) -> None:
    code, out, err = typed(str(PROJECT / "catalog"))
    assert (code, out.endswith(" Problems: 0.\n"), err) == (0, True, "")
    assert typed(str(tmp_path)) == (1, "Versions checked: 0. Problems: 0.\n",
                                    f"No folder of {tmp_path} has a software.yml.\n")
