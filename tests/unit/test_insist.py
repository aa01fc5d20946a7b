"""insist.py: what may mend itself is waited for, what can't is told at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from softops import insist as module
from softops.errors import ConstraintViolated, DatabaseError, DatabaseRefused, IllegalTransition, SoftopsError
from softops.insist import LAST_TRIES, insist


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE", 0)


class Failing:
    """Raises the errors one after the other, then gives 7."""

    def __init__(self, *errors: SoftopsError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


def gone() -> DatabaseError:
    return DatabaseError("DATABASE_FAILED", database="x", problem="gone")


def test_a_database_that_comes_back_is_waited_for() -> None:
    action = Failing(*(gone() for _ in range(20)))
    assert insist(action, threading.Event(), "x") == 7
    assert action.calls == 21


@pytest.mark.parametrize("error", [
    lambda: ConstraintViolated("DATABASE_CONSTRAINT", constraint="uq"),
    lambda: DatabaseRefused("DATABASE_FAILED", database="x", problem="Data too long"),
    lambda: IllegalTransition("ILLEGAL_TRANSITION", what="x", actual="FAILED", wanted="SUCCESS"),
])
def test_what_no_repetition_mends_is_raised_at_once(error: Callable[[], SoftopsError]) -> None:
    action = Failing(gone(), error(), gone())
    with pytest.raises(SoftopsError) as caught:
        insist(action, threading.Event(), "x")
    assert (type(caught.value), action.calls) == (type(error()), 2)


def test_who_stops_does_not_wait_for_ever() -> None:
    stopping = threading.Event()
    stopping.set()
    action = Failing(*(gone() for _ in range(20)))
    with pytest.raises(DatabaseError):
        insist(action, stopping, "x")
    assert action.calls == LAST_TRIES
