"""What callers send goes into the audit without secrets."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr

from softops.auditmasks import masked, masker


class Body(BaseModel):
    name: str
    login: SecretStr
    parameters: dict[str, object] = {}
    left: str = "default"


BODY = Body(name="web", login=SecretStr("geheim"), parameters={"A": "hunter2", "B": 123456, "C": ["in a list"]})


def test_only_what_was_sent_is_shown_and_secrets_are_not() -> None:
    assert masked(BODY) == {"name": "web", "login": "***", "parameters": {"A": "***", "B": "***", "C": "***"}}


def test_names_tell_what_is_secret_wherever_it_stands() -> None:
    sent = {"a": [{"newPassword": "x", "api_token": "y", "privateKey": "z", "webhookSecret": None, "key": "k"}],
            "withKey": True, "monkey": "m", "url": "https://u:p@h/x", "env": {"HOME": "/"}}

    assert masked(sent) == {
        "a": [{"newPassword": "***", "api_token": "***", "privateKey": "***", "webhookSecret": None, "key": "***"}],
        "withKey": True, "monkey": "m", "url": "https://***@h/x", "env": {"HOME": "***"}}


def test_sentences_about_what_was_sent_do_not_repeat_its_secrets() -> None:
    told = "web: geheim, hunter2, 123456 and in a list are not wanted"

    assert masker(BODY).text(told) == "web: ***, ***, *** and *** are not wanted"
    assert masker({"url": "https://u:pass@h/x"}).text("no u:pass@h") == "no ***@h"
