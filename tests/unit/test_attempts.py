"""attempts.py: a sliding window for names and addresses, which nobody fills for others or empties for themselves."""

import pytest

from softops import attempts
from softops.attempts import PER_ADDRESS, PER_NAME, WINDOW, Attempts
from softops.errors import TooMany


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def wait(tries: Attempts, name: str, address: str) -> int:
    with pytest.raises(TooMany) as refused:
        tries.begin(name, address)
    return refused.value.seconds


def test_a_name_is_tried_so_often_from_wherever_and_then_waits_for_the_oldest_try() -> None:
    time = Time()
    tries = Attempts(time)
    for number in range(PER_NAME):
        tries.begin("zoe", f"a{number}")
        time.now += 1
    assert wait(tries, "zoe", "elsewhere") == WINDOW - PER_NAME
    tries.begin("ann", "elsewhere")
    time.now += WINDOW - PER_NAME
    tries.begin("zoe", "elsewhere")
    assert wait(tries, "zoe", "elsewhere") == 1


def test_an_address_is_no_better_for_many_names() -> None:
    tries = Attempts(Time())
    for number in range(PER_ADDRESS):
        tries.begin(f"n{number}", "here")
    assert wait(tries, "another", "here") == WINDOW
    tries.begin("another", "elsewhere")


def test_a_success_of_ones_own_forgives_no_guesses_at_others() -> None:
    tries = Attempts(Time())
    for number in range(PER_ADDRESS - 1):
        tries.begin(f"n{number}", "here")
    for _ in range(5):
        tries.begin("me", "here")
        tries.succeeded("me", "here")
    tries.begin("victim", "here")
    assert wait(tries, "victim", "here") == WINDOW


def test_whoever_knows_the_password_starts_anew() -> None:
    tries = Attempts(Time())
    for _ in range(3):
        for number in range(PER_NAME):
            tries.begin("zoe", f"a{number}")
        tries.succeeded("zoe", f"a{PER_NAME - 1}")


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST", 50)
    tries = Attempts(Time())
    for number in range(500):
        tries.begin(f"n{number}", f"a{number}")
    assert len(tries._times) == 50


def test_all_addresses_of_a_network_of_ipv6_are_one() -> None:
    tries = Attempts(Time())
    for number in range(PER_ADDRESS):
        tries.begin(f"n{number}", f"2001:db8:0:1::{number:x}")
    assert wait(tries, "zoe", "2001:db8:0:1:ffff::1%eth0") == WINDOW
    tries.begin("zoe", "2001:db8:0:2::1")


def test_an_address_of_ipv4_is_the_same_however_it_is_written_and_not_its_neighbour() -> None:
    tries = Attempts(Time())
    for number in range(PER_ADDRESS):
        tries.begin(f"n{number}", ("192.0.2.1", "::ffff:192.0.2.1")[number % 2])
    assert wait(tries, "zoe", "192.0.2.1") == WINDOW
    tries.begin("zoe", "::ffff:192.0.2.2")


def test_a_success_is_forgotten_for_the_network_too() -> None:
    tries = Attempts(Time())
    for number in range(PER_ADDRESS):
        tries.begin(f"n{number}", "2001:db8::1")
    tries.succeeded("n0", "2001:db8::2")
    tries.begin("zoe", "2001:db8::3")
