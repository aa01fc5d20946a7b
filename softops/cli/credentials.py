"""`softops credential`: what softops logs in with. Passwords are on no command line and in no output."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from softops.choices import choices
from softops.cli.amounts import local_time
from softops.cli.output import Output
from softops.cli.session import session
from softops.client import Client
from softops.errors import BadRequest, NotFound
from softops.logins import MAX_PASSWORD


def show(*, as_json: bool) -> None:
    """The credentials, without what they hold."""
    with session(as_json=as_json) as (client, output):
        rows = list(client.rows("/credential/page"))
        if as_json:
            output.document(rows)
        elif not rows:
            output.line("NO_CREDENTIALS")
        else:
            output.table(("ID", "KIND", "NAME", "LOGIN_USER", "CHANGED_AT"), [
                (str(row["id"]), output.words(f"KIND_{row['kind'].upper()}"), row["name"], row["user"] or "-",
                 local_time(row["updateTime"])) for row in rows])


def add(name: str, *, user: str, repository: bool, key: Path | None, known_hosts: Path | None, as_json: bool) -> None:
    """Keep a login, or a key; the password comes from the terminal or from standard input."""
    with session(as_json=as_json) as (client, output):
        body: dict[str, Any] = {"kind": "repository" if repository else "registry", "name": name}
        if key is not None:
            body["privateKey"] = _read(key)
        else:
            body |= {"user": user, "password": _password(output, user, name)}
        if known_hosts is not None:
            body["knownHosts"] = _read(known_hosts)
        row = client.post("/credential", body)
        _told(output, "CREDENTIAL_KEPT", row)


def remove(credential: str, *, as_json: bool) -> None:
    """Forget a credential by its id or name."""
    with session(as_json=as_json) as (client, output):
        row = client.delete(f"/credential/{_find(client, credential)['id']}")
        _told(output, "CREDENTIAL_GONE", row)


def _told(output: Output, key: str, row: Mapping[str, Any]) -> None:
    if output.as_json:
        output.document(row)
    else:
        output.line(key, name=row["name"])


def _find(client: Client, text: str) -> Mapping[str, Any]:
    rows = list(client.rows("/credential/page"))
    found = [row for row in rows if text in {str(row["id"]), row["name"]}]
    if len(found) != 1:
        known = choices(text, (f"{row['id']} ({row['name']})" for row in found or rows))
        raise NotFound("CREDENTIAL_NOT_FOUND", credential=text, choices=known)
    return found[0]


def _password(output: Output, user: str, name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"{output.words('ASK_PASSWORD', user=user, name=name)}: ")
    return sys.stdin.read(MAX_PASSWORD + 2).removesuffix("\n").removesuffix("\r")


def _read(path: Path) -> str:
    try:
        with path.expanduser().open(encoding="utf-8") as file:
            return file.read(MAX_PASSWORD + 1)
    except (OSError, UnicodeDecodeError) as exc:
        problem = exc.strerror if isinstance(exc, OSError) else "UTF-8"
        raise BadRequest("PARAM_FILE", name="-", path=path, problem=problem) from exc
