"""requestkeys: which keys there are, and which requests are the same."""

import pytest

from softops.errors import BadRequest
from softops.requestkeys import digest_of, read_key

REQUEST = ("POST", "/api/system/soft/install", b"a=1", b'{"softId": 1}')


@pytest.mark.parametrize(("given", "key"), [([], None), (["8e03978e-40d5"], "8e03978e-40d5"), (["x" * 255], "x" * 255)])
def test_a_key_is_taken_as_it_is(given: list[str], key: str | None) -> None:
    assert read_key(given) == key


@pytest.mark.parametrize("given", [[""], ["x" * 256], ["a b"], ["a\tb"], ["ключ"], ["a", "a"], ["a\x00"], ["a\n"]])
def test_what_can_not_be_a_key_is_refused_with_the_remedy(given: list[str]) -> None:
    with pytest.raises(BadRequest, match=r"Idempotency-Key .*once.* 255 .*UUID"):
        read_key(given)


def test_the_same_request_has_the_same_digest() -> None:
    assert digest_of(*REQUEST) == digest_of(*REQUEST)
    assert len(digest_of(*REQUEST)) == 64


@pytest.mark.parametrize("other", [
    ("DELETE", *REQUEST[1:]), (REQUEST[0], "/api/system/soft/pull/1", *REQUEST[2:]), (*REQUEST[:2], b"a=2", REQUEST[3]),
    (*REQUEST[:3], b'{"softId": 2}'), (*REQUEST[:2], b"a=1{", b'"softId": 1}'), (*REQUEST[:2], b"", b"")])
def test_another_request_has_another_digest(other: tuple[str, str, bytes, bytes]) -> None:
    assert digest_of(*other) != digest_of(*REQUEST)


def test_a_path_that_is_no_text_has_a_digest() -> None:
    assert digest_of("POST", "/\udcff", b"", b"") != digest_of("POST", "/", b"", b"")
