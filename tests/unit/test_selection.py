"""selection.py: names on the command line."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from softops.cli.selection import find_servers, split_params, split_software
from softops.client import Client
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


class Inventory(Client):
    """A client of a server with these servers."""

    def __init__(self) -> None:
        """Nothing is connected."""

    def rows(self, path: str, **query: object) -> Iterator[Mapping[str, Any]]:
        assert (path, query) == ("/server/page", {})
        yield from ({"id": 1, "name": "2", "present": True}, {"id": 2, "name": "web1", "present": True},
                    {"id": 3, "name": "gone", "present": False})


@pytest.mark.parametrize(("texts", "names"), [(["web1"], ["web1"]), (["1"], ["2"]), (["2"], ["2"]), (["3"], ["gone"]),
                                              ([], ["2", "web1"])])
def test_a_server_is_meant_by_its_name_or_else_by_its_id(texts: list[str], names: list[str]) -> None:
    assert [row["name"] for row in find_servers(Inventory(), texts)] == names
