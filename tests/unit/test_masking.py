"""What is told of a server holds no secret and can steer no terminal."""

from __future__ import annotations

import itertools
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote, quote_plus

import pytest

from softops.masking import MAX_LOG, Masker, spellings


@pytest.mark.parametrize(("secrets", "text", "shown"), [
    (["geheim"], "a geheim b geheim", "a *** b ***"),
    (["geheim", "geheimer"], "geheimer", "***"),
    (['ge"heim'], '{"p": "ge\\"heim"}', '{"p": "***"}'),
    (["first line\nsecond line"], "second line only", "*** only"),
    (["first line\nsecond line"], "x first line\nsecond line y", "x *** y"),
    (["mü"], "m\\u00fc mü", "*** ***"),
    (["a.c"], "abc a.c", "abc ***"),
    (["", "x"], "xyz", "***yz"),
    ([], "plain", "plain"),
])
def test_secrets_are_hidden_in_every_form(secrets: list[str], text: str, shown: str) -> None:
    assert Masker(secrets).text(text) == shown


@pytest.mark.parametrize("secret", ["pl@nted+S3cret/ü&=%", "0123456789", "eight-8!"])
def test_every_spelling_of_a_secret_is_hidden(secret: str) -> None:
    for before, after in itertools.product(("", "u:", "xyz:", "äb"), ("", "!", "end")):
        whole = f"{before}{secret}{after}"
        for text in (b64encode(whole.encode()).decode(), urlsafe_b64encode(whole.encode()).decode(), quote(whole),
                     quote_plus(whole), quote(whole, safe="").lower() if secret.islower() else quote(whole, safe=""),
                     json.dumps(whole)):
            assert "***" in Masker([secret]).text(text), text
            assert any(spelling in text for spelling in spellings(secret)), text


def test_params_are_masked_and_numbers_stay() -> None:
    assert Masker(["s3"]).params({"words": "is s3", "port": 80, "none": None}) == {
        "words": "is ***", "port": 80, "none": None}


def test_a_log_is_its_last_fifty_lines_without_control_characters() -> None:
    said = "".join(f"line {number}\r\n" for number in range(60))
    said += "\x1b[31mred\x1b[0m\x1b]0;title\x07 \x00\x9b end\u202e\n"
    lines = Masker([]).log(said).split("\n")
    assert (len(lines), lines[0], lines[-1]) == (50, "line 11", "red  end")


def test_a_log_has_an_end_however_long_its_lines_are() -> None:
    kept = Masker([]).log("ü" * 100_000)
    assert MAX_LOG - 2 <= len(kept.encode()) <= MAX_LOG
    assert set(kept) == {"ü"}


def test_a_secret_that_the_limit_cuts_is_not_shown_in_part() -> None:
    said = "geheimnis" + "x" * (MAX_LOG - 4)
    assert "nis" not in Masker(["geheimnis"]).log(said)


@pytest.mark.parametrize("said", ["ge\x1b[0mheim", "ge\x00heim", "geh\x1b]0;title\x07eim"])
def test_a_secret_with_control_characters_in_the_middle_is_hidden_too(said: str) -> None:
    assert Masker(["geheim"]).log(said) == "***"
