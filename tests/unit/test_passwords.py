"""passwords.py: which passwords are good enough, and that a hash is of today's costs and the same for all keyboards."""

import pytest

from softops import passwords
from softops.errors import BadRequest


@pytest.mark.parametrize(("password", "reason"), [
    ("nine char", "PASSWORD_SHORT"), ("", "PASSWORD_SHORT"), ("é" * 513, "PASSWORD_LONG"),
    ("x" * 1025, "PASSWORD_LONG"),
    ("Zoe-Zoe-Zoe", "PASSWORD_NAME"), ("Password123", "PASSWORD_COMMON"), ("aaaaaaaaaaaa", "PASSWORD_COMMON"),
    ("abababababab", "PASSWORD_COMMON")])
def test_a_password_that_is_not_good_enough_is_refused_with_the_reason(password: str, reason: str) -> None:
    with pytest.raises(BadRequest) as refused:
        passwords.checked(password, "zoe-zoe-zoe")
    assert refused.value.reason == reason


@pytest.mark.parametrize("password", ["ten chars!", "x" * 1020 + "abcd",
                                      "密码也可以用中文来写的", " spaces all around "])
def test_everything_else_is_a_password(password: str) -> None:
    assert passwords.checked(password, "zoe") == password


def test_a_hash_is_of_that_password_however_it_was_typed_and_of_no_other() -> None:
    known = passwords.hash_password("caf\u00e9-caf\u00e9-caf\u00e9")
    assert known.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert known != passwords.hash_password("caf\u00e9-caf\u00e9-caf\u00e9")
    assert passwords.matches(known, "cafe\u0301-cafe\u0301-cafe\u0301")
    assert not passwords.matches(known, "cafe-cafe-cafe")


@pytest.mark.parametrize("known", [None, "", "no hash", "$argon2id$v=19$m=65536,t=3,p=4$x$y"])
def test_without_a_hash_nothing_is_right(known: str | None) -> None:
    assert not passwords.matches(known, "no password is this one")
    assert not passwords.matches(known, "x" * 5000)
    assert not passwords.matches(known, "\ud800")


def test_what_is_compared_where_there_is_no_user_costs_the_same() -> None:
    assert not passwords.is_outdated(passwords.NO_PASSWORD)


def test_a_made_password_is_good_enough_and_never_the_same() -> None:
    made = {passwords.checked(passwords.generated(), "zoe") for _ in range(50)}
    assert len(made) == 50
