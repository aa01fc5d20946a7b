"""web/pace.py: ten times a second and layer, and the newest in the end."""

from softops.web.pace import Pace
from tests.unit.webframes import a_done, a_frame, a_state


def test_what_comes_ten_times_a_second_with_jitter_passes() -> None:
    pace = Pace()
    times = [0.0, 0.14, 0.2, 0.27, 0.4, 0.5]
    assert [pace.admit(a_state(), now) for now in times] == [True] * 6
    assert not pace.holds


def test_what_comes_faster_is_held_and_only_the_newest_goes_out_later() -> None:
    pace = Pace()
    frames = [a_state(current=number) for number in range(100)]
    went = [frame for number, frame in enumerate(frames) if pace.admit(frame, number / 100)]
    assert 9 <= len(went) <= 11
    assert pace.holds
    assert pace.due(0.99) == []
    assert pace.due(2.0) == [frames[-1]]
    assert not pace.holds


def test_layers_do_not_wait_for_each_other() -> None:
    pace = Pace()
    assert [pace.admit(a_state(layer, record=record), 0.0) for layer in "abc" for record in (1, 2)] == [True] * 6


def test_a_milestone_passes_at_once_and_ends_what_waits_for_its_layer() -> None:
    pace = Pace()
    pace.admit(a_state(), 0.0)
    assert not pace.admit(a_state(current=1), 0.01)
    assert pace.admit(a_done(), 0.02)
    assert pace.due(9.0) == []
    assert pace.admit(a_frame("docker_error"), 0.02)


def test_the_end_of_a_record_ends_what_waits_for_it() -> None:
    pace = Pace()
    for record in (1, 2):
        pace.admit(a_state(record=record), 0.0)
        pace.admit(a_state(record=record, current=1), 0.01)
    assert pace.admit(a_frame("docker_complete", record=1), 0.02)
    assert [frame.record for frame in pace.due(9.0)] == [2]


def test_nothing_is_remembered_of_records_that_have_ended() -> None:
    pace = Pace()
    for record in range(100):
        for layer in range(10):
            pace.admit(a_state(str(layer), record=record), 0.0)
            pace.admit(a_state(str(layer), record=record), 0.01)
        pace.admit(a_frame("docker_complete", record=record), 0.02)
    assert (pace._next, pace._held) == ({}, {})
