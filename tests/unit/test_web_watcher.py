"""web/watcher.py: every frame once and in order, also around a replay."""

import pytest

from softops.web.frames import Frame
from softops.web.outbox import Cut
from softops.web.watcher import Watcher
from tests.unit.webframes import a_frame, a_state


def waiting(watcher: Watcher) -> list[Frame]:
    return watcher.outbox.empty()


def test_live_frames_come_as_they_are() -> None:
    watcher, frames = Watcher(), [a_frame(seq=1), a_state(at=1.0), a_frame(seq=2)]
    for frame in frames:
        watcher.offer(frame)
    assert waiting(watcher) == frames


def test_a_replay_goes_first_and_what_it_had_does_not_come_again() -> None:
    watcher = Watcher()
    old = [a_frame(seq=number) for number in (1, 2, 3)]
    watcher.hold()
    for number in (2, 3, 4):
        watcher.offer(a_frame(seq=number))
    watcher.recall(old)
    watcher.recalled("job:1", 3)
    watcher.release()
    for number in (3, 4, 5):
        watcher.offer(a_frame(seq=number))
    got = waiting(watcher)
    assert got[:3] == old
    assert [frame.seq for frame in got] == [1, 2, 3, 4, 4, 5]


def test_a_replay_of_one_record_hides_nothing_of_the_others() -> None:
    watcher = Watcher()
    watcher.recalled("record:1", 5)
    for record, seq in ((1, 4), (2, 4), (1, 6)):
        watcher.offer(a_frame(record=record, seq=seq))
    assert [(frame.record, frame.seq) for frame in waiting(watcher)] == [(2, 4), (1, 6)]


def test_a_replay_of_one_job_hides_nothing_of_the_others() -> None:
    watcher = Watcher()
    watcher.recalled("job:1", 5)
    for job in (1, 2):
        watcher.offer(a_frame(job=job, record=job, seq=5))
    assert [frame.job for frame in waiting(watcher)] == [2]


def test_a_state_from_before_the_replay_comes_no_more() -> None:
    watcher = Watcher()
    watcher.recalled("job:1", 5)
    watcher.offer(a_state("old", seq=4))
    watcher.offer(a_state("new", seq=5))
    assert [frame.layer for frame in waiting(watcher)] == [(1, "new")]


def test_a_layer_never_goes_back_behind_what_was_shown() -> None:
    watcher = Watcher()
    watcher.hold()
    watcher.offer(a_state(at=1.0))
    shown = a_state(at=2.0)
    watcher.show([shown])
    watcher.release()
    watcher.offer(a_state(at=2.0))
    later = a_state(at=3.0)
    watcher.offer(later)
    assert waiting(watcher) == [later]
    watcher.show([shown])
    assert waiting(watcher) == [shown]
    watcher.offer(later)
    watcher.offer(a_state(at=2.5))
    assert [frame.at for frame in waiting(watcher)] == [2.5]


def test_too_much_during_a_replay_cuts_the_client_off() -> None:
    cuts: list[int] = []
    watcher = Watcher(limit=3, on_cut=lambda: cuts.append(1))
    watcher.hold()
    for number in range(9):
        watcher.offer(a_frame(seq=number + 1))
    assert cuts == [1]
    with pytest.raises(Cut):
        watcher.release()
