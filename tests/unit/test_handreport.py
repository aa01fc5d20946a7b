"""handreport.py: what a run by hand says goes to softops in requests that it takes."""

from __future__ import annotations

import json

import pytest

from softops.handreport import CHUNK, CHUNK_BYTES, fitting
from softops.web.envelope import MAX_BODY


@pytest.mark.parametrize(("lines", "count"), [
    ([], 0), (["{}"] * 3, 3), (["{}"] * (CHUNK + 1), CHUNK), (['"' * 200_000] * 3, 1), (["网" * 200_000] * 3, 1)])
def test_as_many_lines_as_fit_into_a_request(lines: list[str], count: int) -> None:
    assert fitting(lines) == count
    assert len(json.dumps({"lines": lines[:count]}, ensure_ascii=False).encode()) < MAX_BODY
    assert CHUNK_BYTES < MAX_BODY
