"""The table of what softops logs in with. What is put in is sealed, and comes out only to log in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from softops.accessmodels import CredentialRow
from softops.choices import choices
from softops.db import Database
from softops.entities import Page
from softops.errors import ConstraintViolated, NotFound
from softops.logins import Credential, CredentialKind, Login, SshKey, checked_login
from softops.paging import page_of
from softops.vault import Vault


@dataclass(frozen=True, kw_only=True, slots=True)
class CredentialDraft:
    """A credential as somebody gives it."""

    kind: CredentialKind
    name: str
    user: str
    values: Mapping[str, str] = field(repr=False)


def login_draft(kind: CredentialKind, name: str, login: Login) -> CredentialDraft:
    """The draft of a name and a password."""
    if not login.password:
        # Git servers take a token for a name.
        return CredentialDraft(kind=kind, name=name, user="", values={"user": login.user, "password": ""})
    return CredentialDraft(kind=kind, name=name, user=login.user, values={"password": login.password})


def key_draft(name: str, key: SshKey) -> CredentialDraft:
    """The draft of a private key for a repository."""
    return CredentialDraft(kind=CredentialKind.REPOSITORY, name=name, user="",
                           values={"privateKey": key.private, "knownHosts": key.known_hosts})


class Credentials:
    """The table system_soft_credential: one row for each registry or repository that wants a login."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._db = database
        self._vault = vault

    def page(self, *, page: int, size: int, kind: CredentialKind | None = None) -> Page[Credential]:
        """Which there are, without what they hold."""
        found = select(CredentialRow)
        if kind is not None:
            found = found.where(CredentialRow.kind == kind)
        with self._db.reading() as session:
            return page_of(session, found, _credential_of, page=page, size=size,
                           order=(CredentialRow.kind, CredentialRow.name, CredentialRow.id))

    def put(self, draft: CredentialDraft, now: datetime) -> Credential:
        """Keep the credential, instead of the one that there was for the same."""
        sealed = self._vault.seal(draft.values) or ""
        try:
            return self._db.run(lambda session: _put(session, draft, sealed, now))
        except ConstraintViolated:
            # Another process has put one in between our look and our insert; now it is there to be changed.
            return self._db.run(lambda session: _put(session, draft, sealed, now))

    def remove(self, credential_id: int) -> Credential:
        """Forget a credential; NotFound when there is none with that id."""

        def work(session: Session) -> Credential:
            row = session.get(CredentialRow, credential_id, with_for_update=True)
            if row is None:
                names = session.scalars(select(CredentialRow.name).order_by(CredentialRow.name)).all()
                raise NotFound("CREDENTIAL_NOT_FOUND", credential=credential_id, choices=choices("", names))
            session.delete(row)
            return _credential_of(row)

        return self._db.run(work)

    def forget_repository(self, name: str) -> None:
        """Forget what belonged to a repository; nothing happens where there is nothing."""

        def work(session: Session) -> None:
            row = _row(session, CredentialKind.REPOSITORY, name)
            if row is not None:
                session.delete(row)

        self._db.run(work)

    def login(self, registry: str) -> Login | None:
        """The login for a registry (as `logins.registry_name` has it)."""
        return self.logins((registry,)).get(registry)

    def logins(self, registries: Iterable[str]) -> Mapping[str, Login]:
        """The logins for those of the registries that have one."""
        names = sorted(set(registries))
        found = select(CredentialRow).where(CredentialRow.kind == CredentialKind.REGISTRY,
                                            CredentialRow.name.in_(names))
        with self._db.reading() as session:
            rows = {row.name: (row.user, row.secret) for row in session.scalars(found)} if names else {}
        return {name: checked_login(user, self._vault.open(sealed).get("password"))
                for name, (user, sealed) in rows.items()}

    def of_repository(self, name: str) -> Login | SshKey | None:
        """What git logs in with for the repository of that name."""
        with self._db.reading() as session:
            row = _row(session, CredentialKind.REPOSITORY, name)
            user, sealed = (row.user, row.secret) if row is not None else ("", None)
        values = self._vault.open(sealed)
        if "privateKey" in values:
            return SshKey(private=str(values["privateKey"]), known_hosts=str(values.get("knownHosts") or ""))
        return Login(user=str(values.get("user") or user), password=str(values["password"])) if values else None


def _put(session: Session, draft: CredentialDraft, sealed: str, now: datetime) -> Credential:
    row = _row(session, draft.kind, draft.name)
    if row is None:
        row = CredentialRow(kind=draft.kind, name=draft.name, create_time=now)
        session.add(row)
    row.user, row.secret, row.update_time = draft.user, sealed, now
    session.flush()
    return _credential_of(row)


def _row(session: Session, kind: CredentialKind, name: str) -> CredentialRow | None:
    found = select(CredentialRow).where(CredentialRow.kind == kind, CredentialRow.name == name)
    return session.scalars(found.with_for_update()).one_or_none()


def _credential_of(row: CredentialRow) -> Credential:
    return Credential(id=row.id, kind=CredentialKind(row.kind), name=row.name, user=row.user,
                      create_time=row.create_time, update_time=row.update_time)
