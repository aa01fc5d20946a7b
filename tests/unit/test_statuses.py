"""statuses.py: every pair of states, as the contract and the transition table have them."""

from __future__ import annotations

from itertools import product

import pytest

from softops.errors import IllegalTransition
from softops.statuses import ACTIVE, TRANSITIONS, RecordStatus, move

ALLOWED = {("PENDING", "RUNNING"), ("PENDING", "FAILED"), ("PENDING", "CANCELLED"),
           ("RUNNING", "SUCCESS"), ("RUNNING", "FAILED"), ("RUNNING", "CANCELLED")}


def test_the_states_are_those_of_the_contract() -> None:
    assert [status.value for status in RecordStatus] == ["PENDING", "RUNNING", "SUCCESS", "FAILED", "CANCELLED"]
    assert TRANSITIONS.keys() == set(RecordStatus)


@pytest.mark.parametrize(("actual", "wanted"), list(product(RecordStatus, repeat=2)))
def test_every_pair_is_decided(actual: RecordStatus, wanted: RecordStatus) -> None:
    if (actual, wanted) in ALLOWED:
        assert move("Record 7", actual, wanted) is wanted
        return
    with pytest.raises(IllegalTransition) as refused:
        move("Record 7", actual, wanted)
    assert refused.value.params == {"what": "Record 7", "actual": actual.value, "wanted": wanted.value}


def test_a_state_is_active_or_final() -> None:
    assert {status for status in RecordStatus if status.final} == set(RecordStatus) - ACTIVE
    assert {"PENDING", "RUNNING"} == ACTIVE
