"""Of what strangers cause, not everything is written down, and it is told how much was not."""

from __future__ import annotations

from softops.web.sparing import ALL, EACH, WINDOW, Sparing


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_one_address_gets_its_share_and_the_rest_is_counted() -> None:
    clock = Clock()
    sparing = Sparing(clock)

    assert [sparing.take("a") for _ in range(EACH + 3)] == [0] * EACH + [None] * 3
    assert sparing.take("b") == 3
    assert sparing.take("b") == 0
    clock.now = WINDOW
    assert sparing.take("a") == 0


def test_many_addresses_together_get_no_more_than_all() -> None:
    sparing = Sparing(Clock())

    taken = [sparing.take(str(number)) for number in range(ALL + 10)]

    assert taken == [0] * ALL + [None] * 10
