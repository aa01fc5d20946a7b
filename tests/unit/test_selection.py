"""selection.py: names on the command line."""

from collections.abc import Iterator, Mapping
from pathlib import Path
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


def test_a_parameter_may_be_read_from_a_file_so_that_nobody_sees_it_among_the_processes(tmp_path: Path) -> None:
    (tmp_path / "pw").write_bytes("geheim ü\n\r\n".encode())
    assert split_params([f"PW=@{tmp_path / 'pw'}", "AT=@@home", "MAIL=a@b"]) == {
        "PW": "geheim ü\n", "AT": "@home", "MAIL": "a@b"}


@pytest.mark.parametrize(("content", "problem"), [(None, "No such file"), (b"\xff", "UTF-8"),
                                                  (b"x" * 1_048_577, "1048576")])
def test_a_file_that_is_no_value_is_named(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "pw").write_bytes(content)
    with pytest.raises(BadRequest, match=f"value of PW .*pw: .*{problem}"):
        split_params([f"PW=@{tmp_path / 'pw'}"])


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
