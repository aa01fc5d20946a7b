"""`softops refresh`: what the registries say of a software."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import typer

from softops.cli.lists import software_table
from softops.cli.output import FAILED
from softops.cli.selection import versions_of
from softops.cli.session import session
from softops.client import Client
from softops.errors import Refused

AT_ONCE = 8
"""Registries asked at the same time."""

Row = Mapping[str, Any]


def refresh(texts: Sequence[str], *, as_json: bool) -> None:
    """Ask for every version that is meant; exit code 0 only when each of them is to be had."""
    with session(as_json=as_json) as (client, output):
        rows = [row for text in texts for row in versions_of(client, text) if row["systemSoftImageStatus"] != "RETIRED"]
        ids = list(dict.fromkeys(row["systemSoftImageId"] for row in rows))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            failures = [failure for failure in pool.map(lambda soft_id: _refresh(client, soft_id), ids) if failure]
        found = [_without_entry(client.get(f"/{soft_id}")) for soft_id in ids]
        if as_json:
            output.document(found)
        else:
            software_table(output, found)
        for failure in dict.fromkeys(failures):
            output.error(failure)
        if failures:
            raise typer.Exit(FAILED)


def _refresh(client: Client, soft_id: int) -> str | None:
    """Why it could not be refreshed; None when it was."""
    try:
        client.post(f"/sync/{soft_id}")
    except Refused as exc:
        return exc.text(client.lang)
    return None


def _without_entry(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "systemSoftImageEntry"}
