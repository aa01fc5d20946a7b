"""sharedmodels.py: one judgement for many processes."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from softops.composer import rendered_model
from softops.errors import BadRequest
from softops.sharedmodels import SharedModels

COMPOSE = "name: web\nservices: {web: {image: nginx, environment: {A: '${A}'}}}\n"


def judge(directory: Path, env: str, compose: str = COMPOSE) -> object:
    return SharedModels(directory)(compose, env, "web", ())[0]


def test_many_processes_get_what_compose_says(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.starmap(judge, [(tmp_path, 'A="1"\n'), (tmp_path, 'A="2"\n')] * 4)
    assert found == [rendered_model(COMPOSE, f'A="{value}"\n', software="web")[0] for value in (1, 2)] * 4
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_a_refusal_is_not_kept(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(BadRequest):
            judge(tmp_path, "", "services: {web: {nonsense: 1}}\n")
    assert list(tmp_path.glob("*.json")) == []
