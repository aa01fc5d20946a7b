"""selection.py: names on the command line."""

import pytest

from softops.cli.selection import server_key, split_params, split_software
from softops.errors import BadRequest


@pytest.mark.parametrize(("text", "parts"), [("nginx", ("nginx", None)), ("nginx:1.21.0", ("nginx", "1.21.0")),
                                             ("a:b:c", ("a", "b:c"))])
def test_a_software_is_a_name_with_or_without_a_version(text: str, parts: tuple[str, str | None]) -> None:
    assert split_software(text) == parts


@pytest.mark.parametrize("text", ["", ":", ":1.0", "nginx:"])
def test_half_a_software_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="NAME or NAME:VERSION"):
        split_software(text)


def test_parameters_are_texts_and_may_hold_anything() -> None:
    assert split_params(["PORT=8080", "URL=http://x/?a=b", "EMPTY=", "T={{ 1 }}"]) == {
        "PORT": "8080", "URL": "http://x/?a=b", "EMPTY": "", "T": "{{ 1 }}"}


@pytest.mark.parametrize("text", ["PORT", "=8080", ""])
def test_half_a_parameter_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="NAME=VALUE"):
        split_params([text])


def test_a_number_is_an_id_and_anything_else_a_name() -> None:
    assert [server_key("3"), server_key("web1")] == [3, "web1"]
