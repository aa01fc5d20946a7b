"""`softops login`, `logout`, `whoami`: a token of one's own instead of a password in each command."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from softops.cli.asking import ask, ask_password
from softops.cli.labels import Words
from softops.cli.output import Output
from softops.cli.session import session, settings, user
from softops.client import Address, Client
from softops.keptlogins import my_logins
from softops.language import person_language
from softops.reach import server_url

DAYS = 90
"""How long a login is good."""


def login(url: str | None, *, as_json: bool) -> None:
    """Make a token with a name and a password, and keep it."""
    with _place(url, as_json=as_json) as (where, output):
        name = ask(output.words("ASK_NAME"))
        secret = ask_password(output.words("ASK_OWN_PASSWORD"))
        kept = my_logins()
        with _client(Address(url=where, by_cookie=True), output) as client:
            client.post("/auth/login", {"name": name, "password": secret})
            # The cookie of the login makes the token; what it opened is closed again.
            try:
                token = client.post("/token", {"name": f"{user()}@{socket.gethostname()}"[:100], "days": DAYS})
            finally:
                client.post("/auth/logout")
        kept.keep(where, token["secret"])
        if as_json:
            output.document({"url": where, "user": token["user"], "role": token["role"], "path": str(kept.path)})
        output.line("LOGGED_IN_AT", url=where, user=token["user"], path=kept.path, days=DAYS)


def logout(url: str | None, *, as_json: bool) -> None:
    """Revoke the token that was kept and forget it."""
    with _place(url, as_json=as_json) as (where, output):
        kept = my_logins()
        token = kept.find(where)
        if token is not None:
            with _client(Address(url=where, token=token), output) as client:
                # Anybody may ask for this, so one that is over already is no error.
                client.post("/auth/logout")
            kept.forget(where)
        if as_json:
            output.document({"url": where, "ended": token is not None})
        output.line("NOT_LOGGED_IN" if token is None else "LOGGED_OUT_AT", url=where)


def whoami(*, as_json: bool) -> None:
    """Who the server takes one for."""
    with session(as_json=as_json) as (client, output):
        me = client.get("/auth/me")
        if as_json:
            output.document(me)
        elif me["name"] is None:
            output.line("WHO_NOBODY", url=client.address.url)
        else:
            groups = output.words("ALL_SERVERS") if me["groups"] is None else ", ".join(me["groups"]) or "-"
            output.line("WHO", user=me["name"], role=me["role"], groups=groups, via=me["via"], url=client.address.url)


@contextmanager
def _place(url: str | None, *, as_json: bool) -> Iterator[tuple[str, Output]]:
    with Output(Words(person_language()), as_json=as_json).reporting() as output:
        known = settings(output)
        yield (server_url(known) if url is None else url.rstrip("/")), output


@contextmanager
def _client(address: Address, output: Output) -> Iterator[Client]:
    client = Client(address, lang=output.words.lang)
    try:
        yield client
    finally:
        client.close()
