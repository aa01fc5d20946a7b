"""`softops serve` with SOFTOPS_LOG_FORMAT=json: every line is one object, and says what it is about."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from softops.config import PROJECT
from tests.homes import make_home
from tests.waiting import wait_until

IDS = ("job", "record", "server", "request", "user")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A running server, killed if the test did not end it."""
    settings = make_home(tmp_path)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SOFTOPS_")}
    own = {"PYTHONPATH": str(PROJECT), "LC_ALL": "C.UTF-8", "SOFTOPS_HOME": str(settings.home), "SOFTOPS_PORT": "0",
           "SOFTOPS_AUTH": "none", "SOFTOPS_CATALOG": settings.catalog, "SOFTOPS_CATALOG_REF": "main",
           "SOFTOPS_LOG_FORMAT": "json", "SOFTOPS_LOG_LEVEL": "DEBUG"}
    with subprocess.Popen([sys.executable, "-m", "softops", "serve"], env={**kept, **own}, stderr=subprocess.PIPE,
                          text=True, cwd="/") as running:
        yield running
        running.kill()


def line_with(process: subprocess.Popen[str], pattern: str) -> re.Match[str]:
    assert process.stderr is not None
    for line in process.stderr:
        if match := re.search(pattern, line):
            return match
    raise AssertionError("it ended before it said so")


def install(url: str) -> Any:
    """A job that has ended."""
    with httpx.Client(base_url=f"{url}/api/system/soft", trust_env=False, timeout=60) as client:
        assert client.post("/repository/1/sync").json()["code"] == 200
        body = {"name": "demo", "version": "1.0", "servers": ["web1"], "user": "li"}
        made = client.post("/install", json=body, headers={"X-Request-Id": "mine-1"}).json()["data"]
        wait_until(lambda: client.get(f"/job/{made['id']}").json()["data"]["endTime"] is not None, timeout=60)
        return client.get(f"/job/{made['id']}").json()["data"]


def test_every_line_is_an_object_that_says_what_it_is_about(process: subprocess.Popen[str]) -> None:
    job = install(line_with(process, r"listens on (http://[0-9.:]+)")[1])
    process.terminate()
    _, log = process.communicate(timeout=60)
    lines = [json.loads(line) for line in log.splitlines()]
    assert {tuple(line)[:4] for line in lines} == {("time", "level", "logger", "message")}
    ids = {tuple(line[name] for name in IDS if name in line) for line in lines}
    assert (job["id"], job["records"][0]["systemSoftRecordId"], "web1") in ids
    assert ("mine-1", "api") in ids
    [asked] = [line for line in lines if line.get("request") == "mine-1" and line.get("action") == "request"]
    assert re.fullmatch(r"POST /api/system/soft/install: 202 in \d+ ms", asked["message"])
