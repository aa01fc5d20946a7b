"""What a person names on the command line, turned into what the API wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from softops.choices import choices
from softops.client import Client
from softops.errors import BadRequest, NotFound
from softops.versions import version_key

Row = Mapping[str, Any]
LARGEST_VALUE = 1024 * 1024
"""Bytes; the server takes no larger body."""


def split_software(text: str) -> tuple[str, str | None]:
    """Name and version of `NAME` or `NAME:VERSION`."""
    name, colon, version = text.partition(":")
    if not name or (colon and not version):
        raise BadRequest("SOFTWARE_FORM", text=text)
    return name, version or None


def split_params(texts: Iterable[str]) -> Mapping[str, str]:
    """Parameters of `NAME=VALUE` and `NAME=@FILE` texts; the values are texts, the server knows their types."""
    params = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise BadRequest("PARAM_FORM", text=text)
        params[name] = _value(name, value)
    return params


def _value(name: str, text: str) -> str:
    """What is in the file for `@FILE`, or comes in by `@-`, without the end of its last line; `@@...` is the text
    `@...`."""
    if not text.startswith("@") or text.startswith("@@"):
        return text.removeprefix("@")
    path = Path("/dev/stdin" if text == "@-" else text[1:]).expanduser()
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_VALUE + 1)
        if len(content) > LARGEST_VALUE:
            raise BadRequest("PARAM_FILE", name=name, path=path, problem=f"> {LARGEST_VALUE} B")
        return content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as exc:
        raise BadRequest("PARAM_FILE", name=name, path=path, problem=exc.strerror) from exc
    except UnicodeDecodeError as exc:
        raise BadRequest("PARAM_FILE", name=name, path=path, problem=exc.reason) from exc


def find_repository(client: Client, text: str) -> Mapping[str, Any]:
    """The repository of that name or id."""
    rows = list(client.rows("/repository/page"))
    for row in rows:
        if text in {row["name"], str(row["id"])}:
            return row
    raise NotFound("REPOSITORY_NOT_FOUND", repository=text, choices=choices(text, (row["name"] for row in rows)))


def find_servers(client: Client, texts: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """The servers of these names or ids; all that the inventory has when none is given. A name goes before an id:
    people know names, and an inventory may have numbers for names."""
    rows = list(client.rows("/server/page"))
    if not texts:
        return [row for row in rows if row["present"]]
    known = {str(row["id"]): row for row in rows} | {row["name"]: row for row in rows}
    for text in texts:
        if text not in known:
            raise NotFound("SERVER_NOT_FOUND", server=text, choices=choices(text, (row["name"] for row in rows)))
    return [known[text] for text in texts]


def find_software(client: Client, text: str) -> Row:
    """The row of `NAME:VERSION`, or of the highest available version of `NAME`."""
    rows = versions_of(client, text)
    if split_software(text)[1] is None:
        rows = [row for row in rows if row["systemSoftImageStatus"] == "AVAILABLE"] or rows
    return max(rows, key=lambda row: version_key(row["systemSoftImageVersion"]))


def versions_of(client: Client, text: str) -> Sequence[Row]:
    """The rows of all versions of `NAME`, or of the one that `NAME:VERSION` names; never empty."""
    name, version = split_software(text)
    rows = [row for row in client.rows("/page", name=name) if row["systemSoftImageName"] == name]
    if not rows:
        known = choices(name, (row["systemSoftImageName"] for row in client.rows("/page")))
        raise NotFound("SOFTWARE_NAME_NOT_FOUND", name=name, choices=known)
    fit = [row for row in rows if version in {None, row["systemSoftImageVersion"]}]
    if not fit:
        known = choices(version, (row["systemSoftImageVersion"] for row in rows))
        raise NotFound("SOFTWARE_VERSION_NOT_FOUND", name=name, version=version, choices=known)
    return fit
