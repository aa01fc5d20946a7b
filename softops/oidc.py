"""An OpenID Connect provider: where browsers log in, and what its ID tokens say once they are checked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from softops.clock import Clock
from softops.destinations import Barred, check_by_proxy, proxy_for
from softops.errors import SoftopsError, Unauthorized, Unavailable
from softops.guardedhttp import GuardedTransport
from softops.locations import is_loopback
from softops.networks import Networks
from softops.problems import printable, shortened

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures that only the provider can make: no `none`, and none with a key that both sides have."""
DISCOVERY = "/.well-known/openid-configuration"
LEEWAY = 60
"""Seconds that two clocks may differ."""
KEEP = 3600.0
"""Seconds for which the provider's description and keys are kept."""
QUIET = 5.0
"""Seconds for which a provider that did not answer is not asked to describe itself again."""
PATIENCE = 3
"""Times the timeout within which all of an answer has to be here."""
MAX_ANSWER = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """What softops is for its provider."""

    issuer: str
    client_id: str
    client_secret: str
    """Empty: a public client, with PKCE alone."""
    redirect_uri: str
    scopes: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _Description:
    """What a provider says of itself."""

    authorization: str
    token: str
    jwks: str
    auth_methods: tuple[str, ...]
    until: float


class Provider:
    """One provider. Unavailable when it does not answer or not as OpenID Connect says, Unauthorized when it does not
    vouch. It is asked over HTTPS; over HTTP only on this machine. `timeout` in seconds."""

    def __init__(self, client: Client, networks: Networks, timeout: float, clock: Clock) -> None:
        self.client = client
        self._networks = networks
        self._timeout = timeout
        self._clock = clock
        self._lock = threading.Lock()
        self._known: _Description | None = None
        self._failed: tuple[float, SoftopsError] | None = None
        self._keys: KeySet | None = None

    def authorization_url(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where a browser logs in."""
        url: str = prepare_grant_uri(
            self._description().authorization, self.client.client_id, "code", redirect_uri=self.client.redirect_uri,
            scope=self.client.scopes, state=state, nonce=nonce, code_challenge_method="S256",
            code_challenge=create_s256_code_challenge(verifier))
        return url

    def claims(self, code: str, *, nonce: str, verifier: str) -> Mapping[str, Any]:
        """What the provider says of whoever came back with `code`, checked."""
        description = self._description()
        return self._checked(self._exchange(description, code, verifier), description, nonce)

    def _exchange(self, description: _Description, code: str, verifier: str) -> str:
        """The ID token for a code."""
        auth, more = self._proof(description)
        body = prepare_token_request("authorization_code", code=code, code_verifier=verifier,
                                     redirect_uri=self.client.redirect_uri, **more)
        status, answer = self._ask("POST", description.token, body=body, auth=auth)
        if status in {400, 401, 403}:
            raise Unauthorized("OIDC_CODE", problem=_words(answer.get("error", f"HTTP {status}")))
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise self._wrong(f"no ID token, HTTP {status}")
        return token

    def _proof(self, description: _Description) -> tuple[httpx.BasicAuth | None, Mapping[str, str]]:
        """What proves that it is this client: a header, or fields of the body."""
        client = self.client
        if not client.client_secret:
            return None, {"client_id": client.client_id}
        if "client_secret_basic" in description.auth_methods:
            return httpx.BasicAuth(quote(client.client_id, safe=""), quote(client.client_secret, safe="")), {}
        return None, {"client_id": client.client_id, "client_secret": client.client_secret}

    def _checked(self, token: str, description: _Description, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that the provider has signed, for this client and this login, and that is good
        now."""
        try:
            claims = self._decoded(token, description)
            self._registry(nonce).validate(claims)
        except (JoseError, ValueError) as exc:
            raise Unauthorized("OIDC_TOKEN", problem=_words(exc)) from exc
        parties = claims["aud"]
        if claims.get("azp", self.client.client_id) != self.client.client_id or (
                isinstance(parties, list) and len(parties) > 1 and "azp" not in claims):
            raise Unauthorized("OIDC_TOKEN", problem="azp")
        return claims

    def _decoded(self, token: str, description: _Description) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._keys or self._fetched(description), ALGORITHMS).claims
        except InvalidKeyIdError:
            # The provider may sign with a new key.
            return jwt.decode(token, self._fetched(description), ALGORITHMS).claims

    def _registry(self, nonce: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._clock().replace(tzinfo=UTC).timestamp()), leeway=LEEWAY,
            iss={"essential": True, "value": self.client.issuer}, sub={"essential": True},
            aud={"essential": True, "value": self.client.client_id}, exp={"essential": True}, iat={"essential": True},
            nonce={"essential": True, "value": nonce})

    def _fetched(self, description: _Description) -> KeySet:
        status, answer = self._ask("GET", description.jwks)
        listed = answer.get("keys")
        if status != 200 or not isinstance(listed, list):
            raise self._wrong(f"no keys, HTTP {status}")
        keys = [key for key in map(_key, listed) if key is not None]
        if not keys:
            raise self._wrong("no keys that can be used")
        self._keys = KeySet(keys)
        return self._keys

    def _description(self) -> _Description:
        """What the provider says of itself, asked for once an hour; one at a time, so that nobody can make softops
        wait for it in many places."""
        with self._lock:
            now = time.monotonic()
            if self._known is not None and now < self._known.until:
                return self._known
            if self._failed is not None and now < self._failed[0]:
                failure = self._failed[1]
                raise type(failure)(failure.reason, **failure.params)
            try:
                self._known = self._described()
            except SoftopsError as exc:
                self._failed = (time.monotonic() + QUIET, exc)
                raise
            self._keys = None
            return self._known

    def _described(self) -> _Description:
        status, answer = self._ask("GET", self.client.issuer.rstrip("/") + DISCOVERY)
        if status != 200:
            raise self._wrong(f"no description of itself, HTTP {status}")
        if answer.get("issuer") != self.client.issuer:
            raise self._wrong(f"it calls itself {answer.get('issuer')}")
        authorization, token, jwks = (
            self._url(answer, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
        methods = answer.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Description(authorization=authorization, token=token, jwks=jwks, until=time.monotonic() + KEEP,
                            auth_methods=tuple(methods) if _is_texts(methods) else ())

    def _url(self, answer: Mapping[str, Any], name: str) -> str:
        url = answer.get(name)
        if not isinstance(url, str) or not is_trusted(url):
            raise self._wrong(f"its {name} is no https URL")
        return url

    def _ask(self, method: str, url: str, *, body: str | None = None,
             auth: httpx.BasicAuth | None = None) -> tuple[int, Mapping[str, Any]]:
        """The status and the JSON object that is answered; an empty one where it is none. No redirect is followed."""
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            with self._http(httpx.URL(url)) as http, http.stream(
                    method, url, content=body, headers=headers, auth=auth) as response:
                return response.status_code, _object(self._whole(response))
        except Barred as exc:
            raise Unavailable(exc.reason, **exc.params) from exc
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as exc:
            raise Unavailable("OIDC_DOWN", issuer=self.client.issuer,
                              problem=_words(str(exc) or type(exc).__name__)) from exc

    def _http(self, url: httpx.URL) -> httpx.Client:
        """What carries a request there: where a provider elsewhere leads, that is not to this machine."""
        here = is_loopback(urlsplit(self.client.issuer).netloc)
        networks = self._networks if here else self._networks.elsewhere()
        proxy = proxy_for("https", url.host) if url.scheme == "https" else None
        if proxy:
            check_by_proxy(url.host, url.port or 443, networks)
            return httpx.Client(timeout=self._timeout, proxy=proxy, trust_env=False)
        return httpx.Client(timeout=self._timeout, transport=GuardedTransport(networks), trust_env=False)

    def _whole(self, response: httpx.Response) -> bytes:
        deadline, body = time.monotonic() + PATIENCE * self._timeout, b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_ANSWER or time.monotonic() > deadline:
                raise self._wrong("an answer without end")
        return body

    def _wrong(self, problem: str) -> Unavailable:
        return Unavailable("OIDC_ANSWER", issuer=self.client.issuer, problem=_words(problem))


def is_trusted(url: str) -> bool:
    """Whether nobody in between hears or changes what is said there."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.netloc)))
    except ValueError:
        return False


def _key(data: object) -> Key | None:
    """A key that signs; None for one of another kind, which a provider may publish too."""
    if not isinstance(data, dict) or data.get("use", "sig") != "sig" or data.get("kty") == "oct":
        return None
    try:
        return JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_texts(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str) and all(isinstance(one, str) for one in value)


def _words(problem: object) -> str:
    return printable(shortened(str(problem), 200)).rstrip(".")
