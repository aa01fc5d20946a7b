"""web/prefer.py: RFC 7240."""

import pytest

from softops.web.prefer import Prefer, read_prefer


@pytest.mark.parametrize(("headers", "prefer", "patience", "applied"), [
    ([], Prefer(), None, ""),
    (["respond-async"], Prefer(respond_async=True), 0.0, "respond-async"),
    (["Respond-Async, wait=10"], Prefer(respond_async=True, wait=10), 10.0, "respond-async, wait=10"),
    (["wait=10", "respond-async"], Prefer(respond_async=True, wait=10), 10.0, "respond-async, wait=10"),
    (['wait = "7"'], Prefer(wait=7), 7.0, "wait=7"),
    (["wait=0"], Prefer(wait=0), 0.0, "wait=0"),
    (["wait=1, wait=2"], Prefer(wait=1), 1.0, "wait=1"),
    (["wait=-1", "wait=x", "wait", "wait=9999999999", "return=minimal; foo=bar"], Prefer(), None, ""),
    (["respond-async; foo"], Prefer(respond_async=True), 0.0, "respond-async")])
def test_wishes_are_read_and_what_can_not_be_understood_is_left(
        headers: list[str], prefer: Prefer, patience: float | None, applied: str) -> None:
    read = read_prefer(headers)
    assert (read, read.patience, read.applied) == (prefer, patience, applied)
