"""Sees at the start whether the key is the one with which this database was sealed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from softops.accessmodels import CredentialRow, SettingRow
from softops.db import Database
from softops.errors import ConfigError, ConstraintViolated
from softops.models import RepositoryRow, RevisionRow
from softops.vault import Vault

NAME = "secret-key-check"
"""The setting that holds something sealed, so that another key is noticed before anything is sealed with it."""
SEALED = (CredentialRow.secret, RevisionRow.secrets, RepositoryRow.webhook)
"""Every column with something sealed in it."""


def check_key(database: Database, vault: Vault) -> None:
    """Return when `vault` opens what the database holds, also when that is nothing yet. ConfigError says which key is
    wanted, and no key is made in place of one that is missing."""
    if not opens(database, vault):
        _note(database, vault)


def opens(database: Database, vault: Vault) -> bool:
    """Whether the database says which key is its own, and nothing is changed; ConfigError when it is not `vault`'s."""
    with database.reading() as session:
        sealed = _check_value(session) or _anything(session)
        known = _check_value(session) is not None
    if sealed is not None and not vault.has_key:
        raise ConfigError("SECRET_KEY_GONE", path=vault.path)
    vault.open(sealed)
    return known


def _note(database: Database, vault: Vault) -> None:
    value = vault.seal({"check": NAME}) or ""
    try:
        database.run(lambda session: session.add(SettingRow(name=NAME, value=value)))
    except ConstraintViolated:
        # Another process was faster: its key is the one that counts.
        check_key(database, vault)


def _check_value(session: Session) -> str | None:
    row = session.get(SettingRow, NAME)
    return row.value if row is not None else None


def _anything(session: Session) -> str | None:
    """One sealed value, whichever there is."""
    for column in SEALED:
        if (found := session.scalars(select(column).where(column.is_not(None)).limit(1)).first()) is not None:
            return str(found)
    return None
