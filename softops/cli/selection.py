"""What a person names on the command line, turned into what the API wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from softops.client import Client
from softops.errors import BadRequest, NotFound


def split_software(text: str) -> tuple[str, str | None]:
    """Name and version of `NAME` or `NAME:VERSION`."""
    name, colon, version = text.partition(":")
    if not name or (colon and not version):
        raise BadRequest("SOFTWARE_FORM", text=text)
    return name, version or None


def split_params(texts: Iterable[str]) -> Mapping[str, str]:
    """Parameters of `NAME=VALUE` texts; the values are texts, the server knows their types."""
    params = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise BadRequest("PARAM_FORM", text=text)
        params[name] = value
    return params


def server_key(text: str) -> int | str:
    """A server as the API takes it: an id when it is a number, else a name."""
    return int(text) if text.isdecimal() else text


def find_repository(client: Client, text: str) -> Mapping[str, Any]:
    """The repository of that name or id."""
    rows = list(client.rows("/repository/page"))
    for row in rows:
        if text in {row["name"], str(row["id"])}:
            return row
    raise NotFound("REPOSITORY_NOT_FOUND", repository=text, known=_names(rows))


def find_servers(client: Client, texts: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """The servers of these names or ids; all when none is given."""
    rows = list(client.rows("/server/page"))
    if not texts:
        return rows
    known = {row["name"]: row for row in rows} | {str(row["id"]): row for row in rows}
    for text in texts:
        if text not in known:
            raise NotFound("SERVER_NOT_FOUND", server=text, known=_names(rows))
    return [known[text] for text in texts]


def soft_ids(client: Client, text: str) -> Sequence[int]:
    """The ids of all versions of a software, or of the one named."""
    name, version = split_software(text)
    ids = [row["systemSoftImageId"] for row in client.rows("/page", name=name)
           if row["systemSoftImageName"] == name and version in {None, row["systemSoftImageVersion"]}]
    if not ids:
        raise NotFound("SOFTWARE_NOT_FOUND", soft=text)
    return ids


def _names(rows: Iterable[Mapping[str, Any]]) -> str:
    return ", ".join(str(row["name"]) for row in rows) or "-"
