"""Logging in through an identity provider: what is begun in a browser is finished there, once and soon."""

from __future__ import annotations

import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from softops.accounts import Accounts
from softops.attempts import Attempts
from softops.clock import Clock
from softops.config import Settings
from softops.errors import BadRequest, ConfigError, Forbidden, Unauthorized
from softops.identities import User, new_secret, user_name
from softops.oidc import Client, Provider, is_trusted
from softops.oidcroles import Grant, RoleRule, claim_values, decide, name_in, parse_rules, subject_of
from softops.problems import printable, shortened
from softops.vault import Vault

CALLBACK = "/api/system/soft/auth/oidc/callback"
MINUTES = 10
"""How long somebody may take at the provider."""
PURPOSE = "oidc-login"
MOST = 10_000
"""Finished logins that are remembered, so that none is finished twice; the oldest is forgotten first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """A login that a browser goes on with."""

    url: str
    """Where."""
    sealed: str
    """What it keeps until it comes back, and can't read or change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """With what a browser comes back from the provider."""

    code: str
    state: str
    error: str = ""
    issuer: str = ""
    """Who sent it back; providers need not say so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Whom the provider vouches for, and what they may do."""

    subject: str
    name: str
    grant: Grant


class OidcLogins:
    """Logins of one provider. Its errors say why somebody is not let in, and Unavailable that it does not answer."""

    def __init__(self, provider: Provider, rules: tuple[RoleRule, ...], claim: str, accounts: Accounts, vault: Vault,
                 clock: Clock) -> None:
        self._provider = provider
        self._rules = rules
        self._claim = claim
        self._accounts = accounts
        self._vault = vault
        self._clock = clock
        self._attempts = Attempts()
        self._lock = threading.Lock()
        self._finished: OrderedDict[str, None] = OrderedDict()

    @property
    def callback(self) -> str:
        """The path at which browsers come back, as they see it."""
        return urlsplit(self._provider.client.redirect_uri).path

    @property
    def home(self) -> str:
        """The path of the dashboard, as browsers see it."""
        return self.callback.removesuffix(CALLBACK) + "/"

    def begin(self) -> Begun:
        """Begin a login."""
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        url = self._provider.authorization_url(state=state, nonce=nonce, verifier=verifier)
        sealed = self._vault.seal({"purpose": PURPOSE, "state": state, "nonce": nonce, "verifier": verifier,
                                   "until": _seconds(self._clock()) + MINUTES * 60})
        return Begun(url=url, sealed=sealed or "")

    def identify(self, back: Return, sealed: str, *, address: str) -> Identity:
        """Who came back with what `begin` had sealed, once. TooMany after too many vain tries."""
        nonce, verifier = self._opened(back, sealed)
        self._attempts.begin(back.state, address)
        self._use_up(back.state)
        if back.error or not back.code:
            raise Unauthorized("OIDC_REFUSED", problem=printable(shortened(back.error or "no code")))
        identity = self._identity(back.code, nonce, verifier)
        self._attempts.succeeded(back.state, address)
        return identity

    def admit(self, identity: Identity, *, address: str, agent: str) -> tuple[User, str]:
        """The user as made or renewed by this login, and what the cookie holds."""
        grant = identity.grant
        user = self._accounts.users.vouched(identity.subject, identity.name, grant.role, grant.groups, self._clock())
        return user, self._accounts.admit(user, address=address, agent=agent)

    def _opened(self, back: Return, sealed: str) -> tuple[str, str]:
        """Nonce and verifier of the login that was begun in this browser with this state."""
        try:
            kept = self._vault.open(sealed or None)
        except ConfigError as exc:
            raise Unauthorized("OIDC_STATE", minutes=MINUTES) from exc
        until, issuer = kept.get("until"), self._provider.client.issuer
        good = kept.get("purpose") == PURPOSE and isinstance(until, int) and _seconds(self._clock()) < until
        if not good or not hmac.compare_digest(str(kept["state"]).encode(), back.state.encode("utf-8", "replace")):
            raise Unauthorized("OIDC_STATE", minutes=MINUTES)
        if back.issuer not in {"", issuer}:
            raise Unauthorized("OIDC_REFUSED", problem=printable(shortened(f"it was {back.issuer}")))
        return str(kept["nonce"]), str(kept["verifier"])

    def _use_up(self, state: str) -> None:
        with self._lock:
            if state in self._finished:
                raise Unauthorized("OIDC_STATE", minutes=MINUTES)
            self._finished[state] = None
            while len(self._finished) > MOST:
                self._finished.popitem(last=False)

    def _identity(self, code: str, nonce: str, verifier: str) -> Identity:
        claims = self._provider.claims(code, nonce=nonce, verifier=verifier)
        told = name_in(claims)
        try:
            name = user_name(told)
        except BadRequest as exc:
            raise Forbidden("OIDC_NAME", name=printable(shortened(told)) or "-") from exc
        grant = decide(self._rules, claim_values(claims, self._claim))
        if grant is None:
            raise Forbidden("OIDC_NO_ROLE", user=name, claim=self._claim)
        return Identity(subject=subject_of(self._provider.client.issuer, str(claims["sub"])), name=name, grant=grant)


def make_oidc_logins(settings: Settings, accounts: Accounts, vault: Vault, clock: Clock) -> OidcLogins | None:
    """The logins that the settings describe; None where they name no provider. ConfigError for half of it."""
    if settings.auth == "none" or not (settings.oidc_issuer or settings.oidc_client_id):
        return None
    client = _client(settings)
    provider = Provider(client, settings.networks, settings.connect_timeout, clock)
    return OidcLogins(provider, parse_rules(settings.oidc_roles), settings.oidc_claim, accounts, vault, clock)


def _client(settings: Settings) -> Client:
    if not settings.oidc_issuer or not settings.oidc_client_id:
        raise ConfigError("OIDC_HALF")
    if not is_trusted(settings.oidc_issuer):
        raise ConfigError("OIDC_ISSUER", issuer=printable(shortened(settings.oidc_issuer)))
    if not settings.public_url.lower().startswith(("http://", "https://")):
        raise ConfigError("OIDC_PUBLIC_URL")
    scopes = dict.fromkeys(["openid", *settings.oidc_scopes.split()])
    return Client(issuer=settings.oidc_issuer, client_id=settings.oidc_client_id,
                  client_secret=settings.oidc_client_secret, scopes=" ".join(scopes),
                  redirect_uri=settings.public_url.rstrip("/") + CALLBACK)


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
